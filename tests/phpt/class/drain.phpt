--TEST--
A client that reads nothing: sends fail at max_buffered, what waits and what went out is counted, and drain comes when all is out
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c) use ($server, &$all) {
    $all = $c->bytesSent;
    // A frame of this size has a head of ten bytes.
    for ($sent = 0; $c->sendText(str_repeat('x', 100000)); $sent++) { $all += 100010; }
    echo $sent > 10 ? "full\n" : "only $sent\n";
    // How much the kernel takes shows in the next turns; with I/O threads they count it.
    $check = $server->timer(0.005, function () use ($server, $c, &$all, &$check) {
        if ($c->bufferedAmount > 0 && $c->bytesSent > 0 && $c->bufferedAmount + $c->bytesSent === $all) {
            $server->cancelTimer($check);
            echo "counted\n";
        }
    }, true);
});
$server->on('drain', function (WsConnection $c) use (&$all) {
    echo show('drain', $c->id, func_num_args(), $c->bufferedAmount, $c->bytesSent === $all);
    $c->sendText('end');
});
PHP, ['slow_client' => 'drop']);
$client = $server->connect()->text('go');
$server->awaits('counted');
do {
    $message = $client->readMessage();
} while (strlen($message) === 100000);
echo $message, "\n";
echo $client->close()->drain(), "\n";
$server->stop();
?>
--EXPECT--
end
close 1000, gone
--
full
counted
drain 1 1 0 true
status 0
