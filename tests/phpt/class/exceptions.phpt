--TEST--
An exception in a handler is told to the error handler with its connection, which closes with 1011; the server goes on
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('error', function (Throwable $e, ?WsConnection $c) {
    echo get_class($e), ' ', $e->getMessage(), ' ', $c ? "$c->id $c->state " . json_encode($c->sendText('no')) : 'nobody', "\n";
    if ($e->getMessage() === 'twice') { throw new Exception('in the error handler'); }
});
$server->on('open', function ($c) { if ($c->uri === '/open') { throw new Exception('in open'); } });
$server->on('text', function ($c, $m) { echo "text $m\n"; throw new LogicException($m); });
$server->on('pong', fn ($c, array $payload) => 1);
$server->on('close', function ($c, $code, $reason) { echo "close $c->id $code $reason\n"; throw new Exception('in close'); });
$server->timer(0, fn () => throw new Exception('in a timer'));
$server->on('start', fn () => throw new Exception('in start'));
PHP);
$server->awaits("in a timer");
$clients = [
    fn () => $server->connect()->text('text')->text('not seen'),
    fn () => $server->connect()->text('twice')->text('not seen'),
    fn () => $server->connect([], '/open')->text('not seen'),
    fn () => $server->connect()->frame(10, 'x'),
    fn () => $server->connect()->close(),
];
foreach ($clients as $i => $client) {
    echo $client()->drain(), "\n";
    $server->awaits('Exception in close ' . $i + 1);
}
$server->stop();
echo preg_match_all('/error: uncaught in the error handler: Exception: in the error handler in/', $server->lastLog), "\n";
?>
--EXPECTF--
close 1011 internal error, gone
close 1011 internal error, gone
close 1011 internal error, gone
close 1011 internal error, gone
close 1000, gone
--
Exception in start nobody
Exception in a timer nobody
text text
LogicException text 1 CLOSING false
close 1 1011 internal error
Exception in close 1 CLOSED false
text twice
LogicException twice 2 CLOSING false
close 2 1011 internal error
Exception in close 2 CLOSED false
Exception in open 3 CLOSING false
close 3 1011 internal error
Exception in close 3 CLOSED false
TypeError {closure}(): Argument #2 ($payload) must be of type array, string given 4 CLOSING false
close 4 1011 internal error
Exception in close 4 CLOSED false
close 5 1000 
Exception in close 5 CLOSED false
status 0
1
