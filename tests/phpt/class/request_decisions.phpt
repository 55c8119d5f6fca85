--TEST--
A request is accepted or rejected at once, or left alone, which accepts it
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('request', function (WsServer $s, WsRequest $r) {
    switch ($r->header('X-Case')) {
        case 'accept': $r->accept('two', ['Set-Cookie' => ['a=1', 'b=2'], 'X-Number' => 5], ['user' => 'eve']); break;
        case 'none': $r->accept(''); break;
        case 'reject': $r->reject(302, ['Location' => '/login'], 'go away'); break;
        case 'default': $r->reject(); break;
        case 'throw': throw new Exception('no');
        case 'twice':
            $r->accept();
            try { $r->reject(); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
            break;
        case 'wrong':
            foreach ([fn () => $r->accept('nine'), fn () => $r->accept(null, ["X\r\nY" => 'z']), fn () => $r->accept(null, ['X' => "a\r\nb"]),
                fn () => $r->accept(null, ['plain']), fn () => $r->accept(null, ['Upgrade' => 'x']), fn () => $r->reject(99), fn () => $r->reject(100000)] as $call) {
                try { $call(); echo "no exception\n"; } catch (WsException $e) { echo $e->getMessage(), "\n"; }
            }
            $r->accept('one');
    }
});
$server->on('open', fn (WsConnection $c) => $c->sendText(json_encode([$c->subprotocol, $c->data])));
PHP, ['subprotocols' => ['one', 'two']]);
foreach (['accept', 'none', 'reject', 'default', 'throw', 'twice', 'wrong', 'leave'] as $case) {
    $client = $server->dial()->upgrade(['X-Case' => $case, 'Sec-WebSocket-Protocol' => 'zero, one, two']);
    $status = $client->status();
    preg_match_all('/^(Set-Cookie|X-Number|Location|Sec-WebSocket-Protocol): .*$/m', $client->head, $headers);
    echo "$case $status ", str_replace("\r", '', implode('; ', $headers[0])), ' ', $status === '101' ? $client->read() . ', ' . $client->close()->drain() : $client->rest(), "\n";
}
$server->stop();
echo preg_match('/error: uncaught in a callback: Exception: no in /', $server->lastLog), "\n";
?>
--EXPECTF--
accept 101 Sec-WebSocket-Protocol: two; Set-Cookie: a=1; Set-Cookie: b=2; X-Number: 5 text ["two",{"user":"eve"}], close 1000, gone
none 101  text [null,null], close 1000, gone
reject 302 Location: /login go away
default 403  
throw 500  
twice 101 Sec-WebSocket-Protocol: one text ["one",null], close 1000, gone
wrong 101 Sec-WebSocket-Protocol: one text ["one",null], close 1000, gone
leave 101 Sec-WebSocket-Protocol: one text ["one",null], close 1000, gone
--
the request has been decided already
subprotocol "nine" was not offered
invalid header "X\r\nY"
invalid header "X"
headers are an array of names with a string or a list of strings each
header "Upgrade" is set by the handshake
status 99 cannot refuse a request
status 100000 cannot refuse a request
status 0
1
