--TEST--
getOption and setOption; options count at run time where they can; errors name the option
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
foreach ([['nonsense' => 1], ['max_buffered' => 'x'], ['listen' => 'http://x'], ['origins' => ['x y']], [5]] as $options) {
    try { new WsServer($options); echo "no exception\n"; } catch (WsException $e) { echo $e->getMessage(), "\n"; }
}
// A subclass that does not call our constructor has the defaults.
echo (new class extends WsServer { function __construct() {} })->getOption('origins'), "\n";
try { new WsServer(5); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
$server = WsTest\serve(<<<'PHP'
echo show($server->getOption('origins'), $server->getOption('listen'), $server->getOption('max_message_size'), $server->getOption('tls'), $server->getOption('compression'));
$server->setOption('ping_timeout', 7);
$server->on('text', function ($c, $m) use ($server) {
    [$name, $value] = json_decode($m);
    try {
        $server->setOption($name, $value);
        $c->sendText(json_encode($server->getOption($name)));
    } catch (WsException $e) { $c->sendText($e->getMessage()); }
});
$server->on('start', fn () => print(show($server->getOption('ping_timeout'))));
PHP);
$client = $server->connect();
foreach ([['max_buffered', 5000], ['max_message_size', 20], ['nonsense', 1], ['max_buffered', -1], ['listen', 'tcp://127.0.0.1:0'], ['io_threads', 1], ['origins', 'any'], ['log_level', 'error']] as $option) {
    $client->text(json_encode($option));
    echo $client->read(), "\n";
}
// The protocol's options count for connections that come from now on.
$client->text('["max_message_size", 20         ]');
echo $client->read(), "\n";
echo $server->connect(['Origin' => 'http://evil.example'])->text('["max_message_size", 20         ]')->drain(), "\n";
$server->stop();
?>
--EXPECTF--
option "nonsense" is unknown
option "max_buffered" must be an int, string given
option "listen" is wrong: "http://x": the scheme must be tcp, tls, unix or fd
option "origins" is wrong: "x y" is no origin like https://example.com
option "0" is unknown
same
WsServer::__construct(): Argument #1 ($options) must be of type array, int given
text 5000
text 20
text option "nonsense" is unknown
text option "max_buffered" must not be negative
text option "listen" can only be set before the server listens
text option "io_threads" can only be set before the server listens
text "any"
text "error"
text 20
close 1009 %s, gone
--
same tcp://127.0.0.1:0 1048576 null null
7
status 0
