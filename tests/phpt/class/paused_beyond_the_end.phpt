--TEST--
A client that is paused when it goes away stays open for the application, also when others have its place by then; its end comes once, at last with the server's
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    switch ($m) {
        case 'pause': $c->pause(); echo "paused\n"; break;
        case 'send': $c->sendText(json_encode([$server->connection(1)->sendText('x'), $server->connection(2)->sendText('x')])); break;
        case 'look': echo json_encode([array_keys(iterator_to_array($server)), count($server), $server->connection(1)?->state, $server->connection(2)?->state]), "\n"; break;
        case 'resume': $server->connection(1)->resume(); break;
        default: echo "$c->id $m\n";
    }
});
$server->on('close', function (WsConnection $c, int $code) use ($server) {
    echo "close $c->id $code ", json_encode([array_keys(iterator_to_array($server)), count($server), $server->connection($c->id)]), "\n";
});
PHP);
for ($i = 1; $i <= 2; $i++) {
    // What comes with the message that pauses is read already.
    $client = $server->connect()->raw(WsTest\Client::encode(1, 'pause') . WsTest\Client::encode(1, 'held'));
    $server->awaits(str_repeat("paused\n", $i));
    $client->hangUp();
}
$witness = $server->connect();
// Paused clients are not read: it is sending that tells that they are gone.
while ($witness->text('send')->read() !== 'text [false,false]') {
    usleep(1000);
}
$others = [$server->connect(), $server->connect(), $server->connect()];
// With I/O threads a client is in before PHP has heard of it.
foreach ($others as $other) {
    $other->text('send')->read();
}
$witness->text('look')->text('resume')->text('look');
$server->awaits("close 1")->stop();
?>
--EXPECTF--
--
paused
paused
[[1,2,3,4,5,6],6,"OPEN","OPEN"]
1 held
close 1 1006 [[2,3,4,5,6],5,null]
[[2,3,4,5,6],5,null,"OPEN"]
close 2 1006 [[3,4,5,6],4,null]
close %d 1001 [%s],3,null]
close %d 1001 [%s],2,null]
close %d 1001 [%s],1,null]
close %d 1001 [[],0,null]
status 0
