--TEST--
Arguments follow PHP's own rules: converted in weak mode, a TypeError where they can't be
--FILE--
<?php
var_dump(ws_server_send_text('5', 12), ws_server_send_text(5.0, new class { function __toString() { return 'text'; } }));
foreach ([fn () => ws_server_send_text('x', 'a'), fn () => ws_server_send_text(1, []), fn () => ws_server_send_text(1),
    fn () => ws_server_broadcast('a', false, 'x'), fn () => ws_server_run('x'), fn () => ws_server_stop(1, 2, 3, 4),
    fn () => ws_server_disconnect()] as $call) {
    try {
        $call();
        echo "no error\n";
    } catch (TypeError $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
?>
--EXPECT--
bool(false)
bool(false)
TypeError: ws_server_send_text(): Argument #1 ($id) must be of type int, string given
TypeError: ws_server_send_text(): Argument #2 ($text) must be of type string, array given
ArgumentCountError: ws_server_send_text() expects exactly 2 arguments, 1 given
TypeError: ws_server_broadcast(): Argument #3 ($except) must be of type array, string given
TypeError: ws_server_run(): Argument #1 ($options) must be of type array, string given
ArgumentCountError: ws_server_stop() expects at most 3 arguments, 4 given
ArgumentCountError: ws_server_disconnect() expects at least 1 argument, 0 given
