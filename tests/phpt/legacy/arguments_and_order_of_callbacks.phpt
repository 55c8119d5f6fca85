--TEST--
Every callback of a client's life with its arguments, in the legacy order
--DESCRIPTION--
Preserves: names, arguments, order and times of the callbacks; the keys and states of $connection.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function note(string $name, array $arguments) {
    array_walk_recursive($arguments, function (&$value) { $value = is_resource($value) ? get_resource_type($value) : $value; });
    echo preg_replace('/127\.0\.0\.1:\d+/', 'PEER', "$name " . json_encode($arguments)), "\n";
}
function ws_server_started(&$server, &$sockets, &$connections) { note('started', func_get_args()); }
function ws_server_connect(&$connections, &$connection, $client_key) { note('connect', func_get_args()); }
function ws_server_authenticate(&$connection, $cookies, $user_agent, $remote_address) {
    note('authenticate', func_get_args());
    return true;
}
function ws_server_open(&$connections, &$connection, $client_key) { note('open', func_get_args()); }
function ws_server_text(&$connections, &$connection, $client_key, $msg) { note('text', func_get_args()); }
function ws_server_binary(&$connections, &$connection, $client_key, $data) { note('binary', func_get_args()); }
function ws_server_ping(&$connections, &$connection, $client_key, $payload) { note('ping', func_get_args()); }
function ws_server_before_close(&$connections, &$connection) { note('before_close', func_get_args()); }
function ws_server_after_close(&$connections) { note('after_close', func_get_args()); }
function ws_server_shutdown(&$server, &$sockets, &$connections) { note('shutdown', func_get_args()); }
PHP);
$client = $server->connect(['Cookie' => 'a=1; b=2', 'User-Agent' => 'Mozilla/5.0']);
$client->text('one')->frame(2, 'two')->frame(9, 'three')->close(1000);
echo $client->drain(), "\n";
$server->stop();
?>
--EXPECT--
pong three, close 1000, gone
--
started ["stream",["stream"],[]]
connect [{"1":{"peer_name":"PEER","state":"CONNECTING","ping_time":false,"pong_time":false}},{"peer_name":"PEER","state":"CONNECTING","ping_time":false,"pong_time":false},1]
authenticate [{"peer_name":"PEER","state":"CONNECTING","ping_time":false,"pong_time":false},"a=1; b=2","Mozilla\/5.0","127.0.0.1"]
open [{"1":{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]}},{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]},1]
text [{"1":{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]}},{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]},1,"one"]
binary [{"1":{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]}},{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]},1,"two"]
ping [{"1":{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]}},{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]},1,"three"]
before_close [{"1":{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]}},{"peer_name":"PEER","state":"OPEN","ping_time":false,"pong_time":false,"buffer":[]}]
after_close [[]]
shutdown ["stream",["stream"],[]]
status 0
