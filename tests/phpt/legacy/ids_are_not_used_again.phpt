--TEST--
Client keys are ints from 1 in the order of arrival, never used again while the server runs; $sockets has the same
--DESCRIPTION--
Preserves: keys are ints from 1, never reused while the server runs; $sockets and $connections share them.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_open(&$connections, &$connection, $client_key) {
    global $sockets, $server;
    echo json_encode([$client_key, array_keys($connections), array_keys($sockets), $sockets[0] === $server, $sockets[$client_key] !== $server]), "\n";
}
PHP);
$first = $server->connect();
$second = $server->connect();
echo $first->close()->drain(), "\n";
$third = $server->connect();
$server->stop();
?>
--EXPECT--
close 1000, gone
--
[1,[1],[0,1],true,true]
[2,[1,2],[0,1,2],true,true]
[3,[2,3],[0,2,3],true,true]
status 0
