--TEST--
Revolt: what callbacks throw goes to the error handler, or ends run(); the loop can be run again
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
$loop = WsTest\driver();
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($a, 'x');
$throw = fn (string $what) => fn () => throw new Exception($what);
$once = fn (string $what) => function (string $id) use ($loop, $what) { $loop->cancel($id); throw new Exception($what); };
$callbacks = function () use ($loop, $throw, $once, $a, $b) {
    $loop->queue($throw('queue'));
    $loop->defer($throw('defer'));
    $loop->delay(0, $throw('delay'));
    $loop->repeat(0, $once('repeat'));
    $loop->onReadable($b, $once('readable'));
    $loop->onWritable($a, $once('writable'));
    $loop->onSignal(SIGUSR1, $once('signal'));
    $loop->delay(0.01, fn () => WsTest\signal_myself('USR1'));
};

$seen = [];
$loop->setErrorHandler(function (Throwable $e) use (&$seen) { $seen[] = $e->getMessage(); });
$callbacks();
$loop->run();
sort($seen);
echo implode(' ', $seen), "\n";

$loop->setErrorHandler(null);
var_dump($loop->getErrorHandler());
$callbacks();
$thrown = [];
while ($loop->getIdentifiers()) {
    try {
        $loop->run();
    } catch (Revolt\EventLoop\UncaughtThrowable $e) {
        $thrown[] = $e->getPrevious()->getMessage();
    }
}
sort($thrown);
echo implode(' ', $thrown), "\n";

$loop->setErrorHandler($throw('the handler itself'));
$loop->defer($throw('defer'));
try {
    $loop->run();
} catch (Revolt\EventLoop\UncaughtThrowable $e) {
    echo $e->getPrevious()->getMessage(), "\n";
}
$loop->defer(function () { echo "on it goes\n"; });
$loop->run();
?>
--EXPECT--
defer delay queue readable repeat signal writable
NULL
defer delay queue readable repeat signal writable
the handler itself
on it goes
