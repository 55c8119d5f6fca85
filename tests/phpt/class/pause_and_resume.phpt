--TEST--
What came before pause() is held, its end too, and comes in order after resume(); close() drops it
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    echo "$c->id $m $c->state\n";
    if ($m === 'pause') {
        $c->pause();
        $c->pause();
        $c->sendText('paused');
        $server->timer(0.05, function () use ($c) { echo "resume\n"; $c->resume(); $c->resume(); });
    } elseif ($m === 'pause, close') {
        $c->pause();
        $server->timer(0.02, fn () => $c->close(4000, 'enough'));
    }
});
$server->on('ping', function ($c, $p) { echo "$c->id ping $p\n"; });
$server->on('close', function ($c, $code, $reason) { echo "$c->id close $code $reason\n"; });
PHP);
$a = $server->connect();
$a->raw(WsTest\Client::encode(1, 'pause') . WsTest\Client::encode(1, 'one') . WsTest\Client::encode(9, 'two') . WsTest\Client::encode(1, 'three'));
// The ping is answered in passing, before or after.
$read = [$a->read(), $a->read()];
sort($read);
echo implode(', ', $read), "\n";
$a->text('four')->close(1000, 'bye');
echo $a->drain(), "\n";
$server->awaits('1 close');
$b = $server->connect();
$b->raw(WsTest\Client::encode(1, 'pause, close') . WsTest\Client::encode(1, 'never seen'));
echo $b->drain(), "\n";
$server->awaits('2 close');
$server->stop();
?>
--EXPECT--
pong two, text paused
close 1000, gone
close 4000 enough, gone
--
1 pause OPEN
resume
1 one OPEN
1 ping two
1 three OPEN
1 four OPEN
1 close 1000 bye
2 pause, close OPEN
2 close 4000 enough
status 0
