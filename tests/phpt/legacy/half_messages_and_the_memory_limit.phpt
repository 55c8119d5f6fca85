--TEST--
Clients that send half a message each do not run PHP into memory_limit
--DESCRIPTION--
Fixes fault 2 (one frame per read) without a new one: half messages are kept, and must not run PHP into its limit.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_binary(&$connections, &$connection, $client_key, $data) { ws_server_send_text($client_key, md5($data)); }
PHP, [], '', ['memory_limit' => '8M']);
$message = str_repeat('0123456789', 100000);
$frame = WsTest\Client::encode(2, $message);
$clients = [];
for ($i = 0; $i < 40; $i++) {
    $clients[] = $server->connect()->raw(substr($frame, 0, -10));
}
foreach ($clients as $client) {
    if ($client->raw(substr($frame, -10))->read() !== 'text ' . md5($message)) {
        echo "wrong\n";
    }
}
$server->stop();
?>
--EXPECT--
--
status 0
