--TEST--
Handlers that do strange things to $connections and $connection: the server goes on, and its memory stays
--DESCRIPTION--
Preserves: the arrays are the application's, which may make anything of them. The legacy server died of the first notice
(fault 11).
--FILE--
<?php
require __DIR__ . '/../include/memory.inc';
$rounds = (int) (getenv('WS_TEST_ROUNDS') ?: 100000);
foreach ([
    'unset the element' => 'unset($connections[$client_key]);',
    'unset all variables' => 'unset($connections, $connection);',
    'empty the array' => '$connections = [];',
    'an int instead' => '$connections = 5;',
    'null instead' => '$connections = null;',
    'an object instead' => '$connections = new ArrayObject($connections);',
    'a string for the element' => '$connection = "gone";',
    'null for the element' => '$connections[$client_key] = null;',
    'unset the global' => 'unset($GLOBALS["connections"]);',
    'assign the global' => '$GLOBALS["connections"] = ["x" => 1];',
    'keep a reference to the element' => '$GLOBALS["kept"] = &$connection;',
    'keep references to all' => 'foreach ($connections as $k => &$c) { $GLOBALS["list"][$k] = &$c; }',
    'keep a copy' => '$GLOBALS["copy"] = $connections;',
    'copies of copies' => '$GLOBALS["older"] = $GLOBALS["copy"] ?? null; $GLOBALS["copy"] = $connections; $connections[] = "new"; array_pop($connections);',
    'a cycle' => '$connection["self"] = &$connection; $connection["all"] = &$connections;',
    'a cycle through an object' => '$o = new stdClass; $o->c = &$connection; $connection["o"] = $o;',
    'references to fields' => '$GLOBALS["state"] = &$connection["state"]; $GLOBALS["state"] = [1];',
    'a typed property on a field' => '$GLOBALS["typed"] ??= new class { public ?string $state; }; $GLOBALS["typed"]->state = &$connection["state"];',
    'a typed property on all' => '$GLOBALS["typed"] ??= new class { public ?array $all; }; $GLOBALS["typed"]->all = &$connections;',
    'foreach by reference' => 'foreach ($connections as &$c) { $c["n"] = ($c["n"] ?? 0) + 1; }',
    'sort' => 'shuffle($connections);',
    'swap references' => '$other = ["mine" => 1]; $connections[$client_key] = &$other;',
    'a destructor that calls back' => '$connection["d"] = new class { function __destruct() { ws_server_send_text(999, ""); ws_server_broadcast("", false, [1, 2, 3]); } };',
    'a generator that holds it' => '$GLOBALS["g"] = (function () use (&$connection, &$connections) { yield $connection; yield $connections; })(); $GLOBALS["g"]->current();',
    'a closure that holds it' => '$GLOBALS["f"] = function () use (&$connection) { return $connection; };',
    'collect cycles' => '$connection["self"] = &$connection; gc_collect_cycles();',
    'by-value handlers' => '(function ($connections, $connection) { $connections[] = 1; $connection["x"] = 1; })($connections, $connection);',
    'strange sockets' => 'global $sockets, $server; $sockets = "none"; $server = null;',
] as $what => $code) {
    $application = WsTest\MEASURE . <<<PHP
    function ws_server_text(&\$connections, &\$connection, \$client_key, \$msg) {
        static \$memory, \$count = 0;
        ws_server_send_text(\$client_key, \$msg);
        if (++\$count === 100) {
            gc_collect_cycles();
            \$memory = memory_get_usage();
        } elseif (\$msg === 'end') {
            unset(\$GLOBALS['kept'], \$GLOBALS['list'], \$GLOBALS['older'], \$GLOBALS['g']);
            gc_collect_cycles();
            \$grown = memory_get_usage() - \$memory;
            echo \$grown > 20000 ? "memory grew by \$grown\\n" : '';
        }
        $code
    }
    function ws_server_after_close() { echo "after\\n"; }
    PHP;
    $server = new WsTest\Server($application);
    $first = $server->connect();
    $second = $server->connect();
    for ($i = 0; $i < $rounds; $i += 100) {
        // Many in one segment: the handlers run one right after the other.
        $first->raw(str_repeat(WsTest\Client::encode(1, 'a'), 50));
        $second->raw(str_repeat(WsTest\Client::encode(1, 'b'), 50));
        for ($j = 0; $j < 50; $j++) {
            if ($first->read() !== 'text a' || $second->read() !== 'text b') {
                echo "$what: a message is missing\n";
            }
        }
    }
    // A client that comes and goes meanwhile.
    $third = $server->connect()->text('c');
    $seen = [$third->read(), $third->close()->drain(), $first->text('end')->read(), $second->close()->drain()];
    ob_start();
    $server->signal('TERM');
    $server->wait();
    $end = str_replace("\n", ' ', ob_get_clean());
    if ([$seen, $end] !== [['text c', 'close 1000, gone', 'text end', 'close 1000, gone'], '-- after after after status 0 ']) {
        echo "$what: ", implode(' | ', $seen), " / $end\n";
    }
    if (str_contains($server->lastLog, 'uncaught')) {
        echo "$what: $server->lastLog\n";
    }
}
echo "done\n";
?>
--EXPECT--
done
