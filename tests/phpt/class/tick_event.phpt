--TEST--
The tick event comes once a turn, and where nothing happens every tick_interval, which may change
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
// With the default of 0.2 s so many turns take longer than the test waits.
$server = WsTest\serve(<<<'PHP'
$server->on('tick', function (...$arguments) use ($server) {
    static $turns = 0, $since;
    if ($turns === 0) {
        $since = microtime(true);
        $server->setOption('tick_interval', 0.005);
    }
    if (++$turns === 301) {
        $seconds = microtime(true) - $since;
        // epoll counts in milliseconds: a bit early is early enough, but the loop does not spin.
        echo show($arguments === [$server], $seconds > 1.2 ? 'in time' : $seconds);
        $server->stop();
    }
});
PHP, ['tick_interval' => 0.01]);
$server->wait();
?>
--EXPECT--
--
true in time
status 0
