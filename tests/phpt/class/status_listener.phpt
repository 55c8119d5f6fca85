--TEST--
The status listener of the class: health while a handler blocks and after it, metrics by event, options that can't be used
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
foreach (['127.0.0.1:9100', 'tls://127.0.0.1:9100', 'systemd', ['tcp://a:1', 'tcp://b:2'], 5] as $metrics) {
    try { new WsServer(['metrics' => $metrics]); echo "no exception\n"; } catch (WsException $e) { echo $e->getMessage(), "\n"; }
}
foreach ([0, 'x'] as $seconds) {
    try { new WsServer(['stall_after' => $seconds]); echo "no exception\n"; } catch (WsException $e) { echo $e->getMessage(), "\n"; }
}
$gate = sys_get_temp_dir() . '/ws_phpt_gate_' . getmypid();
$server = WsTest\serve(str_replace('GATE', $gate, <<<'PHP'
class App { static function slow($c, $m) { if ($m === 'block') { echo "blocks\n"; while (!file_exists('GATE')) { usleep(1000); } } $c->sendText($m); } }
$server->on('text', 'App::slow');
$server->on('binary', fn ($c, $m) => $c->sendBinary($m));
$server->on('ping', function () use ($server) {
    try { $server->setOption('metrics', null); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    $server->setOption('stall_after', 3600);
    echo show($server->getOption('metrics'), $server->getOption('stall_after'));
});
PHP), ['metrics' => 'tcp://127.0.0.1:0', 'stall_after' => 0.3]);
preg_match('#status page on (http://\S+/)#', $server->log(), $match) or die("no address in the log: {$server->log()}");
function get(string $path): array {
    global $match;
    $body = file_get_contents($match[1] . $path, false, stream_context_create(['http' => ['ignore_errors' => true, 'protocol_version' => '1.1', 'timeout' => 50]]));
    return [(int) explode(' ', $http_response_header[0])[1], $body];
}
function health(int $status): string {
    for ($end = microtime(true) + 50; microtime(true) < $end;) { [$now, $body] = get('health'); if ($now === $status) { return $body; } }
    return "health is not $status\n";
}
echo health(200);
$client = $server->connect();
$client->text('x');
echo $client->read(), "\n";
$client->frame(2, 'y');
echo $client->read(), "\n";
$client->text('block');
$server->awaits('blocks');
echo preg_replace(['/\d{4}\S+Z/', '/\d+\.\d s/'], ['TIME', 'N s'], health(503));
touch($gate);
echo $client->read(), "\n", health(200);
for ($end = microtime(true) + 50; microtime(true) < $end && !str_contains($metrics = get('metrics')[1], 'messages_total{direction="in",kind="text"} 2');) {}
foreach (preg_grep('/^ws_server_(callback_duration_seconds_count|messages_total.*(text|binary)|healthy|build_info)/', explode("\n", $metrics)) as $line) {
    echo str_replace(PHP_VERSION, 'PHP_VERSION', $line), "\n";
}
$client->frame(9, '');
$server->awaits('3600');
$server->stop();
unlink($gate);
var_dump(@file_get_contents($match[1] . 'health'));
?>
--EXPECT--
option "metrics" is wrong: "127.0.0.1:9100": an address has the form tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH, fd://N or systemd
option "metrics" must be a tcp:// or unix:// address
option "metrics" must be a tcp:// or unix:// address
option "metrics" must be a string, array given
option "metrics" must be a string, int given
option "stall_after" must be greater than 0
option "stall_after" must be a number of seconds, string given
ok
text x
binary 79
stalled: the loop has not turned since TIME, for N s, in the callback text (App::slow)
text block
ok
ws_server_build_info{version="0.1.0",php="PHP_VERSION"} 1
ws_server_healthy 1
ws_server_messages_total{direction="in",kind="text"} 2
ws_server_messages_total{direction="in",kind="binary"} 1
ws_server_messages_total{direction="out",kind="text"} 2
ws_server_messages_total{direction="out",kind="binary"} 1
ws_server_callback_duration_seconds_count{callback="text"} 2
ws_server_callback_duration_seconds_count{callback="binary"} 1
--
blocks
option "metrics" can only be set before the server listens
tcp://127.0.0.1:0 3600
status 0
bool(false)
