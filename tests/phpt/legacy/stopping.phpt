--TEST--
The clean end: $shutdown_flag, every client with its close callbacks and 1001, then ws_server_shutdown; the FIFO is gone
--DESCRIPTION--
Preserves: the order of the end, Close 1001 "server shutting down", $shutdown_flag in ws_server_shutdown, the FIFO removed.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function flag() { global $shutdown_flag; return json_encode($shutdown_flag ?? null); }
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    ws_server_stop(1001, 'enough');
    ws_server_stop(1000, 'the first who stops decides');
    echo 'text ', flag(), ws_server_broadcast('still here'), "\n";
}
function ws_server_before_close(&$connections, &$connection) {
    $key = array_search($connection, $connections);
    echo "before $key {$connection['state']} ", flag(), json_encode(ws_server_send_text($key, 'bye')), "\n";
}
function ws_server_after_close(&$connections) { echo 'after ', json_encode(array_keys($connections)), "\n"; }
function ws_server_shutdown(&$server, &$sockets, &$connections) {
    echo 'shutdown ', flag(), json_encode([array_keys($sockets), $connections]), ws_server_broadcast('nobody'), "\n";
}
PHP, [], 'echo flag(), json_encode(ws_server_send_text(1, "late")), "\n";');
$first = $server->connect();
$second = $server->connect();
$first->text('stop');
echo $first->drain(), "\n", $second->drain(), "\n";
$server->wait();
?>
--EXPECT--
text still here, text bye, close 1001 enough, gone
text still here, text bye, close 1001 enough, gone
--
text null2
before 1 OPEN truetrue
after [2]
before 2 OPEN truetrue
after []
shutdown true[[0],[]]0
status 0
truefalse
