--TEST--
What a destructor throws that runs between callbacks goes to the error handler, and the next callback is called nevertheless
--FILE--
<?php
require __DIR__ . '/../include/class.inc';
$server = WsTest\serve(<<<'PHP'
class Thrower {
    function __construct(public string $where) {}
    function __destruct() { throw new Exception($this->where); }
}
$server->on('error', function (Throwable $e, ?WsConnection $c) { echo 'error ', $e->getMessage(), ' ', json_encode($c?->id), "\n"; });
// Each is the last that anybody has of the thing: a timer that is over, a handler that replaces itself, a watch of a stream
// that is closed, the data of a connection, an exception.
$server->on('text', function (WsConnection $c, string $m) use ($server) {
    $t = new Thrower($m);
    switch ($m) {
        case 'timer': $server->timer(0, function () use ($t) { echo "timer\n"; }); break;
        case 'handler': $server->on('pong', function ($c) use ($t, $server) { $server->on('pong', null); $c->sendText('pong'); }); break;
        case 'watch':
            [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            $server->watch($a, function () use ($t) {});
            fclose($a);
            break;
        case 'own watch':
            [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            fwrite($b, 'x');
            $watch = $server->watch($a, function () use ($t, $server, &$watch) { $server->unwatch($watch); });
            break;
        case 'data': $c->data = $t; $c->close(); break;
        case 'exception': throw new class ('of its own', $t) extends Exception { function __construct($m, public $t) { parent::__construct($m); } };
    }
    unset($t);
    $server->timer(0, function () use ($m) { global $after; $after[] = $m; });
});
$server->on('stop', function () { global $after; echo 'called after: ', implode(', ', $after), "\n"; });
PHP);
foreach (['timer', 'handler', 'watch', 'own watch', 'data', 'exception'] as $case) {
    $client = $server->connect()->text($case)->frame(10, 'x');
    $server->awaits("error $case");
    // A destructor is nobody's fault: this connection, which stands next, is not closed for it.
    echo $server->connect()->frame(9, $case)->read(), "\n";
}
$server->stop();
?>
--EXPECT--
pong timer
pong handler
pong watch
pong own watch
pong data
pong exception
--
timer
error timer null
error handler null
error watch null
error own watch null
error data null
error of its own 11
error exception null
called after: timer, handler, watch, own watch, data
status 0
