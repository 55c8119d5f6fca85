--TEST--
WsControl: a forked child has a connection of its own, and leaves its parent's alone
--FILE--
<?php
require __DIR__ . '/../include/fake_control.inc';
const TOKEN = '32febad1f0cf83f38aceb31ad63866c4';
$fake = new WsTest\FakeControl(function ($server) {
    $parent = $server->greet()->take('6bparent');
    $child = $server->greet()->take('5bchild');
    $child->gone();
    $parent->take('6bparent')->on('32l' . TOKEN, '32A' . TOKEN);
    // The child that goes on with the parent's message says nothing over its connection.
    $parent->on('4fhalf', '0a')->on('0s', '0a')->take('3bend');
});
$control = new WsControl($fake->uri, ['timeout' => 40]);
$control->broadcast('parent');
if (($pid = pcntl_fork()) === 0) {
    $control->broadcast('child');
    pcntl_exec('/bin/sh', ['-c', 'exit']);
}
pcntl_waitpid($pid, $status);
$control->broadcast('parent');
$forks = function () use (&$pid) {
    if (($pid = pcntl_fork()) !== 0) {
        pcntl_waitpid($pid, $status);
    }
    yield 'half';
};
try {
    var_dump($control->sendFragments(TOKEN, $forks()));
    $control->broadcast('end');
} catch (WsException $e) {
    echo $e->getCode(), ' ', str_replace($fake->uri, '%', $e->getMessage()), "\n";
    pcntl_exec('/bin/sh', ['-c', 'exit']);
}
$fake->done();
?>
--EXPECT--
1 %: the message was begun in the process that forked this one; the message was not delivered
bool(true)
