--TEST--
A falsy return value refuses with 403; so does a missing cookie or user agent, without asking. The close callbacks run.
--DESCRIPTION--
Preserves: a falsy return value refuses, and so does a missing Cookie or User-Agent header, without asking; the close
callbacks run for refused clients. Fixes fault 10: they get an HTTP answer.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_authenticate(&$connection, $cookies) {
    echo "authenticate $cookies, send: ", json_encode(send_while_connecting()), "\n";
    return ['null' => null, 'zero' => 0, 'string' => '0', 'array' => [], 'object' => new stdClass][$cookies];
}
function send_while_connecting() { global $connections; return ws_server_send_text(array_key_last($connections), 'early'); }
function ws_server_before_close(&$connections, &$connection) { echo "before {$connection['state']}\n"; }
function ws_server_after_close(&$connections) { echo 'after ', count($connections), "\n"; }
PHP);
foreach (['null', 'zero', 'string', 'array', 'object'] as $cookie) {
    $client = $server->dial()->upgrade(['Cookie' => $cookie]);
    echo $cookie, ' ', $client->status(), "\n";
    $client->hangUp();
}
$server->awaits("TERMINATED\nafter");
echo $server->dial()->upgrade(['Cookie' => null])->status(), "\n";
echo $server->dial()->upgrade(['User-Agent' => null])->status(), "\n";
$server->stop();
?>
--EXPECT--
null 403
zero 403
string 403
array 403
object 101
403
403
--
authenticate null, send: false
before CONNECTING
after 0
authenticate zero, send: false
before CONNECTING
after 0
authenticate string, send: false
before CONNECTING
after 0
authenticate array, send: false
before CONNECTING
after 0
authenticate object, send: false
before REMOTE TERMINATED
after 0
before CONNECTING
after 0
before CONNECTING
after 0
status 0
