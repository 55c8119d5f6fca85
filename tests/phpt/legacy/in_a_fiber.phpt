--TEST--
The server may run in a fiber, and callbacks may start, suspend and leave fibers
--DESCRIPTION--
New: PHP has fibers since 8.1. Preserves: callbacks may do whatever PHP code may.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    if ($msg === 'suspend') {
        ws_server_send_text($client_key, Fiber::suspend($msg));
    } elseif ($msg === 'fiber') {
        $GLOBALS['fiber'] = new Fiber(function () use ($client_key) { ws_server_send_text($client_key, Fiber::suspend()); });
        $GLOBALS['fiber']->start();
    } elseif ($msg === 'resume') {
        $GLOBALS['fiber']->resume('resumed later');
    } else {
        (new Fiber(function () { throw new Exception('in a fiber'); }))->start();
    }
}
$main = new Fiber(function ($options) { return ws_server_run($options); });
function run_in_fiber($options) {
    global $main;
    for ($word = $main->start($options); !$main->isTerminated(); $word = $main->resume("resumed after $word"));
    return $main->getReturn();
}
PHP, run: 'run_in_fiber');
$client = $server->connect();
echo $client->text('suspend')->read(), ', ', $client->text('fiber')->text('resume')->read(), "\n";
echo $client->text('throw')->drain(), "\n";
$server->connect();
$server->stop();
?>
--EXPECT--
text resumed after suspend, text resumed later
close 1011 internal error, gone
--
status 0
