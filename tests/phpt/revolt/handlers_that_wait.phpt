--TEST--
Revolt: handlers of the server that wait in fibers; the server goes on meanwhile
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
$server = WsTest\serve_in_revolt(<<<'PHP'
function pause(): Revolt\EventLoop\Suspension { return $GLOBALS['waiting'][] = Revolt\EventLoop::getSuspension(); }
$server->on('request', $driver->async(function (WsServer $server, WsRequest $request) {
    if ($request->path !== '/waits') { $request->accept(); return; }
    echo "the request waits\n";
    $request->reject(403, [], pause()->suspend());
}));
$server->on('text', $driver->async(function (WsConnection $c, string $text) {
    if ($text === 'go') { array_shift($GLOBALS['waiting'])->resume('was resumed'); return; }
    if ($text === 'fail') { throw new Exception('failed in a fiber'); }
    if ($text === 'wait') { $text .= ' ' . pause()->suspend(); }
    $c->sendText($text);
}));
$server->on('error', function (Throwable $e) { echo 'the server was told: ', $e->getMessage(), "\n"; });
$server->on('ping', function () { Revolt\EventLoop::getSuspension(); });
Revolt\EventLoop::setErrorHandler(function (Throwable $e) { echo 'Revolt was told: ', $e->getMessage(), "\n"; });
Revolt\EventLoop::onSignal(SIGTERM, fn () => $server->stop());
Revolt\EventLoop::repeat(1000, fn () => null);
PHP);
$client = $server->connect();
$client->text('wait')->text('one')->text('two');
echo $client->read(), ', ', $client->read(), "\n";
$other = $server->connect();
echo $other->text('go')->text('three')->read(), ', ', $client->read(), "\n";

echo "a request that is decided by a fiber\n";
$late = $server->dial()->upgrade([], '/waits');
$server->awaits('the request waits');
echo $other->text('four')->read(), "\n";
$other->text('go');
echo $late->status(), ' ', $late->rest(), "\n";

echo "exceptions\n";
echo $other->text('fail')->text('five')->read(), "\n";
echo $other->frame(9, 'ping')->read(), "\n";
echo $other->drain(), "\n";
$server->stop();
?>
--EXPECT--
text one, text two
text three, text wait was resumed
a request that is decided by a fiber
text four
403 was resumed
exceptions
text five
pong ping
close 1011 internal error, gone
--
the request waits
Revolt was told: failed in a fiber
the server was told: A callback of the server cannot suspend; give on() what WsServer\Revolt\Driver::async() makes of it
status 0
