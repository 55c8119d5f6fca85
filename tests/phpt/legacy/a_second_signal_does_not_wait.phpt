--TEST--
A client that does not answer the Close holds the end up, until a second signal
--DESCRIPTION--
Fixes fault 9 (no close handshake) and the lost ends of SIGTERM: clients have time to answer the Close, but not against the
will of whoever ends the server.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server('function ws_server_after_close() { echo "after\n"; }
    function ws_server_shutdown() { echo "shutdown\n"; }', ['close_timeout' => 60]);
$silent = stream_socket_client($server->address);
fwrite($silent, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    . "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nCookie: a\r\nUser-Agent: b\r\n\r\n");
fgets($silent);
$server->signal('TERM');
$server->awaits('after');
usleep(100000);
echo $server->printed();
$server->signal('TERM');
$server->wait();
?>
--EXPECT--
after
--
after
shutdown
status 0
