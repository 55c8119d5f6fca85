--TEST--
Revolt: streams that can be read, or written to
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
$loop = WsTest\driver();
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);

$loop->onWritable($a, function (string $id, $stream) use ($loop, $a) {
    var_dump($stream === $a);
    fwrite($a, "one\ntwo\nthree\n");
    $loop->cancel($id);
});
// fgets() takes all of it out of the kernel: two lines are in PHP's own buffer then.
$loop->onReadable($b, function (string $id, $stream) use ($loop) {
    echo 'read ', $line = fgets($stream);
    if ($line === "three\n") {
        $loop->cancel($id);
    }
});
$loop->run();

echo "two on one stream, one disabled while both are called\n";
$first = $loop->onReadable($b, function () use ($loop, &$second) { echo "first\n"; $loop->disable($second); });
$second = $loop->onReadable($b, function () use ($loop, &$first) { echo "second\n"; $loop->disable($first); });
fwrite($a, "x");
$loop->delay(0.01, function () use ($loop, &$first, &$second, $b) {
    fread($b, 1);
    $loop->cancel($first);
    $loop->cancel($second);
});
ob_start();
$loop->run();
// Either order is allowed; only one of them may have been called, and that one again and again.
var_dump(count(array_unique(explode("\n", trim(ob_get_clean())))));

echo "enabled again\n";
$reader = $loop->onReadable($b, function (string $id) use ($loop, $b) { echo 'read ', fread($b, 10), "\n"; $loop->disable($id); });
$loop->disable($reader);
fwrite($a, 'y');
$loop->run();
$loop->enable($reader);
$loop->run();
$loop->cancel($reader);

echo "a file is always ready\n";
$loop->onReadable(fopen(__FILE__, 'r'), function (string $id, $file) use ($loop) { echo fgets($file); $loop->cancel($id); });
$loop->run();

echo "the other end is gone\n";
fclose($a);
$loop->onReadable($b, function (string $id, $stream) use ($loop) { var_dump(fread($stream, 1), feof($stream)); $loop->cancel($id); });
$loop->run();

try {
    $loop->onReadable(fopen('php://memory', 'r'), fn () => null);
    $loop->run();
} catch (WsException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
bool(true)
read one
read two
read three
two on one stream, one disabled while both are called
int(1)
enabled again
read y
a file is always ready
<?php
the other end is gone
string(0) ""
bool(true)
the stream has no descriptor that could be watched
