--TEST--
Control connections: ids, topics, the status, locked clients, and what the application has closed
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
require __DIR__ . '/../include/control.inc';
$path = sys_get_temp_dir() . '/ws-control-' . getmypid() . '.sock';
$server = WsTest\serve(<<<'PHP'
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    $c->sendText(match ($m) {
        'id' => "$c->id",
        'subscribe' => $c->subscribe('news') ?? 'subscribed',
        'options' => json_encode([$server->getOption('control_secret'), $server->getOption('domains'), count($server->getOption('control'))]),
        'change' => (function () use ($server) {
            foreach (['control', 'control_secret', 'domains'] as $name) {
                try { $server->setOption($name, 'unix:///x'); } catch (WsException $e) { $said[] = $e->getMessage(); }
            }
            return implode('; ', $said);
        })(),
        'begin' => json_encode([$c->beginMessage(), $c->write('stolen'), $c->end(), $c->sendFile(__FILE__), $c->cancelFile()]),
        default => $m,
    });
    if ($m === 'leave') { $c->close(4000, 'on my own'); }
});
$server->on('close', fn (WsConnection $c, int $code, string $reason) => print("$c->id: $code $reason\n"));
PHP, ['control' => ["unix://$path", 'tcp://127.0.0.1:0'], 'control_secret' => 'sesame', 'domains' => ['ws.example.com']]);

[$one, $two] = [$server->connect(), $server->connect()];
foreach ([$one, $two] as $client) { echo $client->text('id')->read(), "\n"; }
$control = new WsTest\Control("unix://$path");
echo $control->ask('6ksesame'), ' ', $control->ask('0m'), "\n";
echo $control->to('c', 1, 'for one'), ' ', $control->to('C', 2, "\xff"), ' ', $control->to('c', 3, 'x'), "\n";
echo $one->read(), ', ', $two->read(), "\n";
echo $two->text('subscribe')->read(), "\n";
$control->send("13tnews\0for two.12bfor everyone");
echo $two->read(), ', ', $two->read(), ', ', $one->read(), "\n";
$status = json_decode(preg_replace('/^\d+J/', '', $control->ask('0j')), true);
echo json_encode([$status['open'], $status['control_connections'], $status['control_messages'], $status['messages_out']['binary']]), "\n";
echo $one->text('options')->read(), "\n", $one->text('change')->read(), "\n";

// A locked connection is nobody else's to send pieces to; what else is sent waits.
echo $control->to('l', 1), ' ', $control->ask('1fa'), "\n";
$one->text('begin')->text('waits');
echo $two->text('both are read')->read(), ' ', $control->ask('1ib'), ' ', $control->ask('1sc'), "\n";
echo $one->readMessage(), ' ', $one->read(), ', ', $one->read(), "\n";

// The application has closed it, and the client has not answered.
$two->text('leave');
[$opcode, $payload] = $two->readFrame();
[$close] = $two->readFrame();
echo $payload, ' ', $close, ' ', $control->to('c', 2, 'late'), ' ', $control->to('l', 2), "\n";
$two->close(4000, 'on my own')->drain();

// Its source goes away.
echo $control->to('l', 1), ' ', $control->ask('4Fhalf'), "\n";
$control->hangUp();
[, $payload, $last] = $one->readFrame();
echo $payload, ' ', json_encode($last), ' ', $one->drain(), "\n";
$server->stop();
var_dump(file_exists($path));
?>
--EXPECT--
text 1
text 2
0a 14Mws.example.com
A A N
text for one, binary ff
text subscribed
text for two., text for everyone, text for everyone
[2,1,5,1]
text ["sesame",["ws.example.com"],2]
text option "control" can only be set before the server listens; option "control_secret" can only be set before the server listens; option "domains" can only be set before the server listens
A 0a
text both are read 0a 0a
abc text [false,false,false,false,false], text waits
leave 8 N N
A 0a
half false close 1011 framesource lost, gone
--
2: 4000 on my own
1: 1011 framesource lost
status 0
bool(false)
