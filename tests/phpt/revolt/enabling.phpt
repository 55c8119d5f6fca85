--TEST--
Revolt: enable, disable, cancel, reference and unreference
--FILE--
<?php
require __DIR__ . '/../include/revolt.inc';
use Revolt\EventLoop\CallbackType;
$loop = WsTest\driver();
$say = fn (string $word) => function () use ($word) { echo "$word\n"; };
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);

echo "the loop ends where nothing is left that is enabled and referenced\n";
$ids = [
    $loop->unreference($loop->repeat(1000, $say('repeat'))),
    $loop->unreference($loop->onReadable($b, $say('readable'))),
    $loop->unreference($loop->onSignal(SIGUSR2, $say('signal'))),
    $loop->disable($loop->delay(1000, $say('delay'))),
    $loop->disable($loop->defer($say('defer'))),
];
$loop->run();
echo implode(' ', array_map(fn ($id) => $loop->getType($id)->name . ':' . json_encode([$loop->isEnabled($id), $loop->isReferenced($id)]), $ids)), "\n";
array_map($loop->cancel(...), $ids);

echo "referenced again, it is waited for\n";
$id = $loop->unreference($loop->delay(0.01, $say('waited')));
$loop->run();
$loop->reference($id);
$loop->run();

echo "a deferred one disables the next, and a timer another that is due with it\n";
$loop->defer(function () use ($loop, &$next) { $loop->disable($next); });
$next = $loop->defer($say('not now'));
$loop->run();
$loop->enable($next);
$loop->run();
$late = $loop->delay(0.01, function () use ($loop, &$later) { echo "first\n"; $loop->cancel($later); });
$later = $loop->delay(0.01, $say('cancelled'));
$loop->run();

echo "a disabled timer starts anew\n";
$timer = $loop->delay(1000, $say('never'));
$loop->defer(function () use ($loop, $timer) { $loop->disable($timer); $loop->disable($timer); });
$loop->run();
$short = $loop->delay(0.01, function () use ($loop, $say, &$short) { $loop->enable($loop->disable($loop->delay(0, $say('enabled at once')))); });
$loop->run();
$loop->cancel($timer);

echo "ids that nobody knows\n";
$loop->cancel('nobody');
$loop->disable('nobody');
$loop->unreference('nobody');
foreach (['enable', 'reference', 'isEnabled', 'isReferenced', 'getType'] as $method) {
    try {
        $loop->$method('nobody');
    } catch (Revolt\EventLoop\InvalidCallbackError) {
        echo "$method\n";
    }
}
var_dump($loop->getIdentifiers());
?>
--EXPECT--
the loop ends where nothing is left that is enabled and referenced
Repeat:[true,false] Readable:[true,false] Signal:[true,false] Delay:[false,true] Defer:[false,true]
referenced again, it is waited for
waited
a deferred one disables the next, and a timer another that is due with it
not now
first
a disabled timer starts anew
enabled at once
ids that nobody knows
enable
reference
isEnabled
isReferenced
getType
array(0) {
}
