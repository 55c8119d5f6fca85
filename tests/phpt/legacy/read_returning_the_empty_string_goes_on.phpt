--TEST--
ws_server_read sees every read; "" goes on, anything else (null too) makes the server skip those bytes
--DESCRIPTION--
Preserves: ws_server_read sees every read, the request included; exactly "" goes on, anything else, null too, and the server
skips those bytes.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_read(&$connections, &$connection, $client_key, $data) {
    if ($connection['state'] === 'CONNECTING') {
        echo strtok($data, "\r\n"), "\n";
        return '';
    }
    switch (true) {
        case str_contains($data, 'go on'): return '';
        case str_contains($data, 'null'): ws_server_send_text($client_key, 'skipped'); return null;
        case str_contains($data, 'zero'): ws_server_send_text($client_key, 'skipped'); return 0;
        case str_contains($data, 'object'): ws_server_send_text($client_key, 'skipped'); return new stdClass;
    }
    return '';
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) { ws_server_send_text($client_key, "text $msg"); }
PHP);
$client = $server->connect();
foreach (['go on', 'null', 'zero', 'object', 'go on'] as $word) {
    // Unmasked bytes inside a masked frame would not be found: the mask is nothing here.
    $frame = "\x81" . chr(0x80 | strlen($word)) . "\0\0\0\0$word";
    echo $client->raw($frame)->read(), "\n";
}
$server->stop();
?>
--EXPECT--
text text go on
text skipped
text skipped
text skipped
text text go on
--
GET /chat HTTP/1.1
status 0
