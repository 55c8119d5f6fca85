--TEST--
A descriptor's number is used again when its stream is closed: what has it next is watched, and nothing of ours is taken for it
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
function pair(): array { return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0); }
/** The next stream that is opened has the number of $stream, which is closed. */
function replace(&$stream): array { fclose($stream); $stream = null; return pair(); }

// Not watched any more, closed, and another one watched in its place.
[$a, $b] = pair();
fwrite($b, '1');
$watch = $server->watch($a, function ($stream) use (&$watch, &$a, &$kept, $server) {
    echo fread($stream, 9), "\n";
    $server->unwatch($watch);
    [$c, $kept] = replace($a);
    fwrite($kept, '2');
    $server->watch($c, second(...));
});
// Closed first, and not watched any more when the other one is watched already.
function second($stream) {
    global $server;
    echo fread($stream, 9), "\n";
    $server->unwatch(1);
    static $kept;
    $first = $server->watch($stream, fn () => 0, true);
    [$c, $kept] = replace($stream);
    fwrite($kept, '3');
    $server->watch($c, third(...));
    $server->unwatch($first);
}
// Closed in its callback, and a listener opened in its place.
function third($stream) {
    global $server;
    echo fread($stream, 9), "\n";
    fclose($stream);
    $server->listen('tcp://127.0.0.1:0');
    echo "listens\n";
    $server->on('connect', function ($s, $address, $port) use ($server) { echo "connected\n"; });
}
PHP);
$server->awaits('listens');
preg_match_all('/listening on (\S+)/', $server->log(), $addresses);
$client = (new WsTest\Client($addresses[1][1]))->upgrade();
echo $client->status(), ' ', $client->close()->drain(), "\n";
$server->stop();
?>
--EXPECT--
101 close 1000, gone
--
1
2
3
listens
connected
status 0
