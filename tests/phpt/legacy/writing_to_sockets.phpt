--TEST--
fwrite and fputs of encoded frames go out in order with everything else
--DESCRIPTION--
Preserves: do_reply() of the legacy server was a loop around fwrite($sockets[$client_key], $frame). Fixes: a full
socket buffer lost the rest of the frame and closed the client.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_connect(&$connections, &$connection, $client_key) {
    global $sockets;
    echo json_encode(fwrite($sockets[$client_key], 'too early')), "\n";
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    global $sockets;
    ws_server_send_text($client_key, 'first');
    echo fwrite($sockets[$client_key], "\x81\x06second"), ' ';
    ws_server_send_text($client_key, 'third');
    echo fputs($sockets[$client_key], "\x81\x06fourth", 4), ' ';
    echo fputs($sockets[$client_key], 'urth'), ' ';
    echo fprintf($sockets[$client_key], "\x81\x05%s", 'fifth'), ' ';
    echo stream_socket_sendto($sockets[$client_key], "\x81\x05sixth"), ' ';
    $large = random_bytes(3000000);
    echo fwrite($sockets[$client_key], "\x82\x7f" . pack('J', strlen($large)) . $large), "\n";
    ws_server_send_text($client_key, md5(bin2hex($large)));
}
PHP, ['max_buffered' => 8000000]);
$client = $server->connect()->text('go');
for ($i = 0; $i < 6; $i++) {
    echo $client->read(), "\n";
}
$large = substr($client->read(), strlen('binary '));
echo json_encode($client->read() === 'text ' . md5($large)), "\n";
$server->stop();
?>
--EXPECT--
text first
text second
text third
text fourth
text fifth
text sixth
true
--
false
8 4 4 7 7 3000010
status 0
