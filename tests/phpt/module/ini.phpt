--TEST--
INI entries are the defaults of two options, set by whoever runs the machine
--INI--
ws_server.io_threads=3
ws_server.log_level=warning
--FILE--
<?php
$show = fn (array $options) => print(json_encode(array_map((new WsServer($options))->getOption(...), ['io_threads', 'log_level'])) . "\n");
$show([]);
$show(['io_threads' => 0, 'log_level' => 'debug']);
// Not by scripts.
var_dump(ini_get('ws_server.io_threads'), ini_set('ws_server.io_threads', '1'), ini_get('ws_server.io_threads'));

// The functions' server too; and what can't be used is told with its name, when a server is made.
$php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
$arguments = getenv('TEST_PHP_EXTRA_ARGS');
$code = 'function ws_server_authenticate() {}
    function ws_server_started() { echo count(glob("/proc/self/task/*")), "\n"; ws_server_stop(); }
    try { ws_server_run(["listen" => "tcp://127.0.0.1:0"]); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    try { new WsServer; } catch (WsException $e) { echo $e->getMessage(), "\n"; }';
foreach (['ws_server.io_threads=0', 'ws_server.io_threads=2', 'ws_server.io_threads=65', 'ws_server.io_threads=many', 'ws_server.log_level=loud'] as $setting) {
    echo "$setting\n", shell_exec("$php $arguments -d ws_server.log_level=error -d $setting -r " . escapeshellarg($code));
}
?>
--EXPECT--
[3,"warning"]
[0,"debug"]
string(1) "3"
bool(false)
string(1) "3"
ws_server.io_threads=0
1
ws_server.io_threads=2
3
ws_server.io_threads=65
INI setting "ws_server.io_threads" must be from 0 to 64
INI setting "ws_server.io_threads" must be from 0 to 64
ws_server.io_threads=many
INI setting "ws_server.io_threads" must be an int, string given
INI setting "ws_server.io_threads" must be an int, string given
ws_server.log_level=loud
INI setting "ws_server.log_level" must be "debug" or "info" or "notice" or "warning" or "error" or "critical" or "alert" or "emergency"
INI setting "ws_server.log_level" must be "debug" or "info" or "notice" or "warning" or "error" or "critical" or "alert" or "emergency"
