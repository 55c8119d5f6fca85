--TEST--
ws_server_send_ping sets ping_time; the answer sets pong_time and comes to ws_server_pong. The server's own pings show when they are answered.
--DESCRIPTION--
Preserves: ping_time and pong_time as floats, false before; a pong that nobody asked for changes nothing. Fixes fault 8:
pings were sent only where no socket was readable. New: ws_server_ping, ws_server_pong.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    var_dump(ws_server_send_ping($client_key, $msg), is_float($connection['ping_time']), $connection['pong_time']);
    try {
        ws_server_send_ping($client_key, str_repeat('x', 126));
    } catch (WsException $e) {
        echo $e->getMessage(), "\n";
    }
}
function ws_server_pong(&$connections, &$connection, $client_key, $payload) {
    if ($payload === 'unasked') {
        echo json_encode([$connection['ping_time'], $connection['pong_time']]), "\n";
        return;
    }
    $rtt = $connection['pong_time'] - $connection['ping_time'];
    echo "pong $client_key $payload ", json_encode($rtt >= 0 && $rtt < 5), "\n";
}
PHP);
$client = $server->connect();
echo $client->frame(10, 'unasked')->text('hello')->read(), "\n";
$client->frame(10, 'hello')->close();
echo $client->drain(), "\n";
$server->stop();

$server = new WsTest\Server(<<<'PHP'
function ws_server_pong(&$connections, &$connection) {
    echo json_encode([is_float($connection['ping_time']), $connection['ping_time'] !== false && $connection['ping_time'] <= $connection['pong_time']]), "\n";
}
PHP, ['ping_interval' => 0.05]);
$client = $server->connect();
$client->frame(10, substr($client->read(), 5));
$server->awaits('[true,true]');
$server->stop();
?>
--EXPECT--
ping hello
close 1000, gone
--
[false,false]
bool(true)
bool(true)
bool(false)
control payload has 126 bytes, 125 is the limit
pong 1 hello true
status 0
--
[true,true]
status 0
