--TEST--
$server and $sockets are stream resources: names, count, identity, metadata, select; closed with their clients
--DESCRIPTION--
Preserves: handlers of the legacy server used the sockets of stream_socket_server() and stream_socket_accept().
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_started(&$server, &$sockets, &$connections) {
    echo get_resource_type($server), ' ', get_resource_type($sockets[0]), ' ', json_encode($sockets[0] === $server), "\n";
    echo json_encode(stream_socket_get_name($server, true)), ' ';
    echo json_encode(str_starts_with(stream_socket_get_name($server, false), '127.0.0.1:')), "\n";
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    global $server, $sockets;
    $socket = $sockets[$client_key];
    $GLOBALS['kept'][$client_key] = $socket;
    $clients = 0;
    foreach ($sockets as $key => $each) {
        $clients += $each !== $server && is_resource($each) && get_resource_id($each) > 0;
    }
    $meta = stream_get_meta_data($socket);
    $read = [$socket];
    $write = [$socket];
    $none = null;
    $selected = stream_select($read, $write, $none, 0);
    echo json_encode([
        'count' => count($sockets), 'clients' => $clients, 'type' => get_resource_type($socket),
        'peer' => stream_socket_get_name($socket, true) === $connection['peer_name'],
        'local' => stream_socket_get_name($socket, false) === stream_socket_get_name($server, false),
        'meta' => [$meta['stream_type'], $meta['mode'], $meta['eof'], $meta['timed_out']],
        'blocking' => stream_set_blocking($socket, false), 'feof' => feof($socket), 'read' => fread($socket, 10),
        'found' => array_search($socket, $sockets, true) === $client_key,
        'select' => [$selected, count($read), count($write)],
    ]), "\n";
}
function ws_server_before_close(&$connections, &$connection) {
    global $sockets;
    echo 'before ', get_resource_type(end($sockets)), "\n";
}
function ws_server_after_close(&$connections) {
    global $sockets, $kept;
    $socket = array_pop($kept);
    echo 'after ', count($sockets), ' ', gettype($socket), ' ', json_encode(is_resource($socket)), "\n";
    try {
        fwrite($socket, 'x');
    } catch (TypeError $error) {
        echo $error->getMessage(), "\n";
    }
}
function ws_server_shutdown(&$server, &$sockets, &$connections) {
    echo json_encode(is_resource($server)), ' ', count($sockets), "\n";
}
PHP, [], 'echo gettype($server), " ", count($sockets), "\n";');
$first = $server->connect();
$first->text('look')->frame(9)->read();
echo $first->close()->drain(), "\n";
$server->stop();
?>
--EXPECT--
close 1000, gone
--
stream stream true
false true
{"count":2,"clients":1,"type":"stream","peer":true,"local":true,"meta":["tcp_socket","r+",false,false],"blocking":true,"feof":false,"read":"","found":true,"select":[1,0,1]}
before stream
after 1 resource (closed) false
fwrite(): supplied resource is not a valid stream resource
true 1
status 0
resource (closed) 1
