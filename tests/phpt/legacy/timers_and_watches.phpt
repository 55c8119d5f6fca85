--TEST--
ws_server_timer and ws_server_watch from legacy callbacks: once, repeated, cancelled; streams that have something to read
--DESCRIPTION--
New: the loop's timers and watches for legacy handlers, which had only ws_server_loop.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
foreach (['ws_server_timer', 'ws_server_watch'] as $function) {
    try {
        $function(...($function === 'ws_server_timer' ? [1] : [STDIN]), ...['strlen']);
    } catch (WsException $e) {
        echo $e->getMessage(), "\n";
    }
}
var_dump(ws_server_cancel_timer(1), ws_server_unwatch(1));
function ws_server_started() {
    $never = ws_server_timer(0.01, fn () => print("never\n"));
    var_dump(ws_server_cancel_timer($never), ws_server_cancel_timer($never));
    $repeated = ws_server_timer(0.001, function () use (&$repeated) {
        static $count = 0;
        if (++$count === 3) {
            echo "three times\n";
            ws_server_cancel_timer($repeated);
            ws_server_timer(0.001, fn () => print("then once\n"));
        }
    }, true);
    [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_blocking($ours, false);
    fwrite($theirs, 'first');
    $watch = ws_server_watch($ours, function ($stream) use (&$watch, $theirs, $ours) {
        $text = fread($stream, 100);
        var_dump($stream === $ours, $text);
        if ($text === 'first') {
            fwrite($theirs, 'second');
        } else {
            var_dump(ws_server_unwatch($watch), ws_server_unwatch($watch));
            echo "watched\n";
        }
    });
    ws_server_timer(0.002, fn () => throw new Exception('in a timer'));
}
function ws_server_error(&$connections, $key, $e) { echo $e->getMessage(), ' ', var_export($key, true), "\n"; }
PHP);
foreach (['then once', 'watched', 'in a timer'] as $text) {
    $server->awaits($text);
}
$server->stop();
?>
--EXPECTREGEX--
--
no server is running in this process
no server is running in this process
bool\(false\)
bool\(false\)
bool\(true\)
bool\(false\)
(?=[\s\S]*bool\(true\)\nstring\(5\) "first"\n[\s\S]*bool\(true\)\nstring\(6\) "second"\nbool\(true\)\nbool\(false\)\nwatched\n)(?=[\s\S]*three times\n[\s\S]*then once\n)(?=[\s\S]*in a timer NULL\n)(?![\s\S]*never)[\s\S]*
status 0
