--TEST--
Random actions in random callbacks, with clients that do random things: one close event for each that opened, nothing after it, no leak, a clean end
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
require __DIR__ . '/../include/random.inc';
$lots = new WsTest\Lots(20260110);
$rounds = WsTest\Lots::rounds(1500);
foreach ([[], ['compression' => true], ['buffer_messages' => false]] as $i => $options) {
    $server = WsTest\serve(sprintf('require %s; new Application($server, %d);', var_export(dirname(__DIR__) . '/include/random_application.inc', true), $lots->seed + $i),
        $options + ['close_timeout' => 0.5]);
    $crowd = new WsTest\Crowd($server->address, $lots);
    // What PHP keeps for good is there after the first time.
    for ($time = 1; $time <= 3; $time++) {
        for ($round = 0; $round < $rounds; $round++) {
            $crowd->act();
            $lots->oneIn(10) && usleep(500);
        }
        $crowd->leave();
        file_put_contents($server->fifo, "measure\n");
        $server->awaits("measured $time");
    }
    $crowd->act();
    $server->stop();
}
?>
--EXPECT--
--
measured 1
measured 2
measured 3
status 0
--
measured 1
measured 2
measured 3
status 0
--
measured 1
measured 2
measured 3
status 0
