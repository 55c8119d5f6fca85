--TEST--
Handlers of pcntl_signal run while the loop waits; SIGTERM is left to the one that has it
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, function () { echo "USR1\n"; });
pcntl_signal(SIGTERM, function () use ($server) { echo "TERM\n"; $server->stop(1012, 'restart'); });
$server->on('start', function () { echo "started\n"; });
PHP, ['tick_interval' => 5]);
$client = $server->connect();
$server->signal('USR1');
$server->awaits('USR1');
$server->signal('TERM');
echo $client->drain(), "\n";
$server->wait();
?>
--EXPECT--
close 1012 restart, gone
--
started
USR1
TERM
status 0
