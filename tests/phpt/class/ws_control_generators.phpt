--TEST--
WsControl::sendFragments: whatever a generator does, the message is given up with its connection, and the exception passes on
--FILE--
<?php
require __DIR__ . '/../include/fake_control.inc';
const TOKEN = '32febad1f0cf83f38aceb31ad63866c4';
const LOCK = ['32l' . TOKEN, '32A' . TOKEN];
$fake = new WsTest\FakeControl(function ($server) {
    $server->greet()->on(...LOCK)->on('3fone', '0a')->gone();
    $server->greet()->on(...LOCK)->on('1fa', '0a')->gone();
    $server->greet()->on(...LOCK)->gone();
    $server->greet()->on(...LOCK)->on('1fa', '0a')->gone();
    $server->greet()->on(...LOCK)->gone();
    // The rest goes well, and over one connection.
    $peer = $server->greet();
    $peer->on(...LOCK)->on('1fa', '0a')->on('1ib', '0a')->on('0s', '0a');
    $peer->on(...LOCK)->on('0f', '0a')->on('0s', '0a');
    $peer->on(...LOCK)->on('3fsub', '0a')->on('0s', '0a');
    $peer->on(...LOCK);
    $server->greet()->take('6binside');
    $peer->on('3fout', '0a')->on('0s', '0a');
    $peer->on(...LOCK)->on('1fa', '0n')->gone();
});
$control = new WsControl($fake->uri, ['timeout' => 40]);
function attempt(callable $call): void
{
    try {
        var_dump($call());
    } catch (Throwable $e) {
        echo get_class($e), ' ', $e->getCode(), ': ', $e->getMessage(), "\n";
    }
}
attempt(fn () => $control->sendFragments(TOKEN, (function () { yield 'one'; throw new LogicException('on purpose', 7); })()));
attempt(fn () => $control->sendFragments(TOKEN, ['a', 5]));
attempt(fn () => $control->sendFragments(TOKEN, (function () { yield "\xff"; })()));
attempt(fn () => $control->sendFragments(TOKEN, (function () { try { yield 'a'; yield null; } finally { echo "finally\n"; } })()));
attempt(fn () => $control->sendFragments(TOKEN, new class implements IteratorAggregate {
    function getIterator(): Iterator { throw new DomainException('no iterator'); }
}));
$pieces = ['a', 'b'];
$reference = &$pieces[1];
attempt(fn () => $control->sendFragments(TOKEN, $pieces));
attempt(fn () => $control->sendFragments(TOKEN, new EmptyIterator));
attempt(fn () => $control->sendFragments(TOKEN, new class implements IteratorAggregate {
    function getIterator(): Iterator { return new ArrayIterator(['k' => 'sub']); }
}));
attempt(fn () => $control->sendFragments(TOKEN, (function () use ($control) { $control->broadcast('inside'); yield 'out'; })()));
attempt(fn () => $control->sendFragments(TOKEN, (function () { try { yield 'a'; yield 'never'; } finally { echo "left early\n"; } })()));
$fake->done();

// The end of PHP is one for the message too.
foreach (['exit(3)', 'trigger_error("fatal", E_USER_ERROR)'] as $end) {
    $fake = new WsTest\FakeControl(fn ($server) => $server->greet()->on(...LOCK)->on('4flast', '0a')->gone());
    $code = sprintf('$c = new WsControl(%s, ["timeout" => 40]); $c->sendFragments("%s", (function () { yield "last"; %s; yield "never"; })()); echo "never";',
        var_export($fake->uri, true), TOKEN, $end);
    passthru(escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . ' ' . getenv('TEST_PHP_EXTRA_ARGS') . ' -d display_errors=0 -r ' . escapeshellarg($code), $status);
    echo "status $status\n";
    $fake->done();
}
?>
--EXPECT--
LogicException 7: on purpose
WsException 0: a piece must be a string, int given
WsException 1: text is not UTF-8
WsException 0: a piece must be a string, null given
finally
DomainException 0: no iterator
bool(true)
bool(true)
bool(true)
bool(true)
left early
bool(false)
status 3
status 255
