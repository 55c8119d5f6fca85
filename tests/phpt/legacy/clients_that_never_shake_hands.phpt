--TEST--
A client that hangs up before its request, or sends a wrong one, has its close callbacks too
--DESCRIPTION--
Preserves: ws_server_connect at the accept, in state CONNECTING, and the close callbacks for clients that never get further.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_connect(&$connections, &$connection, $client_key) { echo "connect $client_key\n"; }
function ws_server_before_close(&$connections, &$connection) { echo "before {$connection['state']}\n"; }
function ws_server_after_close(&$connections) { echo 'after ', count($connections), "\n"; }
PHP);
$server->dial()->hangUp();
$server->awaits('after 0');
echo $server->dial()->upgrade(['Sec-WebSocket-Version' => '8'])->status(), "\n";
$server->stop();
?>
--EXPECT--
426
--
connect 1
before REMOTE TERMINATED
after 0
connect 2
before CONNECTING
after 0
status 0
