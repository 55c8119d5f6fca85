--TEST--
Random actions in random callbacks, most of all to the shared arrays: each client has its pair of close callbacks, no leak, a clean end
--DESCRIPTION--
The arrays are the application's, as they always were; whatever it makes of them, the extension knows its clients itself.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/random.inc';
$lots = new WsTest\Lots(20260111);
$rounds = WsTest\Lots::rounds(1500);
foreach ([[], ['max_buffered' => 5000, 'slow_client' => 'drop', 'tick_interval' => 0.002]] as $i => $options) {
    $application = sprintf('mt_srand(%d); require %s;', $lots->seed + $i, var_export(dirname(__DIR__) . '/include/random_legacy_application.inc', true));
    // The file has it; the server's test double must not.
    $server = new WsTest\Server("$application // function ws_server_authenticate(", $options + ['close_timeout' => 0.5]);
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
