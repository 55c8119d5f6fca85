--TEST--
Where no server runs, nothing is sent and nobody is there
--FILE--
<?php
var_dump(ws_server_send_text(1, 'a'), ws_server_send_binary(1, "\xff"), ws_server_send_frame(1, "\x81\x00"),
    ws_server_send_ping(1), ws_server_broadcast('a'), ws_server_disconnect(1), ws_server_stop());
foreach ([fn () => ws_server_broadcast("\xff"), fn () => ws_server_disconnect(1, 1005), fn () => ws_server_stop(70000),
    fn () => ws_server_disconnect(1, 1000, str_repeat('x', 124)), fn () => ws_server_disconnect(1, 1000, "\xff"),
    fn () => ws_server_stop(1000, '', -1), fn () => ws_server_stop(1000, '', NAN),
    fn () => ws_server_broadcast('a', false, ['x'])] as $call) {
    try {
        $call();
        echo "no exception\n";
    } catch (WsException $e) {
        echo $e->getMessage(), "\n";
    }
}
register_shutdown_function(fn () => var_dump(ws_server_send_text(1, 'in the shutdown function')));
?>
--EXPECT--
bool(false)
bool(false)
bool(false)
bool(false)
int(0)
bool(false)
NULL
text is not UTF-8
close code 1005 cannot be sent
close code 70000 cannot be sent
close reason has 124 bytes, 123 is the limit
a close reason must be UTF-8
a timeout of -1 s can't be used
a timeout of NaN s can't be used
$except must be a list of connections or their ids (int)
bool(false)
