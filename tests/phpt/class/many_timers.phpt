--TEST--
100,000 timers, most of them cancelled: the others come, and nothing is left
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$fired = 0;
$ids = [];
$fn = function () use (&$fired) { $fired++; };
for ($i = 0; $i < 100000; $i++) {
    $ids[] = $server->timer(mt_rand(0, 50) / 1000, $fn);
}
foreach ($ids as $i => $id) {
    if ($i % 10) { $server->cancelTimer($id); }
}
unset($ids);
$server->timer(0.06, function () use (&$fired, $server) { echo show($fired, $server->stats()['timers']); $server->stop(); });
PHP);
$server->wait();
?>
--EXPECT--
--
10000 0
status 0
