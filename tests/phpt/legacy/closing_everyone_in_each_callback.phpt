--TEST--
Any callback may close the client in hand and all others: each has its close callbacks once, the server goes on
--DESCRIPTION--
Preserves: close_client() of any client is legal in every callback. The legacy loops went on with clients that were gone,
and died of the notice (fault 11).
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    $code = <<<'PHP'
    global $connections;
    foreach ($connections as $key => &$connection) {
        ws_server_disconnect($key, 4000);
    }
    PHP;
    $server = new WsTest\Server(WsTest\Scenario::application($callback, $code, once: false), WsTest\Scenario::OPTIONS);
    $bystander = $server->dial();
    $seen = WsTest\Scenario::play($server, $callback);
    echo str_contains($seen, 'did not answer') ? "$callback: $seen\n" : '';
    $bystander->hangUp();
    ob_start();
    $server->signal('TERM');
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
