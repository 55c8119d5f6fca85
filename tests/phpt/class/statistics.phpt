--TEST--
stats(): handshakes by result, ends by kind, messages and bytes by kind, callbacks by name
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('request', fn ($s, $r) => $r->path === '/no' ? $r->reject(403) : null);
$server->on('text', function ($c, $m) use ($server) {
    if ($m !== 'stats') { $c->sendText($m); return; }
    $stats = $server->stats();
    foreach (['accepted', 'opened', 'closed', 'payload_in', 'payload_out', 'dropped', 'dropped_rate', 'refused', 'failed', 'closed_by', 'messages_in', 'messages_out', 'message_bytes_in', 'message_bytes_out'] as $key) {
        echo "$key ", json_encode(is_array($stats[$key]) ? array_filter($stats[$key]) : $stats[$key]), "\n";
    }
    $all = $stats['callbacks'];
    $sum = fn ($times) => array_sum($times['histogram']) === $times['count'] && $times['seconds'] > 0 && $times['longest'] <= $times['seconds'];
    echo json_encode(array_map(fn ($times) => $times['count'], $all['by_name'])), "\n";
    echo json_encode([$all['count'] === array_sum(array_column($all['by_name'], 'count')), array_map($sum, $all['by_name']), $sum($all)]), "\n";
    echo json_encode(array_keys($all['histogram'])), "\n";
});
$server->on('binary', function ($c, $m) { if ($m === 'boom') { throw new Exception('boom'); } $c->sendBinary($m); $c->ping('x'); });
$server->on('close', function () { echo "closed\n"; });
PHP);
echo $server->dial()->upgrade([], '/no')->status(), "\n";
$bad = $server->dial();
$bad->raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
echo $bad->status(), "\n";
$client = $server->connect();
for ($i = 0; $i < 40; $i++) { $client->text('four'); }
for ($i = 0; $i < 40; $i++) { $client->read(); }
$other = $server->connect();
$other->frame(2, 'sevenup');
echo $other->read(), ', ', $other->read(), "\n";
$other->frame(2, 'boom');
echo $other->drain(), "\n";
$server->awaits('closed');
$client->text('stats');
$server->awaits('more');
$server->stop();
?>
--EXPECT--
403
426
binary 736576656e7570, ping x
close 1011 internal error, gone
--
closed
accepted 4
opened 2
closed 3
payload_in 176
payload_out 167
dropped 0
dropped_rate 0
refused {"application":1}
failed {"request":1}
closed_by {"aborted":1}
messages_in {"text":41,"binary":2}
messages_out {"text":40,"binary":1,"ping":1}
message_bytes_in {"text":165,"binary":11}
message_bytes_out {"text":160,"binary":7}
{"request":3,"text":41,"binary":2,"close":1}
[true,{"request":true,"text":true,"binary":true,"close":true},true]
["0.000001","0.000005","0.00001","0.00005","0.0001","0.0005","0.001","0.005","0.01","0.05","0.1","0.5",1,10,"more"]
closed
status 0
