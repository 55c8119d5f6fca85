--TEST--
A server that is turned by another loop is healthy while that turns it, asleep or not, and stalled when it does not
--FILE--
<?php
require __DIR__ . '/../include/client.inc';
$log = tempnam(sys_get_temp_dir(), 'ws_phpt_');
$server = new WsServer(['listen' => 'tcp://127.0.0.1:0', 'log' => $log, 'tick_interval' => 60, 'metrics' => 'tcp://127.0.0.1:0']
    + (is_string(getenv('WS_IO_THREADS')) ? ['io_threads' => (int) getenv('WS_IO_THREADS')] : []));
$stream = $server->stream();
preg_match('#status page on (http://\S+/)#', file_get_contents($log), $match);
function health(): string {
    global $match;
    $context = stream_context_create(['http' => ['ignore_errors' => true, 'protocol_version' => '1.1', 'timeout' => 50]]);
    return preg_replace(['/\d{4}\S+Z/', '/\d+\.\d s/'], ['TIME', 'N s'], file_get_contents("{$match[1]}health", false, $context));
}
echo health();
$server->tick(0);
echo health();
// It has nothing to do for a minute, and is woken all the same: an other loop that is stuck could not be told from one
// that sleeps.
for ($n = 0; $n < 2; $n++) {
    $read = [$stream];
    $none = null;
    echo stream_select($read, $none, $none, 50), ' ';
    $server->tick(0);
    echo health();
}
// Nobody turns it any more.
$server->setOption('stall_after', 0.2);
while (($health = health()) === "ok\n") {}
echo $health;
$server->tick(0);
$server->setOption('stall_after', 3600);
echo health();
unset($server);
unlink($log);
?>
--EXPECT--
starting
ok
1 ok
1 ok
stalled: the loop has not turned since TIME, for N s, not in a callback
ok
