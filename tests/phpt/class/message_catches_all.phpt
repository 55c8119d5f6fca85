--TEST--
message gets what has no handler of its own; a message without any handler is dropped
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('message', fn ($c, string $m, bool $binary) => $c->sendText("message $m " . json_encode($binary)));
$server->on('ping', function ($c, $p) use ($server) {
    match ($p) {
        'binary' => $server->on('binary', fn ($c, $m) => $c->sendText("binary $m")),
        'none' => $server->on('message', null)->on('binary', null),
    };
});
PHP);
$client = $server->connect()->text('a')->frame(2, 'b');
echo $client->read(), ', ', $client->read(), "\n";
$client->frame(9, 'binary')->text('c')->frame(2, 'd');
echo $client->read(), ', ', $client->read(), ', ', $client->read(), "\n";
echo $client->frame(9, 'none')->text('e')->frame(2, 'f')->close()->drain(), "\n";
$server->stop();
?>
--EXPECT--
text message a false, text message b true
pong binary, text message c false, text binary d
pong none, close 1000, gone
--
status 0
