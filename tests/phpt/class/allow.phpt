--TEST--
allow: whoever is not in the list gets 403 before a handler is asked; a new list counts from now on, and leaves who is there
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$connects = 0;
$server->on('connect', function () use (&$connects) { $connects++; });
$server->on('text', function (WsConnection $c, string $m) use ($server, &$connects) {
    if ($m !== 'count') { $server->setOption('allow', json_decode($m)); }
    $c->sendText(json_encode([$connects, $server->stats()['refused']['address']]));
});
PHP, ['allow' => ['10.0.0.0/8', '127.0.0.0/8']]);
$client = $server->connect();
$seen = ['101' => 1, '403' => 0];
foreach ([['10.0.0.0/8'], ['127.0.0.1'], ['10.0.0.0/8', '::1', '127.0.0.2'], []] as $i => $allow) {
    $client->text(json_encode($allow))->read();
    $end = microtime(true) + 30;
    // With I/O threads the one that accepts may hear of it a moment later.
    do {
        $stranger = $server->dial()->upgrade();
        $status = $stranger->status();
        $seen[$status]++;
        $said = $status === '101' ? $stranger->close()->drain() : rtrim($stranger->rest());
    } while ($status !== ['403', '101'][$i % 2] && microtime(true) < $end);
    echo "$status $said\n";
}
$counted = json_decode(substr($client->text('count')->read(), 5));
echo $counted === array_values($seen) ? 'all counted' : json_encode([$counted, $seen]), "\n";
echo $client->close()->drain(), "\n";
$server->stop();

$strict = WsTest\serve('$server->on("connect", fn () => print("connect\n"));', ['allow' => ['10.0.0.0/8']]);
echo $strict->dial()->upgrade()->status(), "\n";
$strict->stop();
?>
--EXPECT--
403 address not allowed
101 close 1000, gone
403 address not allowed
101 close 1000, gone
all counted
close 1000, gone
--
status 0
403
--
status 0
