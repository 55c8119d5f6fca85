--TEST--
listen => []: nothing is listened to until listen() is called; run() runs all the same, for timers and the rest
--FILE--
<?php
require __DIR__ . '/../include/class.inc';

// Opened by a timer, once the loop turns.
$server = WsTest\serve(<<<'PHP'
$server->on('start', function ($s) {
    echo show($s->isListening(), $s->addresses(), $s->getOption('listen'));
    $s->timer(0.01, function () use ($s) {
        $s->listen('tcp://127.0.0.1:0');
        echo show($s->isListening(), count($s->addresses()));
    });
});
$server->on('open', fn (WsConnection $c) => $c->sendText('welcome'));
$server->on('text', function (WsConnection $c) use ($server) {
    $server->stopListening();
    $c->sendText(json_encode($server->isListening()));
    $server->listen('tcp://127.0.0.1:0');
    $c->sendText($server->addresses()[0]);
});
PHP, ['listen' => []]);
$client = $server->connect();
echo $client->read(), "\n";
echo $client->text('again')->read(), "\n";
$address = substr($client->read(), strlen('text '));
echo (new WsTest\Client($address))->upgrade()->status(), "\n";
$server->stop();

// By the application, before the loop turns.
$server = WsTest\serve('$server->listen("tcp://127.0.0.1:0"); echo show(count($server->addresses()));', ['listen' => []]);
echo $server->dial()->upgrade()->status(), "\n";
$server->stop();

// Never: a server of timers.
$threads = (int) getenv('WS_IO_THREADS');
foreach (['run', 'tick'] as $turn) {
    $server = new WsServer(['listen' => [], 'log' => null, 'io_threads' => $threads]);
    $count = 0;
    $server->timer(0.005, function () use (&$count, $server) { ++$count === 3 && $server->stop(); }, repeat: true);
    $server->on('stop', function () use (&$over) { $over = true; });
    $over = false;
    if ($turn === 'run') {
        $status = $server->run();
    } else {
        for ($status = 0; !$over;) { $server->tick(0.1); }
    }
    echo "$turn $status $count ", json_encode([$server->addresses(), $server->isListening()]), "\n";
}
?>
--EXPECT--
text welcome
text false
101
--
false [] []
true 1
status 0
101
--
1
status 0
run 0 3 [[],false]
tick 0 3 [[],false]
