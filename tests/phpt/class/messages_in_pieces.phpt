--TEST--
beginMessage, write, end: one message in frames; others queue behind; text must be UTF-8 as a whole
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c, string $m) {
    $said = [$c->write('early'), $c->end(), $c->beginMessage(), $c->beginMessage(), $c->write("h\xc3"), $c->sendText('behind'), $c->write("\xa9"), $c->sendFile(__FILE__)];
    try { $c->write("\xff"); } catch (WsException $e) { $said[] = $e->getMessage(); }
    $c->write("\xc3");
    try { $c->end(); } catch (WsException $e) { $said[] = $e->getMessage(); }
    $said[] = $c->write("\xbc") && $c->end();
    $said[] = $c->end();
    $c->beginMessage(true);
    $c->write("\xff");
    $c->end();
    echo json_encode($said), "\n";
});
PHP);
$client = $server->connect()->text('go');
for ($i = 0; $i < 8; $i++) {
    [$opcode, $payload, $last] = $client->readFrame();
    echo "$opcode ", json_encode($last), ' ', bin2hex($payload), "\n";
}
$server->stop();
?>
--EXPECT--
1 false 68c3
0 false a9
0 false c3
0 false bc
0 true 
1 true 626568696e64
2 false ff
0 true 
--
[false,false,true,false,true,true,true,false,"text is not UTF-8","text is not UTF-8",true,false]
status 0
