--TEST--
A request that is kept is decided when a watched stream has the answer
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
// Another process that knows who may come in.
$process = proc_open('while read -r id path; do case $path in */in) echo "$id yes";; *) echo "$id no";; esac; done', [['pipe', 'r'], ['pipe', 'w']], $pipes);
$kept = [];
$server->on('request', function (WsServer $s, WsRequest $r) use (&$kept, $pipes) {
    $kept[] = $r;
    fwrite($pipes[0], array_key_last($kept) . " $r->path\n");
});
$server->watch($pipes[1], function ($stream) use (&$kept, $server) {
    [$id, $answer] = explode(' ', rtrim(fgets($stream)));
    $r = $kept[$id];
    unset($kept[$id]);
    $answer === 'yes' ? $r->accept('chat', ['X-Answer' => $answer], ['for' => $r->path]) : $r->reject(401, ['X-Answer' => $answer], "not $r->path");
    try { $r->reject(); } catch (WsException $e) { echo $answer, ': ', $e->getMessage(), "\n"; }
    echo show(count($server));
});
$server->on('open', fn (WsConnection $c) => $c->sendText(json_encode([$c->subprotocol, $c->data])));
PHP);
foreach (['/let/me/in', '/away', '/and/me/in'] as $path) {
    $client = $server->dial()->upgrade(['Sec-WebSocket-Protocol' => 'chat'], $path);
    $status = $client->status();
    preg_match('/^X-Answer: (\w+)/m', $client->head, $match);
    echo "$status $match[1] ", $status === '101' ? $client->read() : $client->rest(), "\n";
    $open[] = $client;
}
$server->stop();
?>
--EXPECT--
101 yes text ["chat",{"for":"\/let\/me\/in"}]
401 no not /away
101 yes text ["chat",{"for":"\/and\/me\/in"}]
--
yes: the request has been decided already
1
no: the request has been decided already
1
yes: the request has been decided already
2
status 0
