--TEST--
With ws_server_read defined, the close handshake of a client that was disconnected still completes, out of its sight
--DESCRIPTION--
Preserves: after close_client() no callback is told of that client. Fixes fault 9: the close handshake completes
nevertheless.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_read(&$connections, &$connection, $client_key, $data) { echo "read {$connection['state']}\n"; return ''; }
function ws_server_text(&$connections, &$connection, $client_key, $msg) { ws_server_disconnect($client_key, 4000); }
PHP, ['close_timeout' => 60]);
echo $server->connect()->text('a')->drain(), "\n";
$server->stop();
?>
--EXPECT--
close 4000, gone
--
read CONNECTING
read OPEN
status 0
