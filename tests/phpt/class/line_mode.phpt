--TEST--
Line mode cuts at line ends across messages; longer lines come in pieces; the rest comes at its end
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('open', fn ($c) => $c->lineMode(true, 8));
$server->on('text', function ($c, $m) { echo "text ", json_encode($m), "\n"; });
$server->on('line', function ($c, $line) {
    echo "line ", json_encode($line), "\n";
    match ($line) {
        'off' => $c->lineMode(false),
        'pause' => $c->pause(),
        default => 0,
    };
});
$server->on('close', function ($c, $code) { echo "close $code\n"; });
PHP);
$a = $server->connect();
foreach (["one\ntwo\r\nth", "ree\n\n12345678\n123456789", "0\n", "off\nrest, and ", "more"] as $text) {
    $a->text($text);
}
$a->frame(2, "bin\nary")->close();
$a->drain();
$server->awaits('close 1000');
$b = $server->connect();
$b->text("pause\nheld 1\nheld 2\nunfin");
$server->awaits('"pause"')->stop();
?>
--EXPECT--
--
line "one"
line "two"
line "three"
line ""
line "12345678"
line "12345678"
line "90"
line "off"
text "rest, and "
text "more"
close 1000
line "pause"
close 1001
status 0
