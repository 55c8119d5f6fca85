--TEST--
Topics: subscribe, publish with exceptions, unsubscribe; they end with the connection
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    [$word, $topic] = explode(' ', "$m ");
    match ($word) {
        'subscribe' => $c->subscribe($topic),
        'unsubscribe' => $c->unsubscribe($topic),
        'topics' => $c->sendText(json_encode($c->topics())),
        'publish' => $c->sendText('to ' . $server->publish($topic, "news of $topic", false, [$c])),
        'binary' => $c->sendText('to ' . $server->publish($topic, "\xff", true, [$c->id, 99])),
    };
});
PHP);
[$a, $b, $c] = [$server->connect(), $server->connect(), $server->connect()];
foreach ([$a, $b, $c] as $client) { $client->text('subscribe sport')->text('topics'); echo $client->read(), "\n"; }
$a->text('subscribe arts')->text('subscribe arts')->text('topics');
echo $a->read(), "\n";
$b->text('publish sport');
echo $b->read(), ' ', $a->read(), ' ', $c->read(), "\n";
$c->text('unsubscribe sport')->text('unsubscribe nothing')->text('topics');
echo $c->read(), "\n";
$b->text('binary sport');
echo $b->read(), ' ', $a->read(), "\n";
$a->close()->drain();
$b->text('publish sport')->text('publish arts');
echo $b->read(), ', ', $b->read(), "\n";
$server->stop();
?>
--EXPECT--
text ["sport"]
text ["sport"]
text ["sport"]
text ["arts","sport"]
text to 2 text news of sport text news of sport
text []
text to 1 binary ff
text to 0, text to 0
--
status 0
