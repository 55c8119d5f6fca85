--TEST--
ws_server_broadcast reaches every open client but those in $except, and counts them; ids that are gone do not matter
--DESCRIPTION--
Preserves: broadcast_to_all() reaches every client that is OPEN. New: $except and the count of ws_server_broadcast().
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    var_dump(ws_server_broadcast('all'), ws_server_broadcast('others', false, [$client_key, 99]), ws_server_broadcast("\0", true));
    var_dump(ws_server_send_frame(2, "\x81\x03raw"), ws_server_send_frame(3, "\x81\x03raw"));
}
PHP);
$first = $server->connect();
$second = $server->connect();
$third = $server->dial();
$first->text('go');
echo $first->read(), ', ', $first->read(), "\n";
echo $second->read(), ', ', $second->read(), ', ', $second->read(), ', ', $second->read(), "\n";
$third->hangUp();
$server->stop();
?>
--EXPECT--
text all, binary 00
text all, text others, binary 00, text raw
--
int(2)
int(1)
int(2)
bool(true)
bool(false)
status 0
