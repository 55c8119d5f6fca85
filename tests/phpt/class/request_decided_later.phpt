--TEST--
A request that is kept is decided later; undecided at handshake_timeout it gets 503
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('request', function (WsServer $s, WsRequest $r) {
    static $kept = [];
    $kept[] = $r;
    $case = $r->query;
    if ($case !== 'never') {
        $s->timer(0.01, function () use ($r, $case) {
            $case === 'accept' ? $r->accept(null, [], 'later') : $r->reject(401, [], 'no');
            echo "decided $case\n";
        });
    }
});
$server->on('open', function (WsConnection $c) { echo "open $c->data\n"; });
$server->on('text', fn (WsConnection $c, $m) => $c->sendText("$c->data $m"));
$server->on('close', function (WsConnection $c) { echo "close $c->data\n"; });
PHP, ['handshake_timeout' => 0.3]);
// What is sent behind the request waits for the decision.
$client = $server->dial()->upgrade([], '/?accept')->text('early');
echo $client->status(), ' ', $client->read(), ', ', $client->close()->drain(), "\n";
foreach (['reject', 'never'] as $case) {
    echo $case, ' ', $server->dial()->upgrade([], "/?$case")->status(), "\n";
}
$server->stop();
?>
--EXPECT--
101 text later early, close 1000, gone
reject 401
never 503
--
decided accept
open later
close later
decided reject
status 0
