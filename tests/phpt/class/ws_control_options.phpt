--TEST--
WsControl: options and arguments that can't be used are named; no clones, no serialisation, no properties
--FILE--
<?php
function attempt(callable $call): void
{
    try {
        $call();
        echo "no exception\n";
    } catch (Throwable $e) {
        echo get_class($e), ' ', $e->getCode(), ': ', $e->getMessage(), "\n";
    }
}
foreach ([['retries' => 3], ['timeout' => '1'], ['timeout' => 0], ['timeout' => -1.5], ['timeout' => NAN], ['timeout' => null],
    ['secret' => 5], ['secret' => ''], ['secret' => []], [3 => 4], ['secret' => null, 'timeout' => 2], ['secret' => "\xff"]] as $options) {
    attempt(fn () => new WsControl('unix:///nowhere', $options));
}
foreach (['/nowhere', 'tcp://localhost', 'unix://', 'systemd', 'tls://localhost:1', "unix:///\xff"] as $uri) {
    attempt(fn () => new WsControl($uri));
}
$control = new WsControl('unix:///nowhere');
foreach ([fn () => $control->broadcast("\xff"), fn () => $control->publish("\xff", 'x'), fn () => $control->publish("a\0b", 'x'),
    fn () => $control->send('', 'x'), fn () => $control->send('#1', 'x'), fn () => $control->send(-1, 'x'), fn () => $control->send("\xff", 'x'),
    fn () => $control->send(str_repeat('t', 33), 'x'), fn () => $control->broadcast(str_repeat('x', 65531)),
    fn () => $control->publish('topic', str_repeat('x', 65525)), fn () => $control->sendFragments('#', ['x']),
    fn () => $control->send([], 'x'), fn () => $control->send(1), fn () => $control->sendFragments(1, 'x'), fn () => $control->broadcast(),
    fn () => new WsControl(), fn () => new WsControl('unix:///nowhere', 'secret'),
    fn () => clone $control, fn () => serialize($control), fn () => $control->new = 1,
    fn () => (new ReflectionClass('WsControl'))->newInstanceWithoutConstructor()->ping(),
    fn () => $control->broadcast(str_repeat('x', 65530)), fn () => $control->ping(), fn () => (new WsControl("unix:///nowhere"))->stats()] as $call) {
    attempt($call);
}
var_dump($control, (new ReflectionClass($control))->isFinal(), $control == $control);
?>
--EXPECTF--
WsException 0: option "retries" is unknown
WsException 0: option "timeout" must be a number of seconds, string given
WsException 0: option "timeout" must be greater than 0
WsException 0: option "timeout" must be a number of seconds from 0 to 3155760000
WsException 0: option "timeout" must be a number of seconds from 0 to 3155760000
WsException 0: option "timeout" must be a number of seconds, null given
WsException 0: option "secret" must be a string, int given
WsException 0: option "secret" must not be empty
WsException 0: option "secret" must be a string, array given
WsException 0: option "3" is unknown
no exception
no exception
WsException 0: "/nowhere": the address of a control socket has the form unix:///PATH or tcp://HOST:PORT
WsException 0: "tcp://localhost": the port is missing
WsException 0: "unix://": the path is missing
WsException 0: "systemd": the address of a control socket has the form unix:///PATH or tcp://HOST:PORT
WsException 0: "tls://localhost:1": the address of a control socket has the form unix:///PATH or tcp://HOST:PORT
WsException 0: a name must be UTF-8
WsException 0: text is not UTF-8
WsException 0: a name must be UTF-8
WsException 0: a topic can't hold a NUL byte
WsException 0: the recipient is neither a token nor a connection's id
WsException 0: the recipient is neither a token nor a connection's id
WsException 0: the recipient is neither a token nor a connection's id
WsException 0: a token must be UTF-8
WsException 0: the recipient is neither a token nor a connection's id
WsException 0: a message of 65531 bytes is too long; there is room for 65530
WsException 0: a message of 65525 bytes is too long; there is room for 65524
WsException 0: the recipient is neither a token nor a connection's id
TypeError 0: WsControl::send(): Argument #1 ($to) must be of type string|int, array given
ArgumentCountError 0: WsControl::send() expects at least 2 arguments, 1 given
TypeError 0: WsControl::sendFragments(): Argument #2 ($pieces) must be of type Traversable|array, string given
ArgumentCountError 0: WsControl::broadcast() expects at least 1 argument, 0 given
ArgumentCountError 0: WsControl::__construct() expects at least 1 argument, 0 given
TypeError 0: WsControl::__construct(): Argument #2 ($options) must be of type array, string given
Error 0: Trying to clone an uncloneable object of class WsControl
Exception 0: Serialization of 'WsControl' is not allowed
Error 0: Cannot create dynamic property WsControl::$new
ReflectionException 0: Class WsControl is an internal class marked as final that cannot be instantiated without invoking its constructor
WsException 1: unix:///nowhere: cannot connect: No such file or directory (os error 2); the message was not delivered
WsException 0: unix:///nowhere: cannot connect: No such file or directory (os error 2)
WsException 0: unix:///nowhere: cannot connect: No such file or directory (os error 2)
object(WsControl)#%d (0) {
}
bool(true)
bool(true)
