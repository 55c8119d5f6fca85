--TEST--
After the server's end SIGTERM does again what it did before
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server('', [], 'exec("kill -TERM " . getmypid()); sleep(1); echo "not reached\n";');
$server->stop();
?>
--EXPECT--
--
status 0
killed by signal 15
