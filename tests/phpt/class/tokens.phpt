--TEST--
tokens: cookies that PHP has signed, of either algorithm; one connection a token; counted by reason; nothing of it in the log
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
require __DIR__ . '/../include/tokens.inc';
use function WsTest\{answer, cookies};

$setup = <<<'PHP'
$server->on('open', fn (WsConnection $c) => $c->sendText($c->cookies['user'] ?? 'nobody'));
$server->on('text', fn (WsConnection $c) => $c->sendText(json_encode(array_filter($server->stats()['refused']))));
PHP;
$token = bin2hex(random_bytes(16));
foreach (['hmac-sha256', 'md5'] as $algorithm) {
    echo "$algorithm\n";
    $server = WsTest\serve($setup, ['tokens' => ['secret' => WsTest\SECRET, 'algorithm' => $algorithm, 'max_per_user' => 2]]);
    $make = fn (string $token, ?string $user = null, ?int $time = null) => cookies($token, $user, $time, $algorithm);
    $good = $make($token, 'Zoë M.');
    echo answer($server, $good, $zoe), ' ', $zoe->read(), "\n";
    echo answer($server, $good), "\n";
    // Of each user so many, and of nobody as many as come.
    $more = [];
    for ($i = 0; $i < 3; $i++) {
        echo answer($server, $make(md5("z$i"), 'Zoë M.'), $more[]), ', ', answer($server, $make(md5("n$i")), $more[]), "\n";
    }
    echo $more[1]->read(), "\n";
    foreach ([
        null, 'sid=1', "$good; token=x", str_replace($token, md5('x'), $good), str_replace('user=', 'user=Z', $good),
        $make("#$token"), $make('#1'), $make('a b'), $make("$token-longer"), $make($token, null, time() + 3600),
        $make($token, null, time() - 86400), cookies($token, secret: 'another', algorithm: $algorithm),
        cookies($token, algorithm: $algorithm === 'md5' ? 'hmac-sha256' : 'md5'),
    ] as $cookies) {
        echo answer($server, $cookies), "\n";
    }
    // Counted, perhaps a moment later.
    $expected = '{"token":12,"token_expired":1,"token_in_use":1,"user":2}';
    do {
        $counted = $zoe->text('?')->read();
    } while ($counted !== "text $expected");
    echo $counted, "\n";
    $zoe->close()->drain();
    while (($again = answer($server, $good)) !== '101');
    echo "$again\n";
    $server->stop();
    foreach ([$token, WsTest\SECRET, 'Zo', md5('n0'), '#1', 'digest='] as $text) {
        if (str_contains($server->lastLog, $text)) {
            echo "in the log: $text\n$server->lastLog";
        }
    }
    preg_match('/a request was refused: .*expired/', $server->lastLog, $match);
    echo $match[0], "\n";
}
?>
--EXPECT--
hmac-sha256
101 text Zoë M.
429 (5 s) the token is in use
101, 101
429 (5 s) too many connections of this user, 101
429 (5 s) too many connections of this user, 101
text nobody
403 the token cookie is missing
403 the token cookie is missing
403 the token cookie is there more than once
403 the token's digest is wrong
403 the token's digest is wrong
403 the token cookie is malformed
403 the token cookie is malformed
403 the token cookie is malformed
403 the token cookie is malformed
403 the token is from the future
403 the token has expired
403 the token's digest is wrong
403 the token's digest is wrong
text {"token":12,"token_expired":1,"token_in_use":1,"user":2}
101
--
status 0
a request was refused: the token has expired
md5
101 text Zoë M.
429 (5 s) the token is in use
101, 101
429 (5 s) too many connections of this user, 101
429 (5 s) too many connections of this user, 101
text nobody
403 the token cookie is missing
403 the token cookie is missing
403 the token cookie is there more than once
403 the token's digest is wrong
403 the token's digest is wrong
403 the token cookie is malformed
403 the token cookie is malformed
403 the token cookie is malformed
403 the token cookie is malformed
403 the token is from the future
403 the token has expired
403 the token's digest is wrong
403 the token's digest is wrong
text {"token":12,"token_expired":1,"token_in_use":1,"user":2}
101
--
status 0
a request was refused: the token has expired
