--TEST--
A line "q" on standard input ends the server; its end and other lines do not
--DESCRIPTION--
Preserves: "q" and a newline on standard input end the server; /dev/null there does not.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server('function ws_server_text($a, $b, $key, $text) { ws_server_send_text($key, $text); }');
$client = $server->connect();
fwrite($server->stdin, "quit\nqq\n");
echo $client->text('here')->read(), "\n";
fwrite($server->stdin, " q ");
echo $client->text('still here')->read(), "\n";
fwrite($server->stdin, "\r\n");
echo $client->read(), "\n";
$server->wait();

$server = new WsTest\Server('function ws_server_text($a, $b, $key, $text) { ws_server_send_text($key, $text); }');
$client = $server->connect();
fclose($server->stdin);
echo $client->text('at the end')->read(), "\n";
$server->stop();
?>
--EXPECT--
text here
text still here
close 1001 server shutting down
--
status 0
text at the end
--
status 0
