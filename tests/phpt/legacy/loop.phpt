--TEST--
ws_server_loop runs every turn, and where nothing happens every tick_interval
--DESCRIPTION--
Preserves: ws_server_loop runs every turn, at least every WEBSOCKET_SELECT_TIMEOUT.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_loop(&$server, &$sockets, &$connections) {
    static $turns = 0, $start;
    $start ??= microtime(true);
    if (++$turns === 6) {
        $seconds = microtime(true) - $start;
        echo json_encode([get_resource_type($server), array_keys($sockets), $connections]), $seconds > 0.09 && $seconds < 5 ? ' in time' : " $seconds", "\n";
        ws_server_stop();
    }
}
PHP, ['tick_interval' => 0.02]);
$server->wait();
?>
--EXPECT--
--
["stream",[0],[]] in time
status 0
