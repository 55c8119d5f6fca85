--TEST--
A fatal error in any callback: status 255, no further callbacks, clients told, FIFO gone, shutdown functions run
--DESCRIPTION--
Preserves: PHP's own status and shutdown functions. Fixes fault 13: the FIFO stayed.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    $code = 'register_shutdown_function(function () { echo "shutdown function ", json_encode(ws_server_send_text(1, "x")), "\n"; }); trigger_error("fatal", E_USER_ERROR);';
    $server = new WsTest\Server(WsTest\Scenario::application($callback, $code), ['tick_interval' => 0.01], alive: $callback !== 'started');
    // What clients see of a sudden end depends on the moment, but they see one.
    $seen = $callback === 'started' ? '' : WsTest\Scenario::play($server);
    echo str_contains($seen, 'did not answer') ? "$seen\n" : '';
    if ($callback === 'shutdown') {
        $server->signal('TERM');
    }
    ob_start();
    $server->wait();
    echo preg_replace(['/\s+/', '~ in \S+/app.php on line \d+~'], ' ', ob_get_clean()), "\n";
}
?>
--EXPECT--
-- started! Fatal error: fatal  shutdown function false exit status 255 
-- connect! Fatal error: fatal  shutdown function false exit status 255 
-- read! Fatal error: fatal  shutdown function false exit status 255 
-- authenticate! Fatal error: fatal  shutdown function false exit status 255 
-- open! Fatal error: fatal  shutdown function false exit status 255 
-- text! Fatal error: fatal  shutdown function false exit status 255 
-- binary! Fatal error: fatal  shutdown function false exit status 255 
-- ping! Fatal error: fatal  shutdown function false exit status 255 
-- pong! Fatal error: fatal  shutdown function false exit status 255 
-- fifo! Fatal error: fatal  shutdown function false exit status 255 
-- loop! Fatal error: fatal  shutdown function false exit status 255 
-- before_close! Fatal error: fatal  shutdown function false exit status 255 
-- after_close! Fatal error: fatal  shutdown function false exit status 255 
-- shutdown! Fatal error: fatal  shutdown function false exit status 255 
