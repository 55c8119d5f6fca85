--TEST--
ws_server_disconnect: before_close at once (the client is OPEN), then the Close frame behind what was sent, then after_close
--DESCRIPTION--
Preserves: close_client() runs ws_server_before_close, sends the Close frame, takes the client out of the arrays and runs
ws_server_after_close, before it returns.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    echo "text $msg\n";
    ws_server_send_text($client_key, 'first');
    var_dump(ws_server_disconnect($client_key, 4000, 'because'));
    var_dump(ws_server_disconnect($client_key), ws_server_send_text($client_key, 'late'), isset($connections[$client_key]));
}
function ws_server_before_close(&$connections, &$connection) {
    echo "before {$connection['state']}\n";
    var_dump(ws_server_send_text(1, 'second'), ws_server_disconnect(1));
}
function ws_server_after_close(&$connections) { echo 'after ', count($connections), "\n"; }
PHP);
$client = $server->connect();
$client->raw(WsTest\Client::encode(1, 'a') . WsTest\Client::encode(1, 'not delivered'));
echo $client->read(), ', ', $client->read(), ', ', $client->read(), "\n";
$client->close(4000);
echo $client->drain(), "\n";
$server->stop();
?>
--EXPECT--
text first, text second, close 4000 because
gone
--
text a
before OPEN
bool(true)
bool(false)
after 0
bool(true)
bool(false)
bool(false)
bool(false)
status 0
