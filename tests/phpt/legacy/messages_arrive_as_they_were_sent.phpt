--TEST--
Text and binary arrive whole: control characters, UTF-8, empty ones, fragments, twenty in one segment
--DESCRIPTION--
Fixes faults 2, 3 and 9: messages of a burst, bytes outside printable ASCII, empty and binary messages were lost.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) { ws_server_send_text($client_key, $msg); }
function ws_server_binary(&$connections, &$connection, $client_key, $data) { ws_server_send_binary($client_key, $data); }
PHP);
$client = $server->connect();
foreach (["a\nb\tc\0d", 'é 漢字 😀', ''] as $text) {
    echo json_encode($client->text($text)->read(), JSON_UNESCAPED_UNICODE), "\n";
}
echo $client->frame(2, "\0\xff")->read(), "\n";
echo $client->frame(1, 'Hel', false)->frame(9, 'between')->frame(0, '', false)->frame(0, 'lo')->read(), ', ', $client->read(), "\n";
$segment = '';
for ($i = 1; $i <= 20; $i++) {
    $segment .= WsTest\Client::encode(1, "message $i");
}
$client->raw($segment);
for ($i = 1; $i <= 20; $i++) {
    if (($got = $client->read()) !== "text message $i") {
        echo "got $got\n";
    }
}
foreach ([1, 125, 126, 4095, 4096, 4097, 65535, 65536, 1048575, 1048576] as $length) {
    $text = substr(str_repeat('0123456789abcde', intdiv($length, 15) + 1), 0, $length);
    if ($client->text($text)->read() !== "text $text") {
        echo "$length differs\n";
    }
}
$server->stop();
?>
--EXPECT--
"text a\nb\tc\u0000d"
"text é 漢字 😀"
"text "
binary 00ff
pong between, text Hello
--
status 0
