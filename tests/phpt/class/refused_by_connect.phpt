--TEST--
Whom the connect handler refuses is asked nothing more, however fast its request came
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
$server->on('connect', function ($server, $address, $port) {
    // Its request is here before we have answered.
    usleep(50000);
    static $n = 0;
    if (++$n === 2) { throw new Exception('no'); }
    return $n > 2;
});
foreach (['request', 'open', 'close'] as $event) {
    $server->on($event, function () use ($event) { echo "$event\n"; });
}
PHP);
foreach ([403, 500, 101] as $status) {
    $client = $server->dial()->upgrade();
    echo $client->status(), "\n";
}
echo $client->close()->drain(), "\n";
$server->awaits('close')->stop();
?>
--EXPECT--
403
500
101
close 1000, gone
--
request
open
close
status 0
