--TEST--
Objects in place of $connections, $sockets, their elements and fields, whose destructors change these again, or throw
--DESCRIPTION--
The arrays belong to the application, which puts anything there; the extension's own writes are what runs the destructors.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
const EVIL = 'class Evil { function __construct(public $f) {} function __destruct() { ($this->f)(); } }';
foreach ([
    'connections become an int' => '$connections = new Evil(function () { $GLOBALS["connections"] = 5; });',
    'connections become another one' => 'function evil($n) { return new Evil(function () use ($n) { $GLOBALS["connections"] = $n ? evil($n - 1) : []; }); } $connections = evil(20);',
    'connections throw' => '$connections = new Evil(function () { throw new Exception; });',
    'the next element' => '$connections[$client_key + 2] = new Evil(function () { $GLOBALS["connections"] = range(0, 200); });',
    'the next element goes' => '$connections[$client_key + 2] = new Evil(function () use ($client_key) { unset($GLOBALS["connections"][$client_key + 2]); });',
    'a field' => '$connection["ping_time"] = new Evil(function () use ($client_key) { unset($GLOBALS["connections"][$client_key]); });
        $connection["pong_time"] = new Evil(function () { $GLOBALS["connections"] = null; });',
    'the state' => '$GLOBALS["connections"][$client_key + 1]["state"] = new Evil(function () { $GLOBALS["connections"] = []; });',
    'sockets become an int' => 'global $sockets; $sockets = new Evil(function () { $GLOBALS["sockets"] = 7; });',
    'the next socket' => 'global $sockets; $sockets[$client_key + 2] = new Evil(function () { $GLOBALS["sockets"] = null; });',
    'a typed property' => '$GLOBALS["o"] = new class { public int|array $all = 1; }; $GLOBALS["o"]->all = &$connections; $connections = 5;',
] as $what => $code) {
    $declarations = '';
    if (preg_match('/^(function .*? }) (\$connections = evil.*)$/', $code, $match)) {
        [, $declarations, $code] = $match;
    }
    $server = new WsTest\Server(EVIL . <<<PHP
    $declarations
    function ws_server_text(&\$connections, &\$connection, \$client_key, \$msg) { if (\$msg === 'do') { $code } ws_server_send_text(\$client_key, \$msg); }
    function ws_server_after_close() { echo "after\\n"; }
    PHP);
    [$first, $second] = [$server->connect(), $server->connect()];
    $seen = [$first->text('do')->read(), $second->text('x')->read()];
    // The extension writes: times of pings and pongs, a new element, and it takes two out.
    $first->frame(10, 'x');
    $third = $server->connect();
    $seen = [...$seen, $third->text('y')->read(), $third->close()->drain(), $first->text('z')->read()];
    $second->hangUp();
    $server->awaits("after\nafter\n");
    ob_start();
    $server->stop();
    $end = ob_get_clean();
    if ([$seen, $end] !== [['text do', 'text x', 'text y', 'close 1000, gone', 'text z'], "--\nafter\nafter\nafter\nstatus 0\n"]) {
        echo "$what: ", implode(' | ', $seen), " / $end\n";
    }
}
echo "done\n";
?>
--EXPECT--
done
