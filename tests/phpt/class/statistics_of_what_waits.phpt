--TEST--
stats(): buffered is what waits for all clients together, and 0 when they have taken it
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
echo show($server->stats());
$server->on('start', fn () => print(show($server->stats()['buffered'])));
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    if ($m === 'open') { $c->sendText('open'); return; }
    $server->broadcast(str_repeat('x', 8 << 20));
    // What the kernel takes shows in the next turns.
    $check = $server->timer(0.005, function () use ($server, &$check) {
        $each = array_map(fn (WsConnection $c) => $c->bufferedAmount, $server->connections());
        if (min($each) > 0 && $server->stats()['buffered'] === array_sum($each) && ws_server_stats()['buffered'] === array_sum($each)) {
            $server->cancelTimer($check);
            echo show('buffered for', count($each));
        }
    }, true);
});
$server->on('drain', function () use ($server) {
    static $drained = 0;
    if (++$drained === 2) { echo show('drained', $server->stats()['buffered']); }
});
PHP, ['tcp' => ['send_buffer' => 20000]]);
foreach ([1, 2] as $i) {
    $clients[$i] = $server->connect()->text('open');
    echo $clients[$i]->read(), "\n";
}
$clients[1]->text('go');
$server->awaits('buffered');
foreach ($clients as $client) { echo strlen($client->readMessage()), "\n"; }
$server->awaits('drained')->stop();
?>
--EXPECT--
text open
text open
8388608
8388608
--
{"open":0}
0
buffered for 2
drained 0
status 0
