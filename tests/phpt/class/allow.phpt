--TEST--
allow: whoever is not in the list gets 403 before a handler is asked; a new list counts at once, and leaves who is there
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('connect', function ($s, $address) { echo "connect $address\n"; });
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    $server->setOption('allow', json_decode($m));
    $c->sendText(json_encode($server->stats()['refused']['address']));
});
PHP, ['allow' => ['10.0.0.0/8', '127.0.0.0/8']]);
$client = $server->connect();
foreach ([['10.0.0.0/8'], ['10.0.0.0/8', '::1', '127.0.0.2'], ['127.0.0.1'], []] as $allow) {
    echo $client->text(json_encode($allow))->read(), ' ';
    // With I/O threads the new list is in force when its answer is here: both go the same way.
    $stranger = $server->dial()->upgrade();
    echo $status = $stranger->status(), ' ', $status === '101' ? $stranger->close()->drain() : rtrim($stranger->rest()), "\n";
}
echo $client->close()->drain(), "\n";
$server->stop();

$strict = WsTest\serve('$server->on("connect", fn () => print("connect\n"));', ['allow' => ['10.0.0.0/8']]);
echo $strict->dial()->upgrade()->status(), "\n";
$strict->stop();
?>
--EXPECT--
text 0 403 address not allowed
text 1 403 address not allowed
text 2 101 close 1000, gone
text 2 101 close 1000, gone
close 1000, gone
--
connect 127.0.0.1
connect 127.0.0.1
connect 127.0.0.1
status 0
403
--
status 0
