--TEST--
Many messages behind a stream that is being sent do not hold it up, whatever waits, and whatever the limits are
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
foreach ([[], ['max_buffered' => 1000]] as $options) {
    $server = WsTest\serve(<<<'PHP'
    $server->on('text', function (WsConnection $c) use ($server) {
        $c->sendFile(popen('head -c 2000000 /dev/zero; sleep 0.05; head -c 2000000 /dev/zero', 'r'));
        $sent = 0;
        for ($i = 0; $i < 20; $i++) { $sent += $server->broadcast(str_repeat('b', 30000)); }
        echo $sent > 0 ? "queued\n" : "not queued\n";
        $c->sendText('last');
    });
    PHP, $options + ['slow_client' => 'drop']);
    $client = $server->connect()->text('go');
    $length = strlen($client->readMessage());
    $behind = -1;
    do { $message = $client->readMessage(); $behind++; } while (strlen($message) === 30000);
    echo $length, ' ', $options === [] ? "$behind $message" : 'some', "\n";
    $server->stop();
}
?>
--EXPECT--
4000000 20 last
--
queued
status 0
4000000 some
--
queued
status 0
