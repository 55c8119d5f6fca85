--TEST--
A client that reads nothing: sends fail at max_buffered, and ws_server_drain comes when it has read
--DESCRIPTION--
Fixes fault 5: a full socket closed the client, and the next send_text() was fatal. New: ws_server_drain.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    for ($sent = 0; ws_server_send_text($client_key, str_repeat('x', 100000)); $sent++);
    echo $sent > 5 ? "full\n" : "$sent\n";
}
function ws_server_drain(&$connections, &$connection, $client_key) {
    echo "drained $client_key ", $connection['state'], "\n";
    ws_server_send_text($client_key, 'end');
}
PHP, ['slow_client' => 'drop']);
$client = $server->connect()->text('go');
$server->awaits('full');
do {
    $word = $client->read();
} while (strlen($word) > 99);
echo $word, "\n";
$server->stop();
?>
--EXPECT--
text end
--
full
drained 1 OPEN
status 0
