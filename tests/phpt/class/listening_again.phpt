--TEST--
An address is free when stopListening() returns: it can be listened on again at once
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c) use ($server) {
    for ($i = 0; $i < 50; $i++) {
        [$address] = $server->addresses();
        $server->stopListening();
        $server->listen($address);
        if ($server->addresses() !== [$address]) { echo "other addresses\n"; }
    }
    $c->sendText('fifty times');
});
PHP);
$client = $server->connect();
echo $client->text('go')->read(), ' ', $client->close()->drain(), "\n";
echo $server->connect()->text('again')->read(), "\n";
$server->stop();
?>
--EXPECT--
text fifty times close 1000, gone
text fifty times
--
status 0
