--TEST--
A ws_server_read that takes $data by reference may change what the server goes on with
--DESCRIPTION--
Preserves: handlers may take arguments by reference. New: what ws_server_read makes of $data is what the server goes on
with.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_read(&$connections, &$connection, $client_key, &$data) {
    if ($connection['state'] === 'OPEN') {
        $data = "\x81\x83\0\0\0\0new";
    }
    return '';
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) { ws_server_send_text($client_key, $msg); }
PHP);
echo $server->connect()->text('old')->read(), "\n";
$server->stop();
?>
--EXPECT--
text new
--
status 0
