--TEST--
After close() no message handler is called, the state is CLOSING, sending returns false, and one close event follows
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c, string $m) {
    echo "$m $c->state\n";
    $c->close(4001, 'over');
    $c->close(4002, 'not this');
    echo show($c->state, $c->sendText('x'), $c->sendBinary('x'), $c->ping(), $c->beginMessage(), $c->write('x'), $c->end(), $c->sendFile(__FILE__), $c->cancelFile(), $c->topics());
    $c->subscribe('t');
    $c->unsubscribe('t');
    $c->pause();
    $c->resume();
    $c->lineMode(true);
});
$server->on('close', function (WsConnection $c, ...$rest) use ($server) {
    echo show('close', $c->state, ...$rest);
    $server->timer(0.01, function () use ($c, $server) {
        echo show($c->state, $c->id, $c->remoteAddress, $c->uri, $c->bytesReceived > 0, $c->sendText('x'), $c->data, $server->connection(1));
        $c->close();
        $c->data = 'kept';
        echo show($c->data);
    });
});
PHP);
$client = $server->connect();
$client->raw(WsTest\Client::encode(1, 'one') . WsTest\Client::encode(1, 'two'));
echo $client->drain(), "\n";
$server->awaits('kept')->stop();
?>
--EXPECT--
close 4001 over, gone
--
one OPEN
CLOSING false false false false false false false false []
close CLOSED 4001 over true
CLOSED 1 127.0.0.1 /chat true false null null
kept
status 0
