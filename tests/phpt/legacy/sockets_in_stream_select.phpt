--TEST--
stream_select tells what a socket of $sockets, and $server, has waiting or has room for; the keys stay; reading yields nothing
--DESCRIPTION--
Preserves: the legacy server's loop, and its handlers, had the sockets in stream_select().
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
// With I/O threads it is these that read and accept, at once: whether a handler sees anything first is chance.
const OPTIONS = ['io_threads' => 0, 'max_buffered' => 100000000, 'send_timeout' => 600];
$server = new WsTest\Server(<<<'PHP'
function wait($what, $read, $write = []) {
    echo "waiting for $what\n";
    $none = null;
    $count = stream_select($read, $write, $none, 40);
    echo json_encode([$count, array_keys($read), array_keys($write)]), "\n";
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    global $sockets, $server;
    $others = [$client_key => 0, 0 => 0];
    switch ($msg) {
        case 'more':
            wait($msg, $sockets);
            // The server reads it, once this returns.
            echo json_encode([fread($sockets[$client_key], 100), feof($sockets[$client_key]), stream_get_contents($sockets[$client_key])]), "\n";
            break;
        case 'somebody new':
            wait($msg, $sockets);
            echo json_encode([@stream_socket_accept($server, 0), fread($server, 1), feof($server)]), "\n";
            break;
        case 'the other to go':
            wait($msg, array_diff_key($sockets, $others));
            break;
        case 'a lot':
            $GLOBALS['sent'] = ws_server_send_binary($client_key, str_repeat('x', 60000000));
            break;
        case 'room':
            // Until the socket is full. The listener is not for writing.
            $none = null;
            do {
                $write = array_diff_key($sockets, $others);
                $read = [];
            } while (stream_select($read, $write, $none, 0) > 0);
            echo json_encode(array_keys($write)), "\n";
            wait($msg, [], array_diff_key($sockets, $others));
            wait('all', [], $sockets);
            break;
    }
    ws_server_send_text($client_key, $msg);
}
PHP, OPTIONS);
$first = $server->connect();
$second = $server->connect();
$first->text('more');
$server->awaits('waiting for more');
$first->text('here it is');
echo $first->read(), ', ', $first->read(), "\n";
$first->text('somebody new');
$server->awaits('waiting for somebody new');
$third = $server->dial();
echo $first->read(), ', ', $third->upgrade()->status(), "\n";
$first->text('the other to go');
$server->awaits('waiting for the other to go');
$third->hangUp();
echo $first->read(), "\n";

$second->text('a lot');
$first->text('room');
$server->awaits('waiting for room');
echo strlen($second->readMessage()), "\n";
echo $first->read(), ', ', $second->read(), "\n";
$server->stop();
?>
--EXPECT--
text more, text here it is
text somebody new, 101
text the other to go
60000000
text room, text a lot
--
waiting for more
[1,[1],[]]
["",false,""]
waiting for somebody new
[1,[0],[]]
[false,"",false]
waiting for the other to go
[1,[3],[]]
[]
waiting for room
[1,[],[2]]
waiting for all
[2,[],[1,2]]
status 0
