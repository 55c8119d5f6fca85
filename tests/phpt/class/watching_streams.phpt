--TEST--
Watched streams: sockets, pipes, both directions of one, data in PHP's own buffer, files, closed ones
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
// One line at a time: the others are in PHP's buffer, of which the kernel knows nothing.
$read = $server->watch($a, function ($stream) use (&$read, $a, $server) {
    $line = fgets($stream);
    echo show($stream === $a, func_num_args(), 'line', rtrim($line));
    if ($line === "three\n") { echo show($server->unwatch($read), $server->unwatch($read)); }
});
$writes = 0;
$write = $server->watch($a, function ($stream) use (&$writes, &$write, $server) {
    if (++$writes === 3) { $server->unwatch($write); fwrite($stream, 'x'); }
}, true);
$server->watch($b, function ($stream) use ($server, &$writes) {
    echo show('b', fread($stream, 10), $writes);
    fclose($stream);                      // it is not watched any more
    $server->timer(0.02, fn () => files($server));
});
fwrite($b, "one\ntwo\nthree\nfour\n");

function files($server) {
    $rounds = 0;
    $file = fopen(__FILE__, 'r');
    $watch = $server->watch($file, function ($stream) use (&$rounds, &$watch, $server, $file) {
        if (++$rounds === 3) {
            echo show('file', $server->unwatch($watch), $server->stats()['watches']);
            refuse($server);
        }
    });
}
function refuse($server) {
    $closed = fopen(__FILE__, 'r');
    fclose($closed);
    foreach ([$closed, 'string', null, fopen('php://memory', 'r')] as $stream) {
        try { $server->watch($stream, 'strlen'); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    }
    $server->stop();
}
PHP);
$server->wait();
?>
--EXPECT--
--
true 1 line one
true 1 line two
true 1 line three
true false
b x 3
file true 0
what is to be watched must be an open stream
what is to be watched must be an open stream
what is to be watched must be an open stream
the stream has no descriptor that could be watched
status 0
