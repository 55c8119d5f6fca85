--TEST--
What is_resource, feof, get_resource_id and writing say of a socket whose client leaves, is closed, or was closed by fclose
--DESCRIPTION--
Preserves: $server and $sockets are stream resources. Fixes: a handler's fclose() ended the legacy server.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function show($when, $key) {
    global $kept, $sockets, $connections;
    [$socket, $id] = $kept[$key];
    $said = [$connections[$key]['state'] ?? null, isset($sockets[$key]), is_resource($socket), get_resource_type($socket), get_resource_id($socket) === $id && (int) $socket === $id];
    foreach (['feof' => [], 'fread' => [1], 'fwrite' => ["\x81\x01!"], 'stream_get_meta_data' => [], 'stream_socket_get_name' => [true]] as $function => $more) {
        try {
            $answer = $function($socket, ...$more);
            $said[] = match (true) { is_array($answer) => $answer['eof'], is_string($answer) => strlen($answer) > 0, default => $answer };
        } catch (TypeError $e) {
            $said[] = 'closed';
        }
    }
    echo "$when ", json_encode($said), "\n";
}
function ws_server_open(&$connections, &$connection, $client_key) {
    global $sockets, $kept, $server;
    $kept[$client_key] = [$sockets[$client_key], get_resource_id($sockets[$client_key])];
    // A resource for each.
    $ids = array_map('get_resource_id', $sockets);
    echo json_encode([count(array_unique($ids)) === count($sockets), $ids[0] === get_resource_id($server), get_debug_type($sockets[$client_key])]), "\n";
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    global $sockets, $server;
    show("before $msg", $client_key);
    match ($msg) {
        'fclose' => fclose($sockets[$client_key]),
        'shutdown' => stream_socket_shutdown($sockets[$client_key], STREAM_SHUT_RDWR),
        'disconnect' => ws_server_disconnect($client_key, 4000),
        'listener' => fclose($server),
        'unset' => (function () use ($client_key) { unset($GLOBALS['sockets'][$client_key]); })(),
    };
    if ($msg === 'listener') {
        echo json_encode([is_resource($server), is_resource($sockets[0]), $sockets[0] === $server, get_resource_type($server)]), "\n";
    }
    show("after $msg", $client_key);
}
function ws_server_before_close(&$connections, &$connection) { show('before_close', array_search($connection, $connections)); }
function ws_server_after_close(&$connections) { show('after_close', array_key_last($GLOBALS['kept'])); }
function ws_server_shutdown(&$server, &$sockets) { echo json_encode([is_resource($server), array_map('is_resource', $sockets)]), "\n"; }
PHP, [], 'echo json_encode(is_resource($server)), "\n";');
foreach (['fclose', 'shutdown', 'disconnect', 'unset', 'listener'] as $i => $how) {
    $client = $server->connect()->text($how);
    if ($how === 'unset' || $how === 'listener') {
        $client->read(); // what "before" has written
        $client->read();
        $client->close();
    }
    echo "$how: ", $client->drain(), "\n";
}
// The peer is gone without a word.
$client = $server->connect();
$client->hangUp();
$server->awaits('REMOTE TERMINATED');
// Nobody listens less for the fclose of $server.
echo $server->connect()->close()->drain(), "\n";
$server->stop();
?>
--EXPECT--
fclose: text !, close 1000, gone
shutdown: text !, text !, text !, close 1000, gone
disconnect: text !, text !, close 4000, gone
unset: text !, close 1000, gone
listener: text !, close 1000, gone
text !, close 1000, gone
--
[true,true,"resource (stream)"]
before fclose ["OPEN",true,true,"stream",true,false,false,3,false,true]
after fclose ["OPEN",true,false,"Unknown",true,"closed","closed","closed","closed","closed"]
before_close ["OPEN",true,false,"Unknown",true,"closed","closed","closed","closed","closed"]
after_close [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
[true,true,"resource (stream)"]
before shutdown ["OPEN",true,true,"stream",true,false,false,3,false,true]
after shutdown ["OPEN",true,true,"stream",true,false,false,3,false,true]
before_close ["OPEN",true,true,"stream",true,false,false,3,false,true]
after_close [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
[true,true,"resource (stream)"]
before disconnect ["OPEN",true,true,"stream",true,false,false,3,false,true]
before_close ["OPEN",true,true,"stream",true,false,false,3,false,true]
after_close [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
after disconnect [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
[true,true,"resource (stream)"]
before unset ["OPEN",true,true,"stream",true,false,false,3,false,true]
after unset ["OPEN",false,true,"stream",true,false,false,3,false,true]
before_close ["OPEN",false,true,"stream",true,false,false,3,false,true]
after_close [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
[true,true,"resource (stream)"]
before listener ["OPEN",true,true,"stream",true,false,false,3,false,true]
[false,false,true,"Unknown"]
after listener ["OPEN",true,true,"stream",true,false,false,3,false,true]
before_close ["OPEN",true,true,"stream",true,false,false,3,false,true]
after_close [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
[true,true,"resource (stream)"]
before_close ["REMOTE TERMINATED",true,true,"stream",true,true,false,false,true,true]
after_close [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
[true,true,"resource (stream)"]
before_close ["OPEN",true,true,"stream",true,false,false,3,false,true]
after_close [null,false,false,"Unknown",true,"closed","closed","closed","closed","closed"]
[false,[false]]
status 0
false
