--TEST--
Who is let in: origins (same by default), connect handler, allow and deny; addresses behind a trusted proxy
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$same = WsTest\serve(<<<'PHP'
$server->on('connect', function ($s, string $address, int $port) { return $port > 0 && $address === '127.0.0.1' ? null : false; });
$server->on('open', fn (WsConnection $c) => $c->sendText("$c->remoteAddress $c->remotePort $c->origin"));
PHP, ['trusted_proxies' => ['127.0.0.1']]);
// TLS may end at a proxy: the scheme does not count.
foreach ([null, 'http://localhost', 'https://localhost', 'http://localhost:81', 'http://evil.example', 'null'] as $origin) {
    echo json_encode($origin), ' ', $same->dial()->upgrade(['Origin' => $origin])->status(), "\n";
}
$client = $same->connect(['X-Forwarded-For' => '8.8.8.8, 192.0.2.7', 'Origin' => 'http://localhost']);
echo $client->read(), "\n";
$client->close()->drain();
$client = $same->connect(['Forwarded' => 'for="[2001:db8::1]:4711"']);
echo $client->read(), "\n";
$client->close()->drain();
$same->stop();

$refuses = WsTest\serve('$server->on("connect", fn () => false)->on("open", fn () => print("open\n"))->on("close", fn () => print("close\n"));');
echo $refuses->dial()->upgrade()->status(), "\n";
$refuses->stop();

$throws = WsTest\serve('$server->on("connect", function () { throw new Exception("x"); })->on("error", function ($e, $c) { echo get_class($e), " ", json_encode($c), "\n"; });');
echo $throws->dial()->upgrade()->status(), "\n";
$throws->stop();

$denies = WsTest\serve('', ['deny' => ['127.0.0.0/8']]);
echo $denies->dial()->upgrade()->status(), "\n";
$denies->stop();
?>
--EXPECT--
null 101
"http:\/\/localhost" 101
"https:\/\/localhost" 101
"http:\/\/localhost:81" 403
"http:\/\/evil.example" 403
"null" 403
text 192.0.2.7 0 http://localhost
text 2001:db8::1 4711 
--
status 0
403
--
status 0
500
--
Exception null
status 0
403
--
status 0
