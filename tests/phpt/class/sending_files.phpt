--TEST--
sendFile: paths, streams from where they are, pipes, filters; other messages queue behind; cancelFile ends it where it is
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$path = sys_get_temp_dir() . '/ws_phpt_file_' . getmypid();
file_put_contents($path, str_repeat('0123456789', 50000));
// More than all socket buffers hold: it is not sent before the client reads, however fast an I/O thread is.
ftruncate(fopen($long = "$path.long", 'w'), 16 << 20);
register_shutdown_function(fn () => [unlink($path), unlink($long)]);
$server->on('text', function (WsConnection $c, string $m) use ($path, $long, $server) {
    switch ($m) {
        case 'path': echo show($c->sendFile($long), $c->sendFile($path), $c->beginMessage(), $c->sendText('behind')), "asked\n"; break;
        case 'position': $f = fopen($path, 'r'); fgets($f, 11); fseek($f, 499990); $c->sendFile($f, false); break;
        case 'filter': $f = fopen($path, 'r'); stream_filter_append($f, 'string.rot13'); fseek($f, 0); $c->sendFile($f, false); break;
        case 'memory': $f = fopen('php://memory', 'w+'); fwrite($f, 'in memory'); rewind($f); echo show($c->sendFile($f, false), $c->write('not mine'), $c->end()); break;
        case 'pipe':
            $p = popen('sleep 0.05; printf one; sleep 0.05; printf two', 'r');
            echo show($c->sendFile($p, false), $c->sendFile($path), $c->sendText('behind the pipe'));
            break;
        case 'cancel':
            [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            fwrite($b, 'begin');
            $c->sendFile($a, true);
            $server->timer(0.05, function () use ($c, $b) { echo show($c->cancelFile(), $c->cancelFile()); });
            break;
        case 'utf8': $f = fopen('php://memory', 'w+'); fwrite($f, "\xff"); rewind($f); $c->sendFile($f, false); break;
        case 'wrong':
            foreach (['/nonexistent', "a\0b", 5, null, [], tmpfile()] as $what) {
                is_resource($what) && fclose($what);
                try { $c->sendFile($what); } catch (WsException $e) { echo json_encode($e->getMessage()), "\n"; }
            }
            echo show(ws_server_send_file($c->id, $path, false));
            break;
    }
});
$server->on('drain', function ($c) { static $told = false; if (!$told) { $told = true; echo "drain\n"; } });
$server->on('close', function ($c, $code) { echo "close $code\n"; });
PHP);
$client = $server->connect();
$client->text('path');
$server->awaits('asked');
echo md5($client->readMessage()) === md5(str_repeat("\0", 16 << 20)) ? 'the same' : 'different', ' ', $client->read(), "\n";
$server->awaits('drain');
foreach (['position' => 1, 'filter' => 1, 'memory' => 1, 'pipe' => 2, 'cancel' => 1, 'wrong' => 1] as $case => $messages) {
    $client->text($case);
    while ($messages--) {
        $message = $client->readMessage();
        echo $case, ' ', strlen($message), ' ', substr($message, 0, 20), "\n";
    }
}
echo $client->text('utf8')->drain(), "\n";
$server->awaits('close');
$server->stop();
?>
--EXPECT--
the same text behind
position 10 0123456789
filter 500000 01234567890123456789
memory 9 in memory
pipe 6 onetwo
pipe 15 behind the pipe
cancel 5 begin
wrong 500000 01234567890123456789
close 1011 stream can't be sent, gone
--
true false false true
asked
drain
true false false
true false true
true false
"\"\/nonexistent\" cannot be read"
"a path must not contain NUL bytes"
"what is to be sent must be a path or an open stream"
"what is to be sent must be a path or an open stream"
"what is to be sent must be a path or an open stream"
"what is to be sent must be a path or an open stream"
true
close 1011
status 0
