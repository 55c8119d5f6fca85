--TEST--
Timers: in the order of their times, once or repeating, cancelled from any callback; those set before run() count
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$order = [];
foreach ([0.03, 0.01, 0.02, 0] as $i => $seconds) {
    $server->timer($seconds, function () use (&$order, $i) { $order[] = $i; });
}
$never = $server->timer(0.015, fn () => print("never\n"));
$server->timer(0.005, function () use ($server, $never) { echo show($server->cancelTimer($never), $server->cancelTimer($never), $server->cancelTimer(12345)); });
// Two of the same moment: the first cancels the second.
$first = $server->timer(0.02, function () use ($server, &$second) { echo show('first', $server->cancelTimer($second)); });
$second = $server->timer(0.02, fn () => print("second\n"));
$rounds = 0;
$repeating = $server->timer(0.01, function () use (&$rounds, &$repeating, $server, &$order) {
    if (++$rounds === 5) {
        echo show($server->cancelTimer($repeating), $order, func_get_args());
        // 0 s runs once a turn, and does not keep the loop from anything else.
        $zero = $server->timer(0, function () use (&$zero, $server) { static $n = 0; if (++$n === 100) { $server->cancelTimer($zero); echo "zero\n"; $server->timer(0, fn () => $server->stop()); } }, true);
    }
}, true);
foreach ([-1, NAN, INF, 1e20] as $seconds) {
    try { $server->timer($seconds, 'strlen'); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
}
try { $server->timer(1, 'no such function'); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
PHP);
$server->wait();
?>
--EXPECT--
--
a timer cannot wait -1 s
a timer cannot wait NaN s
a timer cannot wait inf s
a timer cannot wait 100000000000000000000 s
WsServer::timer(): Argument #2 ($fn) must be a valid callback, function "no such function" not found or invalid function name
true false false
first true
true [3,1,2,0] []
zero
status 0
