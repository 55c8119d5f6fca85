--TEST--
A client that breaks the protocol gets the right code, and has its close callbacks once
--DESCRIPTION--
Fixes fault 9: unmasked frames, orphan continuations and RSV bits were accepted.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text() { echo "text\n"; }
function ws_server_before_close(&$connections, &$connection) { echo "before\n"; }
function ws_server_after_close(&$connections) { echo "after\n"; }
PHP);
foreach (["\x81\x02hi", WsTest\Client::encode(1, "\xff"), WsTest\Client::encode(3), "\x82\xff" . pack('J', 1 << 40) . 'mask'] as $bytes) {
    echo substr($server->connect()->raw($bytes)->read(), 0, 10), "\n";
}
$server->stop();
?>
--EXPECT--
close 1002
close 1007
close 1002
close 1009
--
before
after
before
after
before
after
before
after
status 0
