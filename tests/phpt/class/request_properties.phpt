--TEST--
A request has what the client sent, and its connection has the same
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('request', function (WsServer $s, WsRequest $r) {
    echo show(get_object_vars($r) === (array) $r, $r->header('x-TWICE'), $r->header('X-Never'), $r->header('COOKIE'));
    $r->accept(null, [], get_object_vars($r));
});
$server->on('open', function (WsConnection $c) {
    foreach (['uri', 'headers', 'cookies', 'host', 'origin', 'remoteAddress', 'remotePort', 'localAddress', 'tls'] as $name) {
        if ($c->$name !== $c->data[$name]) { echo show($name, $c->$name, $c->data[$name]); }
    }
    $c->sendText(json_encode($c->data));
});
PHP, ['origins' => 'any']);
$headers = [
    'Host' => 'ws.example.com:81', 'User-Agent' => 'agent/1.0', 'Origin' => 'https://www.example.com',
    'Sec-WebSocket-Protocol' => "chat.v2, chat.v1\r\nSec-WebSocket-Protocol: last",
    'Sec-WebSocket-Extensions' => "permessage-deflate; client_max_window_bits, x-first\r\nSec-WebSocket-Extensions: x-second; a=1",
    'Cookie' => 'sid=a%20b; theme=dark; sid=second', 'X-Twice' => "one\r\nx-twice: two",
];
function shown(WsTest\Client $client): array { return json_decode(substr($client->read(), 5), true); }
$client = $server->connect($headers, '/a/b%20c?d=e&f?g');
$request = shown($client);
[$address, $port] = explode(':', $client->name());
var_dump($request['remoteAddress'] === $address, $request['remotePort'] === (int) $port, "tcp://$request[localAddress]" === $server->address);
unset($request['remoteAddress'], $request['remotePort'], $request['localAddress']);
echo json_encode($request, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES), "\n";
// What a client need not send.
$request = shown($server->connect(['User-Agent' => null, 'Cookie' => null], '/'));
echo json_encode(array_intersect_key($request, array_flip(['userAgent', 'origin', 'query', 'subprotocols', 'extensions', 'cookies']))), "\n";
$server->stop();
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
{
    "method": "GET",
    "uri": "/a/b%20c?d=e&f?g",
    "path": "/a/b%20c",
    "query": "d=e&f?g",
    "headers": {
        "host": "ws.example.com:81",
        "user-agent": "agent/1.0",
        "origin": "https://www.example.com",
        "sec-websocket-protocol": "chat.v2, chat.v1, last",
        "sec-websocket-extensions": "permessage-deflate; client_max_window_bits, x-first, x-second; a=1",
        "cookie": "sid=a%20b; theme=dark; sid=second",
        "x-twice": "one, two",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "MDEyMzQ1Njc4OWFiY2RlZg=="
    },
    "cookies": {
        "sid": "a b",
        "theme": "dark"
    },
    "host": "ws.example.com:81",
    "origin": "https://www.example.com",
    "userAgent": "agent/1.0",
    "subprotocols": [
        "chat.v2",
        "chat.v1",
        "last"
    ],
    "extensions": [
        "permessage-deflate; client_max_window_bits, x-first",
        "x-second; a=1"
    ],
    "tls": null,
    "clientCertificate": null
}
{"query":"","cookies":[],"origin":null,"userAgent":null,"subprotocols":[],"extensions":[]}
--
true one, two null sid=a%20b; theme=dark; sid=second
true null null null
status 0
