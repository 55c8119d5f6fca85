--TEST--
A request and frames that come one byte at a time are whole requests and frames
--DESCRIPTION--
Fixed: the legacy server took what one read brought for a whole request or frame: a split request or a frame of one byte
ended the whole server, a partial frame closed its client.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) { ws_server_send_text($client_key, strrev($msg)); }
PHP);
$client = $server->dial();
$bytes = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    . 'Sec-WebSocket-Key: ' . base64_encode('0123456789abcdef') . "\r\nCookie: a=1\r\nUser-Agent: phpt\r\n\r\n";
foreach (str_split($bytes) as $byte) {
    $client->raw($byte);
}
echo $client->status(), "\n";
foreach (str_split(WsTest\Client::encode(1, 'split ') . WsTest\Client::encode(1, str_repeat('x', 200) . 'y')) as $byte) {
    $client->raw($byte);
}
echo $client->read(), "\n", substr($client->read(), 0, 8), "\n";
$server->dial()->raw("\x81"); // and one that comes no further
echo $client->text('on')->read(), "\n";
$server->stop();
?>
--EXPECT--
101
text  tilps
text yxx
text no
--
status 0
