--TEST--
exit(7) in any callback: status 7, no further callbacks, clients told, FIFO gone, shutdown functions run
--DESCRIPTION--
Preserves: exit(7) keeps status 7, and shutdown functions run. Fixes fault 13: the FIFO stayed.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    $code = 'register_shutdown_function(function () { echo "shutdown function ", json_encode(ws_server_send_text(1, "x")), "\n"; }); exit(7);';
    $server = new WsTest\Server(WsTest\Scenario::application($callback, $code), ['tick_interval' => 0.01], alive: $callback !== 'started');
    // What clients see of a sudden end depends on the moment, but they see one.
    $seen = $callback === 'started' ? '' : WsTest\Scenario::play($server);
    echo str_contains($seen, 'did not answer') ? "$seen\n" : '';
    if ($callback === 'shutdown') {
        $server->signal('TERM');
    }
    ob_start();
    $server->wait();
    echo str_replace("\n", ' ', ob_get_clean()), "\n";
}
?>
--EXPECT--
-- started! shutdown function false exit status 7 
-- connect! shutdown function false exit status 7 
-- read! shutdown function false exit status 7 
-- authenticate! shutdown function false exit status 7 
-- open! shutdown function false exit status 7 
-- text! shutdown function false exit status 7 
-- binary! shutdown function false exit status 7 
-- ping! shutdown function false exit status 7 
-- pong! shutdown function false exit status 7 
-- fifo! shutdown function false exit status 7 
-- loop! shutdown function false exit status 7 
-- before_close! shutdown function false exit status 7 
-- after_close! shutdown function false exit status 7 
-- shutdown! shutdown function false exit status 7 
