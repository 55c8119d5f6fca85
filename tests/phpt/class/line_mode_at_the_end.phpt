--TEST--
An unfinished line comes before the close event; binary messages are lines too; a maximum that can't be is refused
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('open', function ($c) {
    foreach ([0, -1, PHP_INT_MAX] as $max) {
        try { $c->lineMode(true, $max); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
    }
    $c->lineMode(true);
});
$server->on('line', function ($c, $line) { echo "line $line\n"; });
$server->on('close', function ($c, $code) { echo "close $code\n"; });
PHP);
$server->connect()->frame(2, "bin\nary")->text(' and text')->close()->drain();
// With I/O threads the client is gone a little before the handler is told.
$server->awaits('close 1000');
$server->stop();
?>
--EXPECT--
--
a line has from 1 to 1073741824 bytes
a line has from 1 to 1073741824 bytes
a line has from 1 to 1073741824 bytes
line bin
line ary and text
close 1000
status 0
