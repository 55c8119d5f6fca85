--TEST--
Revolt: fibers wait for timers and streams, and so does {main} with the loop running meanwhile
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
$loop = WsTest\driver();
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);

function wait_until_readable($loop, $stream): void
{
    $suspension = $loop->getSuspension();
    $loop->onReadable($stream, function (string $id) use ($loop, $suspension) { $loop->cancel($id); $suspension->resume(); });
    $suspension->suspend();
}

function pause($loop, float $seconds): string
{
    $suspension = $loop->getSuspension();
    $loop->delay($seconds, fn () => $suspension->resume("after $seconds s"));
    return $suspension->suspend();
}

$loop->queue(function () use ($loop, $b) { echo "reads\n"; wait_until_readable($loop, $b); echo 'read ', fread($b, 10), "\n"; });
$loop->queue(function () use ($loop, $a) { echo "writes\n", pause($loop, 0.02), "\n"; fwrite($a, 'hello'); });
$loop->run();

echo 'main ', pause($loop, 0.01), "\n";
$loop->defer(function () { echo "deferred while main waits\n"; });
echo pause($loop, 0.01), "\n";

$suspension = $loop->getSuspension();
$loop->defer(fn () => $suspension->throw(new Exception('thrown into main')));
try {
    $suspension->suspend();
} catch (Exception $e) {
    echo $e->getMessage(), "\n";
}
try {
    $suspension->suspend();
} catch (Error $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
reads
writes
after 0.02 s
read hello
main after 0.01 s
deferred while main waits
after 0.01 s
thrown into main
The loop ended before resume()
