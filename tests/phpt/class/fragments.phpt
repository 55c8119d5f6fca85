--TEST--
With buffer_messages off pieces come as fragment events, and sizes are not limited
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$bytes = 0;
$server->on('fragment', function (WsConnection $c, string $piece, bool $final, bool $binary) use (&$bytes) {
    $bytes += strlen($piece);
    if ($final) {
        $c->sendText(json_encode([$binary, $bytes]));
        $bytes = 0;
    }
});
PHP, ['buffer_messages' => false, 'max_message_size' => 10, 'max_frame_size' => 10]);
$client = $server->connect();
$client->frame(1, 'hel', false)->frame(0, 'lo', false)->frame(0, '');
$client->frame(2, str_repeat('x', 3000000));
echo $client->read(), "\n", $client->read(), "\n";
$server->stop();
?>
--EXPECT--
text [false,5]
text [true,3000000]
--
status 0
