--TEST--
SIGTERM and SIGINT end the server cleanly
--DESCRIPTION--
Fixes: on SIGTERM the legacy server lost its close callbacks, ws_server_shutdown and the FIFO.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
foreach (['TERM', 'INT'] as $signal) {
    $server = new WsTest\Server('function ws_server_shutdown() { echo "shutdown\n"; }');
    $client = $server->connect();
    $server->signal($signal);
    echo $client->drain(), "\n";
    $server->wait();
}
?>
--EXPECT--
close 1001 server shutting down, gone
--
shutdown
status 0
close 1001 server shutting down, gone
--
shutdown
status 0
