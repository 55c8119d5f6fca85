--TEST--
Keys that the application adds to $connection are there in every later callback, whichever way they were written
--DESCRIPTION--
Preserves: keys of the application on $connection are there in every later callback, whichever way they were written.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_authenticate(&$connection) { $connection['a'] = 'authenticate'; return true; }
function ws_server_open(&$connections, &$connection, $client_key) { $connections[$client_key]['b'] = 'open'; }
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    if ($msg === 'global') {
        write_globally($client_key);
    }
    unset($connection['ping_time'], $connection['pong_time'], $connection['peer_name']);
    echo json_encode($connection), ' ', json_encode($connections[$client_key] === $connection), "\n";
}
function write_globally($client_key) { global $connections; $connections[$client_key]['c'] = 'global'; }
function ws_server_before_close(&$connections, &$connection) { echo json_encode($connection), "\n"; }
PHP, [], 'var_dump($connections);');
$client = $server->connect()->text('global')->text('again')->close();
echo $client->drain(), "\n";
$server->stop();
?>
--EXPECT--
close 1000, gone
--
{"state":"OPEN","a":"authenticate","buffer":[],"b":"open","c":"global"} true
{"state":"OPEN","a":"authenticate","buffer":[],"b":"open","c":"global"} true
{"state":"OPEN","a":"authenticate","buffer":[],"b":"open","c":"global"}
status 0
array(0) {
}
