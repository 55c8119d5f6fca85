--TEST--
Every event of a connection's life with its arguments, in order
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
foreach (['start', 'stop', 'connect', 'request', 'open', 'text', 'binary', 'ping', 'pong', 'close', 'fifo'] as $event) {
    $server->on($event, function (...$arguments) use ($event) {
        foreach ($arguments as &$argument) {
            $argument = is_object($argument) ? get_class($argument) : var_export($argument, true);
        }
        echo preg_replace('/\b\d{4,5}$/', 'PORT', "$event " . implode(', ', $arguments)), "\n";
    });
}
PHP);
$client = $server->connect();
$client->text('one')->frame(2, 'two')->frame(9, 'three')->frame(10, 'four')->close(1000, 'bye');
echo $client->drain(), "\n";
$server->awaits('close');
file_put_contents($server->fifo, "five\n");
$server->awaits('fifo');
$server->stop();
?>
--EXPECT--
pong three, close 1000, gone
--
start WsServer
connect WsServer, '127.0.0.1', PORT
request WsServer, WsRequest
open WsConnection
text WsConnection, 'one'
binary WsConnection, 'two'
ping WsConnection, 'three'
pong WsConnection, 'four'
close WsConnection, 1000, 'bye', true
fifo WsServer, 'five'
stop WsServer
status 0
