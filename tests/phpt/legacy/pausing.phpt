--TEST--
ws_server_pause(): what has come already waits too, raw bytes and the client's end included, and comes in order after ws_server_resume()
--DESCRIPTION--
New functions, from legacy handlers; the legacy server had nothing of the kind.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
const APPLICATION = <<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    echo "text $msg\n";
    if (str_starts_with($msg, 'pause')) {
        echo json_encode([ws_server_pause($client_key), ws_server_pause($client_key)]), "\n";
        ws_server_timer(0.05, function () use ($client_key) {
            echo "resume\n";
            echo json_encode([ws_server_resume($client_key), ws_server_resume($client_key)]), "\n";
        });
    }
}
function ws_server_ping(&$connections, &$connection, $client_key, $payload) { echo "ping $payload\n"; }
function ws_server_before_close() { echo "before\n"; }
PHP;
foreach ([APPLICATION, APPLICATION . "\nfunction ws_server_read() { return ''; }"] as $application) {
    $server = new WsTest\Server($application);
    $client = $server->connect();
    foreach (['pause', 'a', 'pause again', 'b'] as $text) {
        $frames[] = WsTest\Client::encode(1, $text);
    }
    // In one segment, and the Close too.
    $client->raw(implode('', $frames) . WsTest\Client::encode(9, 'c') . WsTest\Client::encode(8, pack('n', 1000)));
    $frames = [];
    echo $client->drain(), "\n";
    $server->stop();
}
?>
--EXPECT--
pong c, close 1000, gone
--
text pause
[true,false]
resume
[true,false]
text a
text pause again
[true,false]
resume
[true,false]
text b
ping c
before
status 0
pong c, close 1000, gone
--
text pause
[true,false]
resume
[true,false]
text a
text pause again
[true,false]
resume
[true,false]
text b
ping c
before
status 0
