--TEST--
Handlers may be declared by value, all by reference, variadic, without parameters, returning a reference: no warnings
--DESCRIPTION--
Preserves: callbacks may be declared in any way that PHP accepts. Fixes fault 11: a notice about it was deadly.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
error_reporting(E_ALL);
function ws_server_authenticate(&$connection, &$cookies, &$user_agent, &$remote_address) { $cookies = ''; return 'yes'; }
function ws_server_connect($connections, $connection, &$client_key) { $connection['lost'] = 1; $client_key = 7; }
function &ws_server_open(&...$arguments) { static $nothing; $arguments[1]['kept'] = count($arguments); return $nothing; }
function ws_server_text(&$connections, &$connection, &$client_key, &$msg) {
    $client_key .= '!';
    $msg .= '!';
    echo json_encode([$connection['kept'], isset($connection['lost']), $client_key, $msg]), "\n";
}
function ws_server_binary() { echo json_encode(array_slice(func_get_args(), 2)), "\n"; }
function ws_server_pong(...$arguments) { echo json_encode(array_slice($arguments, 2)), "\n"; }
function ws_server_fifo($server, $sockets, $connections, &$data) { $data .= '.'; echo "$data\n"; }
function ws_server_after_close() { echo "after\n"; }
PHP);
$client = $server->connect()->text('a')->frame(2, 'b')->frame(10, 'c')->close();
echo $client->drain(), "\n";
file_put_contents($server->fifo, "told\n");
$server->awaits('told.');
$server->stop();
?>
--EXPECT--
close 1000, gone
--
[3,false,"1!","a!"]
[1,"b"]
[1,"c"]
after
told.
status 0
