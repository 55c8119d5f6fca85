--TEST--
Connections, messages, FIFO and closes are served when they come, whatever WEBSOCKET_SELECT_TIMEOUT is
--DESCRIPTION--
Fixed: the legacy server slept in a select on the FIFO before it looked at any socket, once for each client to accept and
each message to read. Here that sleep would be 1000 seconds.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) { ws_server_send_text($client_key, "$client_key: $msg"); }
function ws_server_fifo(&$server, &$sockets, &$connections, &$data) { ws_server_broadcast($data); }
function ws_server_after_close(&$connections) { echo count($connections), " left\n"; }
PHP, ['tick_interval' => 1000.0]);
$clients = [];
for ($i = 1; $i <= 20; $i++) {
    $clients[$i] = $server->connect();
}
foreach ($clients as $i => $client) {
    $client->text("hello") && $client->read() === "text $i: hello" || exit("no answer for $i");
}
$fifo = fopen($server->fifo, 'w+');
fwrite($fifo, '{"to":"all"}');
foreach ($clients as $client) {
    $client->read() === 'text {"to":"all"}' || exit('no broadcast');
    $client->close();
}
$server->awaits("\n0 left");
$server->stop();
?>
--EXPECTREGEX--
--
(\d+ left
){19}0 left
status 0
