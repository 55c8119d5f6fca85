--TEST--
Whatever ends a client, it has one before_close and one after_close: hundreds of clients, random acts on both sides
--DESCRIPTION--
Preserves: ws_server_before_close and ws_server_after_close for every client, whatever ended it, which is out of the arrays
in the second one.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
mt_srand((int) ($seed = getenv('WS_TEST_SEED') ?: random_int(1, 1 << 30)));
$server = new WsTest\Server(<<<PHP
mt_srand($seed);
PHP . <<<'PHP'
$ledger = ['connect' => [], 'before' => [], 'after' => 0];
function act(): void {
    global $connections;
    $someone = array_rand($connections + [0 => 0]);
    switch (mt_rand(0, 11)) {
        case 0: ws_server_disconnect($someone); break;
        case 1: ws_server_disconnect($someone, 4000 + mt_rand(0, 9), 'random'); break;
        case 2: throw new Exception('random');
        case 3: ws_server_broadcast('to all'); break;
        case 4: ws_server_send_text($someone, 'text'); break;
        case 5: ws_server_send_frame($someone, "\x88\x00"); break;
        case 6: ws_server_send_ping($someone); break;
        case 7: unset($connections[$someone]); break;
        case 8: $connections = []; break;
    }
}
function ws_server_connect(&$connections, &$connection, $key) {
    global $ledger;
    $ledger['connect'][$connection['peer_name']] = 1;
    act();
}
function ws_server_authenticate() { act(); return mt_rand(0, 9) > 0; }
function ws_server_open() { act(); }
function ws_server_text() { act(); }
function ws_server_pong() { act(); }
function ws_server_error() { mt_rand(0, 3) || act(); }
function ws_server_before_close(&$connections, &$connection) {
    global $ledger;
    $name = $connection['peer_name'];
    $ledger['before'][$name] = ($ledger['before'][$name] ?? 0) + 1;
    act();
}
function ws_server_after_close() {
    global $ledger;
    $ledger['after']++;
    act();
}
function ws_server_fifo() { ws_server_stop(); }
PHP, [], <<<'PHP'
if (array_diff_key($ledger['connect'], $ledger['before']) || array_sum($ledger['before']) !== count($ledger['connect'])
    || $ledger['after'] !== count($ledger['connect'])) {
    echo json_encode($ledger), "\n";
    exit(1);
}
echo count($ledger['connect']), " clients\n", json_encode($connections), "\n";
PHP);
$clients = [];
for ($i = 0; $i < 300; $i++) {
    $clients[] = $client = $server->dial();
    if (mt_rand(0, 9)) {
        $client->upgrade(mt_rand(0, 9) ? [] : ['Cookie' => null]);
    }
    $i % 20 || usleep(3000);
    for ($j = mt_rand(0, 5); $j; $j--) {
        $other = $clients[array_rand($clients)];
        switch (mt_rand(0, 5)) {
            case 0: $other->text('a'); break;
            case 1: $other->close(); break;
            case 2: $other->raw("\xff\xff\xff"); break;
            case 3: $other->frame(10); break;
            case 4: $other->text("\xff"); break;
            case 5: $other->hangUp(); unset($clients[array_search($other, $clients, true)]); $clients = $clients ?: [$server->dial()]; break;
        }
    }
}
$stop = fopen($server->fifo, 'r+');
fwrite($stop, 'stop');
$clients = [];
unset($client, $other);
$server->wait();
echo $server->status === 0 ? '' : "seed $seed\n";
var_dump(substr_count($server->lastLog, 'uncaught') > 20);
?>
--EXPECTF--
--
status 0
%d clients
[]
bool(true)
