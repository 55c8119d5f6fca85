--TEST--
100000 calls of handlers that throw, call back into the loop, return references, keep what they got: the memory of PHP and of the process stays
--DESCRIPTION--
Preserves: callbacks may be declared in any way that PHP accepts, and do anything. Fixes fault 11: an exception ended the server.
--FILE--
<?php
require __DIR__ . '/../include/memory.inc';
$rounds = (int) (getenv('WS_TEST_ROUNDS') ?: 100000);
const BODY = 'static $calls = 0; $calls += $msg === "a"; $msg === "measure" && measure();
    if (strlen($msg) > 5) { ws_server_send_text($client_key, "after $calls"); }';
const HEAD = 'function ws_server_text(&$connections, &$connection, $client_key, $msg) { ' . BODY;
foreach ([
    'by value, returning a reference' => 'function &ws_server_text($connections, $connection, $client_key, $msg) { ' . BODY
        . ' $connections[$client_key]["x"] = $connections; $connection["y"] = &$connections; return $connection; }',
    'returning the variables themselves' => 'function &ws_server_text(&$connections, &$connection, &$client_key, &$msg) { ' . BODY
        . ' static $n = 0; if ($n++ % 2) { return $connection; } return $connections; }',
    'returning references to the arguments' => 'function &ws_server_text(...$arguments) { [, , $client_key, $msg] = $arguments; ' . BODY
        . ' $arguments[] = &$arguments; return $arguments; }',
    'keeping what it got' => HEAD . ' $GLOBALS["kept"] = [&$connections, &$connection, &$client_key, &$msg, func_get_args()]; }',
    'the loop inside' => HEAD . ' try { ws_server_run(["listen" => "tcp://127.0.0.1:0"]); echo "it ran\n"; } catch (WsException $e) {} }',
    'the loop of a class inside' => HEAD . ' static $n = 0; if ($n++ % 10) { return; } $s = new WsServer(["listen" => "tcp://127.0.0.1:0"]);
        try { $n % 20 > 1 ? $s->run() : $s->tick(0.0); echo "it ran\n"; } catch (WsException $e) {} }',
    'itself inside' => HEAD . ' static $depth = 0; if ($depth < 3) { $depth++; ws_server_text($connections, $connection, $client_key, "b"); $depth--; } }',
    'exceptions that are kept' => HEAD . ' try { ws_server_send_ping($client_key, str_repeat("x", 126)); } catch (WsException $e) { $GLOBALS["last"] = new Exception("mine", 0, $e); } }',
    'foreach by reference, closing who is not there' => HEAD . ' foreach ($connections as $key => &$c) { ws_server_disconnect($key + 100); $c["n"] = &$key; } }',
    'a generator that is left in the middle' => HEAD . ' $g = (function () use (&$connections) { foreach ($connections as &$c) { yield $c; } })(); $g->current();
        try { $g->throw(new Exception); } catch (Exception $e) {} }',
    'a fiber that is left in the middle' => HEAD . ' $f = new Fiber(function () use (&$connection) { Fiber::suspend($connection); }); $f->start(); }',
] as $what => $application) {
    $server = new WsTest\Server(WsTest\MEASURE . $application, ['ping_interval' => 0]);
    [$client, $other] = [$server->connect(), $server->connect()];
    $seen = [];
    // What PHP, and the allocator, keep for good is there after a fifth of it.
    foreach ([intdiv($rounds, 5), $rounds - intdiv($rounds, 5)] as $count) {
        // Many in one segment: the handlers run one right after the other.
        for ($i = 0; $i < $count; $i += 20) {
            ($i % 40 ? $client : $other)->raw(str_repeat(WsTest\Client::encode(1, 'a'), 20));
            // They are not to be far ahead of the server.
            $i % 2000 || $client->text('caught up')->read();
        }
        // The other's are handled too by then.
        $other->close();
        $seen[] = $other->drain();
        $other = $server->connect();
        $seen[] = $client->text('measure')->read();
    }
    ob_start();
    $server->stop();
    $end = ob_get_clean();
    $expected = ['close 1000, gone', 'text after ' . intdiv($rounds, 5), 'close 1000, gone', "text after $rounds"];
    echo [$seen, $end] === [$expected, "--\nstatus 0\n"] ? "$what\n" : "$what: " . json_encode($seen) . " $end\n";
}

// In ws_server_text it would cost a connection each time; nobody is closed for what this one throws.
$server = new WsTest\Server(WsTest\MEASURE . <<<'PHP'
function ws_server_fifo(&$server, &$sockets, &$connections, &$data) {
    static $calls = 0;
    if ($data === 'x') {
        $calls++;
        throw new class ([&$server, &$sockets, &$connections, &$data]) extends Exception {
            public $self;
            function __construct(public array $all) { parent::__construct('thrown'); }
        };
    }
    $data === 'measure' && measure();
    echo "after $calls\n";
}
function ws_server_error(&$connections, $client_key, $exception) { $GLOBALS['last'] = $exception; $exception->self = [&$connections, $exception]; static $n = 0; $n++ % 500 || gc_collect_cycles(); }
PHP, ['fifo_framing' => 'line']);
$fifo = fopen($server->fifo, 'r+');
for ($i = 20; $i <= $rounds; $i += 20) {
    fwrite($fifo, str_repeat("x\n", 20));
    $measure = $i === intdiv($rounds, 5) || $i === $rounds;
    // How much is read at once is to be the same always.
    if ($measure || $i % 2000 === 0) {
        fwrite($fifo, $measure ? "measure\n" : "caught up\n");
        $server->awaits("after $i\n");
    }
}
ob_start();
$server->stop();
echo preg_replace('/^after \d+\n/m', '', ob_get_clean());
echo substr_count($server->lastLog, 'uncaught in a callback: ') === $rounds ? "all logged\n" : "not all logged\n";
?>
--EXPECT--
by value, returning a reference
returning the variables themselves
returning references to the arguments
keeping what it got
the loop inside
the loop of a class inside
itself inside
exceptions that are kept
foreach by reference, closing who is not there
a generator that is left in the middle
a fiber that is left in the middle
--
status 0
all logged
