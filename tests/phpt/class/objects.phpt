--TEST--
Handles: read-only properties that Reflection sees, no clones, no serialisation, a readable var_dump, refused construction
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('request', function ($s, WsRequest $r) { attempt($r, 'uri'); $r->accept('chat'); });
$server->on('open', function (WsConnection $c) {
    attempt($c, 'id');
    echo show(isset($c->id), isset($c->origin), empty($c->remotePort), isset($c->nothing), property_exists($c, 'uri'), $c == clone_of_nothing($c), $c == $c);
    $c->data['list'][] = 5;
    $reference = &$c->data;
    $reference['more'] = 1;
    echo show($c->data, count(get_object_vars($c)));
    foreach ($c as $name => $value) { $names[] = $name; }
    echo show($names === array_keys((array) $c), json_decode(json_encode($c))->uri);
    $p = new ReflectionProperty($c, 'remoteAddress');
    echo show($p->isReadOnly(), (string) $p->getType(), $p->getValue($c), $p->isInitialized($c));
    echo preg_replace('/int\(\d{4,}\)|float\(.*\)/', 'NUMBER', (function () use ($c) { ob_start(); var_dump($c); return ob_get_clean(); })());
    $c->data = null;
});
function clone_of_nothing($c) { return new stdClass; }
function attempt(object $o, string $property): void {
    foreach ([fn () => $o->$property = 1, function () use ($o, $property) { unset($o->$property); }, fn () => $o->$property[] = 1, fn () => $o->headers['a'] = 1,
        function () use ($o, $property) { $r = &$o->$property; }, fn () => $o->new = 1, fn () => clone $o, fn () => serialize($o), fn () => new (get_class($o))] as $call) {
        try { $call(); echo "no exception\n"; } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
    }
}
PHP);
$server->connect(['Sec-WebSocket-Protocol' => 'chat', 'X-Twice' => "1\r\nX-Twice: 2"], '/path?q=1');
$server->stop();
?>
--EXPECTF--
--
Error: Cannot modify readonly property WsRequest::$uri
Error: Cannot unset readonly property WsRequest::$uri
Error: Cannot modify readonly property WsRequest::$uri
Error: Cannot modify readonly property WsRequest::$headers
Error: Cannot modify readonly property WsRequest::$uri
Error: Cannot create dynamic property WsRequest::$new
Error: Trying to clone an uncloneable object of class WsRequest
Exception: Serialization of 'WsRequest' is not allowed
Error: Cannot directly construct WsRequest, the server does
Error: Cannot modify readonly property WsConnection::$id
Error: Cannot unset readonly property WsConnection::$id
Error: Cannot modify readonly property WsConnection::$id
Error: Cannot modify readonly property WsConnection::$headers
Error: Cannot modify readonly property WsConnection::$id
Error: Cannot create dynamic property WsConnection::$new
Error: Trying to clone an uncloneable object of class WsConnection
Exception: Serialization of 'WsConnection' is not allowed
Error: Cannot directly construct WsConnection, the server does
true false false false true false true
{"list":[5],"more":1} 20
true /path?q=1
true string 127.0.0.1 true
object(WsConnection)#%d (20) {
  ["data"]=>
  array(2) {
    ["list"]=>
    array(1) {
      [0]=>
      int(5)
    }
    ["more"]=>
    int(1)
  }
  ["id"]=>
  int(1)
  ["remoteAddress"]=>
  string(9) "127.0.0.1"
  ["remotePort"]=>
  NUMBER
  ["localAddress"]=>
  string(%d) "127.0.0.1:%d"
  ["uri"]=>
  string(9) "/path?q=1"
  ["host"]=>
  string(9) "localhost"
  ["origin"]=>
  NULL
  ["headers"]=>
  array(9) {
    ["sec-websocket-protocol"]=>
    string(4) "chat"
    ["x-twice"]=>
    string(4) "1, 2"
    ["host"]=>
    string(9) "localhost"
    ["upgrade"]=>
    string(9) "websocket"
    ["connection"]=>
    string(7) "Upgrade"
    ["sec-websocket-version"]=>
    string(2) "13"
    ["sec-websocket-key"]=>
    string(24) "MDEyMzQ1Njc4OWFiY2RlZg=="
    ["cookie"]=>
    string(5) "sid=1"
    ["user-agent"]=>
    string(4) "phpt"
  }
  ["cookies"]=>
  array(1) {
    ["sid"]=>
    string(1) "1"
  }
  ["subprotocol"]=>
  string(4) "chat"
  ["state"]=>
  string(4) "OPEN"
  ["bufferedAmount"]=>
  int(%d)
  ["bytesSent"]=>
  int(%d)
  ["bytesReceived"]=>
  int(%d)
  ["lastPing"]=>
  NULL
  ["lastPong"]=>
  NULL
  ["rtt"]=>
  NULL
  ["connectedAt"]=>
  NUMBER
  ["tls"]=>
  NULL
}
status 0
