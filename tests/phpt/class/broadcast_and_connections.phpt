--TEST--
broadcast with exceptions; the server counts and iterates over its connections; a connection has one object
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('open', function (WsConnection $c) { $c->data = "data $c->id"; $c->sendText("open $c->id"); });
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    $seen = [];
    foreach ($server as $id => $connection) { $seen[$id] = $connection->data; }
    $same = $server->connection($c->id) === $c && iterator_to_array($server)[$c->id] === $c && $server->connections()[$c->id] === $c;
    $all = count($server) === count($server->connections()) && iterator_count($server->getIterator()) === count($server);
    $c->sendText(json_encode([$seen, $same, $all, $server->connection(99), $server->broadcast('to all', [$c, 3]), $server->broadcastBinary("\xfe", [$server->connection(2)])]));
    foreach ([fn () => $server->broadcast("\xff"), fn () => $server->broadcast('a', ['x'])] as $call) {
        try { $call(); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    }
});
PHP);
// With I/O threads a client has its 101 before PHP has heard of it: the others wait for that.
for ($i = 0; $i < 3; $i++) {
    $clients[$i] = $server->connect();
    echo $clients[$i]->read(), "\n";
}
$clients[0]->text('go');
echo $clients[0]->read(), "\n", $clients[0]->read(), "\n", $clients[1]->read(), "\n", $clients[2]->read(), "\n";
$server->stop();
?>
--EXPECT--
text open 1
text open 2
text open 3
binary fe
text [{"1":"data 1","2":"data 2","3":"data 3"},true,true,null,1,2]
text to all
binary fe
--
text is not UTF-8
$except must be a list of connections or their ids (int)
status 0
