--TEST--
Revolt: signals come in the loop, to everyone who asked, and are given back
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
$loop = WsTest\driver();
$before = function () { echo "the application's own\n"; };
pcntl_signal(SIGUSR1, $before);

$first = $loop->onSignal(SIGUSR1, function (string $id, int $signal) use ($loop) { echo 'first ', $signal === SIGUSR1 ? 'SIGUSR1' : $signal, "\n"; $loop->cancel($id); });
$second = $loop->onSignal(SIGUSR1, function (string $id) use ($loop) { echo "second\n"; $loop->cancel($id); });
$loop->defer(fn () => WsTest\signal_myself('USR1'));
$loop->run();
var_dump(pcntl_signal_get_handler(SIGUSR1) === $before);

echo "disabled and enabled\n";
$id = $loop->onSignal(SIGUSR1, function (string $id) use ($loop) { echo "third\n"; $loop->disable($id); });
$loop->defer(fn () => WsTest\signal_myself('USR1'));
$loop->run();
WsTest\signal_myself('USR1');
pcntl_signal_dispatch();
$loop->enable($id);
$loop->defer(fn () => WsTest\signal_myself('USR1'));
$loop->run();

echo "asynchronous\n";
pcntl_async_signals(true);
$loop->enable($id);
$loop->delay(0, fn () => WsTest\signal_myself('USR1'));
$loop->run();

echo "from another process, while nothing else happens\n";
$loop->enable($id);
$loop->defer(function () use (&$child) { $child = proc_open('kill -USR1 ' . getmypid(), [], $pipes); });
$loop->run();

foreach ([SIGKILL, 1000] as $signal) {
    try {
        $loop->onSignal($signal, fn () => null);
        $loop->run();
    } catch (Revolt\EventLoop\UnsupportedFeatureException $e) {
        echo $e->getMessage(), "\n";
    }
}
?>
--EXPECT--
first SIGUSR1
second
bool(true)
disabled and enabled
third
the application's own
third
asynchronous
third
from another process, while nothing else happens
third
Signal 9 cannot be handled
Signal 1000 cannot be handled
