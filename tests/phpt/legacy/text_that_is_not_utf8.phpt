--TEST--
Text that is not UTF-8: ws_server_send_text returns false and logs it, ws_server_broadcast throws
--DESCRIPTION--
Fixes fault 3: text was cut at the first byte that was not printable ASCII. What is no text is refused, and said.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    var_dump(ws_server_send_text($client_key, "\xff"));
    try {
        ws_server_broadcast("\xff");
    } catch (WsException $e) {
        echo $e->getMessage(), "\n";
    }
    var_dump(ws_server_broadcast("\xff", true), ws_server_send_binary($client_key, "\xfe"));
}
PHP);
$client = $server->connect()->text('go');
echo $client->read(), ', ', $client->read(), "\n";
echo substr_count($server->log(), 'text for client 1 is not UTF-8: not sent'), "\n";
$server->stop();
?>
--EXPECT--
binary ff, binary fe
1
--
bool(false)
text is not UTF-8
int(1)
bool(true)
status 0
