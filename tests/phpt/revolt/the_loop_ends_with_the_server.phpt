--TEST--
Revolt: the server keeps the loop running; the loop ends with it, and the socket is gone
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
$server = WsTest\serve_in_revolt(<<<'PHP'
$server->on('text', fn (WsConnection $c, string $text) => $server->stop(1001, $text));
$server->on('close', function ($c, int $code) { echo "close $code\n"; });
$server->on('stop', function () { echo "stop\n"; });
Revolt\EventLoop::repeat(0, fn () => null);
PHP, after: <<<'PHP'
var_dump($server->addresses(), $driver->isRunning());
// What is left waits for ever: the server that carried it is over.
$driver->delay(0.01, function () { echo "never\n"; });
$driver->run();
PHP);
$client = $server->connect();
echo $client->text('bye')->drain(), "\n";
$server->wait();

echo "a server that is not referenced\n";
$loop = WsTest\driver();
$loop->delay(0, function () use ($loop) { echo count($loop->getHandle()->addresses()), " address\n"; });
$loop->run();
$loop->getHandle()->stop();
while ($loop->getHandle()->addresses()) {
    $loop->getHandle()->tick(0.0);
}

echo "a port that is taken\n";
$taken = stream_socket_server('tcp://127.0.0.1:0');
try {
    (new WsServer\Revolt\Driver(new WsServer(['listen' => 'tcp://' . stream_socket_get_name($taken, false)] + WsTest\options())))->run();
} catch (WsException $e) {
    echo preg_replace('/:\d+/', ':port', $e->getMessage()), "\n";
}
?>
--EXPECT--
close 1001 bye, gone
--
close 1001
stop
status 0
array(0) {
}
bool(false)
a server that is not referenced
1 address
a port that is taken
cannot listen on tcp://127.0.0.1:port: Address already in use (os error 98)
