--TEST--
What callbacks other than ws_server_read and ws_server_authenticate return is ignored, "quit" too
--DESCRIPTION--
Preserves: only these two were asked for an answer.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
foreach (['"quit"', 'false', 'true', 'new stdClass'] as $value) {
    $application = '';
    foreach (['started', 'connect', 'open', 'text', 'binary', 'ping', 'pong', 'before_close', 'after_close', 'fifo', 'loop', 'shutdown'] as $name) {
        $application .= "function ws_server_$name() { static \$n = 0; if (!\$n++) { echo '$name '; } return $value; }\n";
    }
    $server = new WsTest\Server($application);
    $client = $server->connect()->text('a')->frame(2, 'b')->frame(9, 'c')->frame(10, 'd')->close();
    echo $client->drain(), "\n";
    file_put_contents($server->fifo, 'e');
    $server->awaits('fifo');
    // It still serves.
    echo $server->connect()->frame(9, 'f')->read(), "\n";
    ob_start();
    $server->stop();
    $names = explode(' ', trim(substr(ob_get_clean(), 3)));
    sort($names);
    echo implode(' ', $names), "\n";
}
?>
--EXPECT--
pong c, close 1000, gone
pong f
0 after_close before_close binary connect fifo loop open ping pong shutdown started status text
pong c, close 1000, gone
pong f
0 after_close before_close binary connect fifo loop open ping pong shutdown started status text
pong c, close 1000, gone
pong f
0 after_close before_close binary connect fifo loop open ping pong shutdown started status text
pong c, close 1000, gone
pong f
0 after_close before_close binary connect fifo loop open ping pong shutdown started status text
