--TEST--
A server in another loop: tick() does one turn, stream() tells when there is something to do, timers included
--FILE--
<?php
require __DIR__ . '/../include/client.inc';
$server = new WsServer(['log' => null, 'tick_interval' => 60] + (is_string(getenv('WS_IO_THREADS')) ? ['io_threads' => (int) getenv('WS_IO_THREADS')] : []));
var_dump($server->addresses(), $server->isListening());
$server->listen('tcp://127.0.0.1:0');
var_dump(count($server->addresses()), $server->isListening());
$server->on('text', function ($c, $m) use ($server) {
    echo "text $m\n";
    try { $server->tick(0); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    try { $server->run(); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    try { ws_server_run(); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    try { (new WsServer(['listen' => 'tcp://127.0.0.1:0']))->tick(); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
});
$stream = $server->stream();
/** Another loop: turns the server when there is something to do, until $done. */
function loop(callable $done): void {
    global $server, $stream;
    for ($end = microtime(true) + 50; !$done();) {
        $read = [$stream];
        $none = null;
        if (microtime(true) > $end) { die("waited too long\n"); }
        if (stream_select($read, $none, $none, 50)) { $server->tick(0); }
    }
}
$client = (new WsTest\Client($server->addresses()[0]))->upgrade();
loop(fn () => count($server) === 1);
echo $client->status(), "\n";
// What is sent between two turns goes out by itself.
$server->connection(1)->sendText('hello');
loop(function () use ($client) { static $n = 0; return $n++; });
echo $client->read(), "\n";
$client->text('one');
loop(function () use ($server) { return $server->stats()['messages_in']['text'] === 1 && $server->stats()['callbacks']['count'] > 0; });
// A timer that is set between two turns.
$fired = false;
$server->timer(0.02, function () use (&$fired) { $fired = true; });
loop(function () use (&$fired) { return $fired; });
echo ws_server_broadcast('procedural'), "\n";
loop(function () { static $n = 0; return $n++; });
echo $client->read(), "\n";
$server->stop();
loop(function () use ($client, $server) { $client->answerClose(); return !$server->addresses(); });
var_dump($server->isListening(), $server->tick(0), count($server));
?>
--EXPECT--
array(0) {
}
bool(false)
int(1)
bool(true)
101
text hello
text one
tick() cannot be called in a callback of the server that runs
run() cannot be called in a callback of the server that runs
a server is running already in this process
a server is running already in this process
1
text procedural
bool(false)
int(0)
int(0)
