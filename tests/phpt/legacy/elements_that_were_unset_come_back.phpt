--TEST--
An element that the application has taken out of $connections is back at the next callback of that client, without the application's own keys
--DESCRIPTION--
Fixes: after unset($connections[$client_key]) the legacy server had a client that nobody could reach.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function show($what, $connection) {
    unset($connection['peer_name']);
    ksort($connection);
    echo "$what ", json_encode($connection), "\n";
}
function ws_server_connect(&$connections, &$connection, $client_key) {
    $connection['mine'] = 'connect';
    unset($connections[$client_key]);
}
function ws_server_authenticate(&$connection) {
    global $connections;
    show('authenticate', $connection);
    $connection['mine'] = 'authenticate';
    unset($connections[array_key_last($connections)]);
    return true;
}
function ws_server_open(&$connections, &$connection, $client_key) {
    global $sockets;
    show('open', $connection);
    echo json_encode($connection['peer_name'] === stream_socket_get_name($sockets[$client_key], true)), "\n";
    $connection['mine'] = "open $client_key";
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    show("text $msg $client_key", $connection);
    switch ($msg) {
        case 'unset':
            unset($connections[$client_key]);
            $connection['mine'] = 'too late';
            // It is no less a client for it.
            echo json_encode([array_keys($connections), ws_server_send_text($client_key, 'still here')]), "\n";
            break;
        case 'look':
            echo json_encode([array_keys($connections), ws_server_send_text(1, 'found'), ws_server_broadcast('all')]), "\n";
            break;
        case 'back':
            echo json_encode(array_keys($connections)), "\n";
            break;
        case 'all':
            $connections = [];
            break;
        case 'none':
            $GLOBALS['connections'] = null;
            break;
    }
}
function ws_server_before_close(&$connections, &$connection) { show('before', $connection); }
function ws_server_after_close(&$connections) { echo 'after ', json_encode(array_keys($connections)), "\n"; }
PHP);
$first = $server->connect();
$second = $server->connect();
$first->text('unset');
echo $first->read(), "\n";
$second->text('look');
echo $second->read(), ', ', $first->read(), ', ', $first->read(), "\n";
$first->text('back');
$server->awaits('text back');
$second->text('all')->text('back')->text('none')->text('back')->close();
echo $second->drain(), "\n";
$first->close();
echo $first->drain(), "\n";
$server->stop();
?>
--EXPECT--
text still here
text all, text found, text all
close 1000, gone
close 1000, gone
--
authenticate {"ping_time":false,"pong_time":false,"state":"CONNECTING"}
open {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
true
authenticate {"ping_time":false,"pong_time":false,"state":"CONNECTING"}
open {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
true
text unset 1 {"buffer":[],"mine":"open 1","ping_time":false,"pong_time":false,"state":"OPEN"}
[[2],true]
text look 2 {"buffer":[],"mine":"open 2","ping_time":false,"pong_time":false,"state":"OPEN"}
[[2],true,2]
text back 1 {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
[2,1]
text all 2 {"buffer":[],"mine":"open 2","ping_time":false,"pong_time":false,"state":"OPEN"}
text back 2 {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
[2]
text none 2 {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
text back 2 {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
[2]
before {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
after []
before {"buffer":[],"ping_time":false,"pong_time":false,"state":"OPEN"}
after []
status 0
