--TEST--
on_msg dispatches frames of the application: whole, fragmented, several at once; ws_server_read may take them
--DESCRIPTION--
Preserves: on_msg() hands raw frames to the callbacks, and returns what ws_server_read returned where that was not "". Fixes
fault 2: all frames, not only the first.
--FILE--
<?php
require __DIR__ . '/../../../php/legacy/log.php';
require __DIR__ . '/../../../php/legacy/frame.php';
require __DIR__ . '/../../../php/legacy/frames.php';
require __DIR__ . '/../../../php/legacy/messages.php';

function ws_server_text(&$connections, &$connection, $msg) // as the README shows it
{
    echo "text: $msg\n";
    $connection['count'] = ($connection['count'] ?? 0) + 1;
}

function ws_server_binary(&$connections, &$connection, $client_key, $data)
{
    echo "binary from $client_key: $data\n";
}

function ws_server_read(&$connections, &$connection, $client_key, $data)
{
    return $data === 'mine' ? 'taken' : '';
}

$connections = [3 => ['state' => 'OPEN', 'buffer' => [], 'ping_time' => 1.0, 'pong_time' => false], 4 => ['state' => 'CONNECTING']];
$part = fn ($opcode, $payload) => chr($opcode) . substr(encode_frame($opcode, $payload), 1);
var_dump(on_msg(3, encode_frame(1, 'one') . encode_frame(1, 'two')));
on_msg(3, $part(1, 'Hel'));
on_msg(3, $part(0, 'lo ') . encode_frame(0, 'there'));
on_msg('3', $part(2, 'by') . encode_frame(0, 'tes'));
on_msg(3, encode_frame(10, ''));
var_dump(is_float($connections[3]['pong_time']), $connections[3]['count'], $connections[3]['buffer']);
var_dump(on_msg(3, 'mine'), on_msg(4, "GET / HTTP/1.1\r\n\r\n"), on_msg(99, 'x'));
?>
--EXPECT--
text: one
text: two
string(0) ""
text: Hello there
binary from 3: bytes
bool(true)
int(3)
array(0) {
}
string(5) "taken"
string(0) ""
string(0) ""
