--TEST--
fclose and stream_socket_shutdown of a socket close that client, in order and with its close callbacks; unset does not
--DESCRIPTION--
Fixes: after an fclose() by a handler the legacy server's next stream_select() failed and the server died.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    global $sockets, $server;
    ws_server_send_text($client_key, 'before');
    match ($msg) {
        'fclose' => fclose($sockets[$client_key]),
        'shutdown' => stream_socket_shutdown($sockets[$client_key], STREAM_SHUT_RDWR),
        'both' => stream_socket_shutdown($sockets[$client_key], STREAM_SHUT_RDWR) && fclose($sockets[$client_key]),
        'twice' => ws_server_disconnect($client_key, 4000) && print(json_encode(is_resource($sockets[$client_key] ?? null)) . "\n"),
        'others' => array_map(fn ($socket) => $socket === $server || $socket === $sockets[$client_key] || fclose($socket), $sockets),
        'unset' => (function () use (&$sockets, $client_key) { unset($sockets[$client_key]); })(),
        'listener' => fclose($server),
    };
    echo "$msg returns\n";
    ws_server_send_text($client_key, 'after');
}
function ws_server_before_close(&$connections, &$connection) { echo "before {$connection['state']}\n"; }
function ws_server_after_close(&$connections) { global $sockets; echo 'after ', count($connections), ' ', count($sockets), "\n"; }
PHP);
foreach (['fclose', 'shutdown', 'both', 'twice', 'unset'] as $how) {
    $client = $server->connect()->text($how);
    echo "$how: ", $how === 'unset' ? $client->read() . ', ' . $client->read() . ', ' . $client->close()->drain() : $client->drain(), "\n";
}
$one = $server->connect();
$two = $server->connect()->text('others');
echo 'one: ', $one->drain(), "\ntwo: ", $two->read(), ', ', $two->read(), "\n";
// $server is only a picture of the listener: the server goes on listening.
$two->text('listener')->read();
echo 'three: ', $server->connect()->text('fclose')->drain(), "\n";
$two->close()->drain();
$server->stop();
?>
--EXPECT--
fclose: text before, text after, close 1000, gone
shutdown: text before, text after, close 1000, gone
both: text before, text after, close 1000, gone
twice: text before, close 4000, gone
unset: text before, text after, close 1000, gone
one: close 1000, gone
two: text before, text after
three: text before, text after, close 1000, gone
--
fclose returns
before OPEN
after 0 1
shutdown returns
before OPEN
after 0 1
both returns
before OPEN
after 0 1
before OPEN
after 0 1
false
twice returns
unset returns
before OPEN
after 0 1
others returns
before OPEN
after 1 2
listener returns
fclose returns
before OPEN
after 1 2
before OPEN
after 0 1
status 0
