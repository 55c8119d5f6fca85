--TEST--
stats(): the loop counts its turns, and how long one kept what happened waiting
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('tick', function (WsServer $server) {
    static $n = 0, $slow = 0;
    $loop = $server->stats()['loop'];
    // The turn in hand is not counted yet.
    if ($loop['turns'] !== $n++ || $loop['lag'] > $loop['longest_lag']) { echo show($n, $loop); }
    if ($n === 10) {
        $slow = $n;
        usleep(300000);
    } elseif ($slow) {
        echo show($loop['lag'] >= 0.3, $loop['longest_lag'] >= 0.3);
        $slow = 0;
    } elseif ($n === 20) {
        echo show($loop['lag'] < $loop['longest_lag'], $loop['longest_lag'] >= 0.3);
        $server->stop();
    }
});
PHP, ['tick_interval' => 0.01]);
$server->wait();
?>
--EXPECT--
--
true true
true true
status 0
