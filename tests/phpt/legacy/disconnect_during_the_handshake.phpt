--TEST--
A client that is closed before it is open gets a 403 where its request is there
--DESCRIPTION--
Preserves: close_client() in ws_server_connect and ws_server_authenticate. Fixes fault 10: the client gets an HTTP answer.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_authenticate(&$connection) {
    global $connections;
    var_dump(ws_server_disconnect(array_key_last($connections)));
    return true;
}
function ws_server_open() { echo "not opened\n"; }
function ws_server_before_close(&$connections, &$connection) { echo "before {$connection['state']}\n"; }
function ws_server_after_close(&$connections) { echo 'after ', count($connections), "\n"; }
PHP);
echo $server->dial()->upgrade()->status(), "\n";
$server->stop();

$server = new WsTest\Server('function ws_server_connect($a, $b, $key) { var_dump(ws_server_disconnect($key)); }
    function ws_server_before_close() { echo "before\n"; } function ws_server_after_close() { echo "after\n"; }');
$client = $server->dial();
$server->awaits('after');
echo str_contains($client->upgrade()->status(), '101') ? "open\n" : "not open\n";
$client->hangUp();
$server->stop();
?>
--EXPECT--
403
--
before CONNECTING
after 0
bool(true)
status 0
not open
--
before
after
bool(true)
status 0
