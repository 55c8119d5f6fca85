--TEST--
Bytes and times of a connection are those of its traffic, and stay when it is over
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$figures = fn (WsConnection $c) => [$c->bytesReceived, $c->bytesSent, $c->bufferedAmount, $c->connectedAt, $c->lastPing, $c->lastPong, $c->rtt];
$server->on('text', function (WsConnection $c, string $m) use ($figures) {
    $m === 'ping' ? $c->ping('known') : $c->sendText(json_encode([...$figures($c), microtime(true)]));
});
$server->on('close', function (WsConnection $c) use ($figures, $server) {
    echo json_encode($figures($c)), "\n";
    $server->timer(0, fn () => print(json_encode($figures($c)) . "\nlate\n"));
});
PHP, ['ping_interval' => 0]);
/** Sends a text; what the server's figures are then. */
function ask(string $text): array {
    global $client, $received, $sent;
    $client->text($text);
    $received += 6 + strlen($text);
    $answer = $client->read();
    $figures = json_decode(substr($answer, 5), true);
    echo $text, ': ', $figures[0] === $received ? 'received' : "received $figures[0] and not $received", ', ',
        $figures[1] === $sent ? 'sent' : "sent $figures[1] and not $sent", ", $figures[2] waiting\n";
    $length = strlen($answer) - strlen('text ');
    $sent += ($length < 126 ? 2 : 4) + $length;
    return array_slice($figures, 3);
}
/** Whether they come in this order, but for what clocks differ by. */
function inOrder(float ...$times): string {
    for ($i = 1; $i < count($times); $i++) {
        if ($times[$i] < $times[$i - 1] - 0.05) { return json_encode($times); }
    }
    return 'in order';
}
function pause(): float { usleep(200_000); return microtime(true); }
$request = "GET /figures HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";
$start = microtime(true);
$client = $server->dial()->raw($request);
echo $client->status(), "\n";
$sent = strlen($client->head) + 4;
$received = strlen($request);
[$connected, $ping, $pong, $rtt, $now] = ask(str_pad('first', 50));
echo inOrder($start, $connected, $now), ' ', json_encode([$ping, $pong, $rtt]), "\n";
// Asked to ping; then it tells of a ping without an answer; then it is answered.
$before = pause();
$client->text('ping');
$received += 10;
echo $client->read(), "\n";
$sent += 7;
pause();
[$again, $ping, $pong, $rtt, $between] = ask(str_pad('pinged', 50));
echo json_encode($again === $connected), ' ', inOrder($before, $ping, $between), ' ', inOrder($ping + 0.2, $between), ' ', json_encode([$pong, $rtt]), "\n";
pause();
$client->frame(10, 'known');
$received += 11;
[$again, $pingAgain, $pong, $rtt, $now] = ask(str_pad('ponged', 50));
echo json_encode([$again === $connected, $pingAgain === $ping]), ' ', inOrder($between + 0.2, $pong, $now), ' ', abs($pong - $ping - $rtt) < 0.001 ? 'rtt' : "$rtt between $ping and $pong", "\n";
echo $client->close(1000, 'bye')->drain(), "\n";
$received += 11;
$server->awaits('late');
$lines = array_map(fn ($line) => json_decode($line), explode("\n", $server->printed()));
// Our Close was answered, without the reason.
$sent += 4;
echo json_encode([$lines[0][0] === $received, $lines[0][1] === $sent, array_slice($lines[0], 2) === [0, $connected, $ping, $pong, $rtt], $lines[0] === $lines[1]]), "\n";
ob_start();
$server->stop();
ob_end_clean();
echo "status $server->status\n";
?>
--EXPECT--
101
first                                             : received, sent, 0 waiting
in order [null,null,null]
ping known
pinged                                            : received, sent, 0 waiting
true in order in order [null,null]
ponged                                            : received, sent, 0 waiting
[true,true] in order rtt
close 1000, gone
[true,true,true,true]
status 0
