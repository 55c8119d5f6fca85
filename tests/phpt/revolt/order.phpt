--TEST--
Revolt: what is queued, deferred, delayed and repeated comes in its order, and never in the turn that made it
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
$loop = WsTest\driver();
$say = fn (string $word) => function () use ($word) { echo "$word\n"; };
$loop->defer(function () use ($loop, $say) {
    echo "defer 1\n";
    $loop->queue($say('queued in defer 1'));
    $loop->defer($say('deferred in defer 1'));
});
$loop->defer($say('defer 2'));
$loop->queue(function (string ...$arguments) { echo implode(' ', $arguments), "\n"; }, 'queue', 'with', 'arguments');
var_dump($loop->isRunning());
$loop->run();
var_dump($loop->isRunning());

$loop->delay(0.02, $say('delay 0.02'));
$loop->delay(0.01, $say('delay 0.01'));
$loop->delay(0, $say('delay 0'));
$loop->run();

$count = 0;
$loop->repeat(0, function (string $id) use ($loop, &$count) {
    if (++$count === 3) {
        $loop->cancel($id);
    }
});
$loop->run();
echo "repeated $count times\n";

// Time limits: set and cancelled by the thousand, they leave nothing behind.
$sooner = $loop->delay(500, fn () => null);
$before = memory_get_usage();
$left = 10000;
$loop->repeat(0, function (string $id) use ($loop, &$left, &$limit, $before, $sooner) {
    $limit === null || $loop->cancel($limit);
    $limit = $loop->delay(1000, fn () => null);
    if (!--$left) {
        var_dump(memory_get_usage() - $before < 200000);
        array_map($loop->cancel(...), [$limit, $id, $sooner]);
    }
});
$loop->run();

// A turn is a turn for everyone: what repeats without a pause lets others in.
$busy = $loop->repeat(0, fn () => null);
$loop->delay(0.01, fn () => $loop->cancel($busy));
$loop->run();

$loop->repeat(0, function (string $id) use ($loop) {
    echo "stop\n";
    $loop->stop();
    $loop->disable($id);
});
$loop->run();
var_dump(count($loop->getIdentifiers()), $loop->getHandle() instanceof WsServer, WsServer\Revolt\Driver::isSupported());

// So long a wait is beyond the server's clock.
$loop->delay(PHP_INT_MAX, $say('too late'));
$loop->delay(0, fn () => $loop->stop());
$loop->run();
foreach ([fn () => $loop->delay(-1, $say('')), fn () => $loop->repeat(0, fn () => $loop->run()) && $loop->run()] as $wrong) {
    try {
        $wrong();
    } catch (Error $error) {
        echo $error->getMessage(), "\n";
    }
}
?>
--EXPECT--
bool(false)
queue with arguments
defer 1
queued in defer 1
defer 2
deferred in defer 1
bool(false)
delay 0
delay 0.01
delay 0.02
repeated 3 times
bool(true)
stop
int(1)
bool(true)
bool(true)
A time cannot be negative
The event loop is already running
