--TEST--
max_execution_time does not end a server; a limit that a callback sets is its own
--DESCRIPTION--
Preserves: the server lifts the limit of time, as set_time_limit(0) did.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    for ($start = getrusage()['ru_utime.tv_sec'] * 1e6 + getrusage()['ru_utime.tv_usec'], $i = 0; $i < 1.2e6; ) {
        $i = getrusage()['ru_utime.tv_sec'] * 1e6 + getrusage()['ru_utime.tv_usec'] - $start;
        for ($j = 0; $j < 100000; $j++); // asking is the system's time, which does not count
    }
    ws_server_send_text($client_key, 'done');
}
PHP, [], 'for (;;);', ['max_execution_time' => 1]);
echo $server->connect()->text('work')->read(), "\n";
$server->stop();
?>
--EXPECTF--
text done
--
status 0

Fatal error: Maximum execution time of 1 second exceeded in %/app.php on line %d
exit status 255
