--TEST--
A second ws_server_run() in the process is refused, from any callback; one after another is fine
--DESCRIPTION--
Preserves: there is one server in a process, whose globals the handlers share.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_started() { second(); }
function ws_server_text(&$connections, &$connection, $client_key, $msg) { second(); ws_server_send_text($client_key, 'still here'); }
function ws_server_shutdown() { second(); }
function ws_server_loop() { global $again; if ($again) { ws_server_stop(); } }
function second() {
    try {
        ws_server_run(['listen' => 'tcp://127.0.0.1:0', 'log' => null]);
    } catch (WsException $e) {
        echo $e->getMessage(), "\n";
    }
}
PHP, [], <<<'PHP'
$again = true;
var_dump(ws_server_run(['listen' => 'tcp://127.0.0.1:0', 'log' => null]), $connections, array_map('gettype', $sockets));
try {
    ws_server_run(['listen' => 'tcp://192.0.2.1:1', 'log' => null]);
} catch (WsException $e) {
    echo $e->getMessage(), "\n";
}
PHP);
echo $server->connect()->text('a')->read(), "\n";
$server->stop();
?>
--EXPECT--
text still here
--
a server is running already in this process
a server is running already in this process
a server is running already in this process
status 0
a server is running already in this process
a server is running already in this process
int(0)
array(0) {
}
array(1) {
  [0]=>
  string(17) "resource (closed)"
}
cannot listen on tcp://192.0.2.1:1: Cannot assign requested address (os error 99)
