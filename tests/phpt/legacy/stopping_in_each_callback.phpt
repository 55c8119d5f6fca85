--TEST--
Any callback may stop the server
--DESCRIPTION--
Preserves: the end may be asked for at any time, as ws_server_read could.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    $server = new WsTest\Server(WsTest\Scenario::application($callback, 'ws_server_stop(1012, "restarting");'), WsTest\Scenario::OPTIONS, alive: $callback !== 'started');
    $bystander = $callback === 'started' ? null : @$server->dial();
    if ($callback !== 'started') {
        WsTest\Scenario::play($server, $callback);
    }
    $bystander?->hangUp();
    if ($callback === 'shutdown') {
        $server->signal('TERM');
    }
    ob_start();
    $server->wait();
    $end = ob_get_clean();
    if ($end !== "--\n$callback!\nstatus 0\n") {
        echo $end;
    }
}
echo "done\n";
?>
--EXPECT--
done
