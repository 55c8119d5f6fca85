--TEST--
What is written to the FIFO arrives trimmed, as ws_server_fifo(&$server, &$sockets, &$connections, &$data)
--DESCRIPTION--
Preserves: ws_server_fifo gets what was written, trimmed. Fixes fault 6: two writes merged, long ones tore.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_fifo(&$server, &$sockets, &$connections, &$data) {
    echo json_encode([get_resource_type($server), array_keys($sockets), array_keys($connections), $data]), "\n";
    ws_server_broadcast($data);
}
PHP);
$client = $server->connect();
foreach (['{"a":1}', " \t{\"b\": [1, 2]}\n\0\x0B", "plain text\n", '{"c":1}{"d":2}'] as $data) {
    file_put_contents($server->fifo, $data);
    echo $client->read(), "\n";
}
echo $client->read(), "\n";
echo decoct(fileperms($server->fifo) & 0777), "\n";
$server->stop();
?>
--EXPECT--
text {"a":1}
text {"b": [1, 2]}
text plain text
text {"c":1}
text {"d":2}
660
--
["stream",[0,1],[1],"{\"a\":1}"]
["stream",[0,1],[1],"{\"b\": [1, 2]}"]
["stream",[0,1],[1],"plain text"]
["stream",[0,1],[1],"{\"c\":1}"]
["stream",[0,1],[1],"{\"d\":2}"]
status 0
