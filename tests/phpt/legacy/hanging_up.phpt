--TEST--
A client that hangs up without a Close is REMOTE TERMINATED in before_close; sends return false
--DESCRIPTION--
Preserves: state REMOTE TERMINATED in ws_server_before_close. Fixes fault 4: writing to a client that had reset killed the
server.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_before_close(&$connections, &$connection) {
    echo "before {$connection['state']} ", json_encode(ws_server_send_text(1, 'bye')), json_encode(ws_server_disconnect(1)), "\n";
}
function ws_server_after_close(&$connections) { echo 'after ', count($connections), "\n"; }
PHP);
$server->connect()->hangUp();
$server->awaits('after');
$server->stop();
?>
--EXPECT--
--
before REMOTE TERMINATED falsefalse
after 0
status 0
