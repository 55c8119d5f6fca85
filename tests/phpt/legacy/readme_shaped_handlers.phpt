--TEST--
Handlers as the README shows them (text and read without $client_key) get three arguments
--DESCRIPTION--
Preserves: handlers written by the README, where the code passed one argument more.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_read(&$connections, &$connection, $data) { echo 'read ', strlen($data) > 0, "\n"; return ''; }
function ws_server_text(&$connections, &$connection, $msg) { echo func_num_args(), " $msg {$connection['state']}\n"; }
function ws_server_binary($connections, $connection, $data) { echo func_num_args(), " $data\n"; }
PHP);
echo $server->connect()->text('hello')->close()->drain(), "\n";
$server->stop();
?>
--EXPECTREGEX--
close 1000, gone
--
(read 1
)+3 hello OPEN
(read 1
)?status 0
