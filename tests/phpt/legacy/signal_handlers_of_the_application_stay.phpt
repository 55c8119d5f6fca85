--TEST--
A handler that the application set with pcntl_signal is left alone, and runs while the loop runs
--DESCRIPTION--
Preserves: the application's own pcntl handlers. Fixes the lost end on SIGTERM only where nobody has said what it should do.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
pcntl_async_signals(true);
pcntl_signal(SIGTERM, function () { echo "own handler\n"; });
function ws_server_started() { pcntl_signal(SIGUSR1, function () { echo "another\n"; throw new Exception('from a handler'); }); }
PHP, [], 'exec("kill -TERM " . getmypid()); echo "end\n";');
$server->signal('TERM');
$server->awaits('own handler');
$server->signal('USR1');
$server->awaits('another');
$server->signal('INT');
$server->wait();
?>
--EXPECT--
--
own handler
another
status 0
own handler
end
