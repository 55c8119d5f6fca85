--TEST--
After the server's end SIGTERM does again what it did before
--DESCRIPTION--
SIGTERM and SIGINT are taken for the clean end only as long as the server runs.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server('function ws_server_started() { echo "started\n"; }', [], 'exec("kill -TERM " . getmypid()); sleep(1); echo "not reached\n";');
$server->awaits('started');
$server->stop();
?>
--EXPECT--
--
started
status 0
killed by signal 15
