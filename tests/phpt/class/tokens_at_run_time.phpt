--TEST--
tokens: expiry closes with 1000 "expired"; setOption counts for those who come after; what can't be used is named
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
require __DIR__ . '/../include/tokens.inc';
use function WsTest\{answer, cookies};

foreach ([['secret' => ''], ['secret' => 's', 'algorithm' => 'sha1'], ['secret' => 's', 'lifetime' => 0], ['secret' => 's', 'cookies' => ['name' => 'x']], 's3cret'] as $tokens) {
    try { new WsServer(['tokens' => $tokens]); echo "no exception\n"; } catch (WsException $e) { echo $e->getMessage(), "\n"; }
}
// Other names of cookies; a secret of any bytes comes back as it was given.
$tokens = ['secret' => WsTest\SECRET, 'lifetime' => 3, 'cookies' => ['token' => 'PHPSESSID', 'user' => null, 'digest' => 'seal']];
var_dump((new WsServer(['tokens' => $tokens]))->getOption('tokens') === $tokens, (new WsServer)->getOption('tokens'));
$named = fn (string $cookies) => strtr($cookies, ['token=' => 'PHPSESSID=', 'digest=' => 'seal=']) . '; user=of+something+else';

$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    try {
        $server->setOption('tokens', json_decode($m, true));
        $c->sendText('set');
    } catch (WsException $e) { $c->sendText($e->getMessage()); }
});
$server->on('close', fn (WsConnection $c, int $code, string $reason, bool $clean) => print(show($code, $reason, $clean)));
PHP, ['tokens' => $tokens]);
// On a machine that takes so long for a handshake a token may have expired before.
while (($answer = answer($server, $named(cookies('a')), $brief)) !== '101');
echo $answer, ' ', $brief->read(), ' ', $brief->read(), "\n";

$time = time() + 50;
echo answer($server, $named(cookies('b', time: $time)), $b), "\n";
echo $b->text('{"secret":""}')->read(), "\n";
echo $b->text('{"secret":"new"}')->read(), "\n";
// Threads are told a moment later.
while (($answer = answer($server, $named(cookies('c', time: $time)))) === '101');
echo $answer, "\n";
echo answer($server, cookies('c', secret: 'new')), "\n";
echo answer($server, cookies('b', secret: 'new')), "\n";
echo $b->text('null')->read(), "\n";
while (($answer = answer($server, 'sid=1')) !== '101');
echo "everyone\n";
$server->stop();
?>
--EXPECTF--
option "tokens.secret" is needed, and must not be empty
option "tokens.algorithm" must be "hmac-sha256" or "md5"
option "tokens.lifetime" must be greater than 0
option "tokens.cookies.name" is unknown: there are token, user, time and digest
option "tokens" must be an array with named members, string given
bool(true)
NULL
101 close 1000 expired gone
101
text option "tokens.secret" is needed, and must not be empty
text set
403 the token cookie is missing
101
429 (5 s) the token is in use
text set
everyone
--
1000 expired true
%a
status 0
