--TEST--
close() behind sendFile(): the file is sent to its end, what was queued behind it too, and then comes the Close
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$path = sys_get_temp_dir() . '/ws_phpt_close_' . getmypid();
file_put_contents($path, str_repeat('0123456789', 300000));
// Longer than what the sockets' buffers take.
$long = $path . '_long';
ftruncate(fopen($long, 'w'), 300 << 20);
register_shutdown_function(fn () => unlink($path) && unlink($long));
$server->on('text', function (WsConnection $c, string $m) use ($path, $long, $server) {
    switch ($m) {
        case 'file': $c->sendFile($path); break;
        case 'small': $c->sendFile(__FILE__); break;
        case 'stream': $c->sendFile(popen('printf one; sleep 0.05; printf two', 'r')); break;
        case 'message': $c->beginMessage(); $c->write('without an end'); break;
        case 'long': $c->sendFile($long); return;
        case 'exception': throw new Exception;
        case 'stop': $server->stop(4999, 'now', 60); return;
    }
    $c->sendText('behind');
    $c->close(4000, $m);
    echo show($c->state, $c->sendText('x'), $server->broadcast('to the others'), $c->cancelFile(), $c->ping());
    $c->close(4001, 'not this');
});
$server->on('close', function ($c, $code, $reason) { echo "close $code $reason\n"; });
PHP);
/** What comes until the connection ends: lengths and last frames of messages. */
function told(WsTest\Client $client): string {
    $told = '';
    $length = 0;
    while (true) {
        try { [$opcode, $payload, $last] = $client->readFrame(); } catch (Exception $e) { return $told; }
        if ($opcode === 8) {
            $told .= ' close ' . unpack('n', $payload)[1] . ' ' . substr($payload, 2) . ($length ? ' in a message' : '');
            $client->frame(8, $payload);
            continue;
        }
        $length += strlen($payload);
        if ($last) {
            $told .= " $length";
            $length = 0;
        }
    }
}
$server->connect()->close()->drain();
foreach (['file', 'small', 'stream', 'message'] as $case) {
    echo "$case:", preg_replace('/^ \d{3,4} 6/', ' all 6', told($server->connect()->text($case)->text('not heard'))), "\n";
    $server->awaits("close 4000 $case");
}
// The client, an exception and the end of the server do not wait for the end of a file.
foreach (['client' => 8, 'exception' => 1, 'stop' => 1] as $case => $opcode) {
    $client = $server->connect()->text('long');
    $client->readFrame();
    echo "$case:", told($client->frame($opcode, $opcode === 8 ? pack('n', 4005) : $case)), "\n";
    $server->awaits(['client' => 'close 4005', 'exception' => 'close 1011', 'stop' => 'close 4999'][$case]);
}
$server->wait();
?>
--EXPECT--
file: 3000000 6 close 4000 file
small: all 6 close 4000 small
stream: 6 6 close 4000 stream
message: close 4000 message in a message
client: close 4005  in a message
exception: close 1011 internal error in a message
stop: close 4999 now in a message
--
close 1000 
CLOSING false 0 false false
close 4000 file
CLOSING false 0 false false
close 4000 small
CLOSING false 0 false false
close 4000 stream
CLOSING false 0 false false
close 4000 message
close 4005 
close 1011 internal error
close 4999 now
status 0
