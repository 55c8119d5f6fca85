--TEST--
What a client sends before its Close, or before a mistake, in the same segment, is answered first
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
use WsTest\Client;
$server = WsTest\serve(<<<'PHP'
$server->on('text', fn ($c, $m) => $c->sendText("echo $m"));
$server->on('close', function ($c, $code, $reason, $clean) { echo "$code $reason ", json_encode($clean), "\n"; });
PHP);
echo $server->connect()->raw(Client::encode(1, 'a') . Client::encode(8, pack('n', 4000) . 'bye'))->drain(), "\n";
echo $server->connect()->raw(Client::encode(1, 'b') . "\xf1\x80abcd")->drain(), "\n";
$server->stop();
?>
--EXPECT--
text echo a, close 4000, gone
text echo b, close 1002 reserved bits are set, gone
--
4000 bye true
1002 reserved bits are set false
status 0
