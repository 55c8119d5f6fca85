--TEST--
A client's Close: before_close runs while it is OPEN and may still send; its code is echoed
--DESCRIPTION--
Preserves: ws_server_before_close runs before the Close frame, and sends still work. Fixes fault 9: the client's own code is
echoed, where 1000 was always answered.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_before_close(&$connections, &$connection) {
    $key = array_search($connection, $connections);
    echo "before {$connection['state']} ", json_encode(ws_server_send_text($key, 'bye')), "\n";
}
function ws_server_after_close(&$connections) { global $sockets; echo 'after ', count($connections), ' ', count($sockets), "\n"; }
PHP);
echo $server->connect()->close(1000)->drain(), "\n";
echo $server->connect()->close(4321, 'own reason')->drain(), "\n";
echo $server->connect()->frame(8)->drain(), "\n";
$server->stop();
?>
--EXPECT--
text bye, close 1000, gone
text bye, close 4321, gone
text bye, close, gone
--
before OPEN true
after 0 1
before OPEN true
after 0 1
before OPEN true
after 0 1
status 0
