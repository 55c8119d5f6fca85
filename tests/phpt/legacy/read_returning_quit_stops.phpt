--TEST--
ws_server_read returning something that == "quit" ends the server: true too, and an object that says so
--DESCRIPTION--
Preserves: ws_server_read() == "quit" ends the server, compared as PHP 8 compares.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
foreach (["'quit'", 'true', "new class { function __toString() { return 'quit'; } }"] as $quit) {
    $server = new WsTest\Server(<<<PHP
    function ws_server_read(&\$connections, &\$connection, \$client_key, \$data) {
        return \$connection['state'] === 'OPEN' ? $quit : '';
    }
    function ws_server_text() { echo "not processed\n"; }
    PHP);
    $client = $server->connect();
    echo $client->text('anything')->read(), "\n";
    $server->wait();
}
?>
--EXPECT--
close 1001 server shutting down
--
status 0
close 1001 server shutting down
--
status 0
close 1001 server shutting down
--
status 0
