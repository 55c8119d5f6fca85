--TEST--
1000 clients for each thing that handlers may do to somebody who goes: the memory of PHP and of the process stays
--DESCRIPTION--
Preserves: close_client() and sends are legal in every callback, and the arrays are the application's. Fixes fault 11: a notice
ended the server, and an exception too.
--FILE--
<?php
require __DIR__ . '/../include/memory.inc';
const CROWD = 20;
// Each client needs a connection of its own: these are fewer calls than where one is used again and again.
$rounds = max(5, intdiv((int) (getenv('WS_TEST_ROUNDS') ?: 1000), CROWD));
const TEXT = 'function ws_server_text(&$connections, &$connection, $client_key, $msg) ';
const KEY = '$key = array_search($connection, $connections);';
foreach ([
    'it closes itself' => TEXT . '{ ws_server_disconnect($client_key, 4000, "enough"); $connection["late"] = ws_server_send_text($client_key, "late"); }',
    'the last closes all others, then itself' => TEXT . '{
        if ($msg !== "last") { return; }
        foreach ($connections as $key => &$c) { $key === $client_key || ws_server_disconnect($key); $c["late"] = &$c; }
        ws_server_disconnect($client_key);
    }',
    'foreach by reference, closing' => TEXT . '{ foreach ($connections as $key => &$c) { ws_server_disconnect($key); $c["late"] = $key; unset($connections[$key]); } }',
    'foreach by reference over the sockets, closing' => TEXT . '{ global $sockets, $server; foreach ($sockets as &$s) { is_resource($s) && $s !== $server && fclose($s); } }',
    'it sends in before_close' => 'function ws_server_before_close(&$connections, &$connection) { ' . KEY
        . ' ws_server_send_text($key, "bye"); ws_server_broadcast("bye all"); ws_server_disconnect($key); ws_server_send_ping($key); }',
    'it closes the next in before_close' => 'function ws_server_before_close(&$connections, &$connection) { ' . KEY
        . ' foreach ($connections as $other => &$c) { if ($other !== $key) { ws_server_disconnect($other); return; } } }',
    'it throws in text' => TEXT . '{ throw new class ($connections, $connection) extends Exception { function __construct(public array $all, public array $own) {} }; }',
    'it throws when somebody goes' => 'function ws_server_before_close(&$connections, &$connection) { throw new Exception; } '
        . 'function ws_server_error(&$connections, $client_key, $exception) { $GLOBALS["last"] = $exception; }',
    'it throws in open' => 'function ws_server_open(&$connections, &$connection, $client_key) { static $n = 0; $n++ % 50 || gc_collect_cycles();
        $connection["o"] = new Exception; throw $connection["o"]; }',
    'it throws in authenticate' => 'function ws_server_authenticate(&$connection) { throw new Exception; }',
    'it closes while it is asked' => 'function ws_server_authenticate(&$connection) { global $connections; ws_server_disconnect(array_key_last($connections)); return true; }',
    'references kept' => TEXT . '{ $GLOBALS["kept"][$client_key % 10] = [&$connection, &$connections[$client_key], &$connection["state"]]; $connection["mine"] = "x"; }
        function ws_server_measured() { foreach ($GLOBALS["kept"] as &$kept) { $kept[0]["late"] = $kept[1]["mine"]; } }',
    'sockets kept' => 'function ws_server_open(&$connections, &$connection, $client_key) { global $sockets; $GLOBALS["kept"][$client_key % 10] = [$sockets[$client_key], &$sockets[$client_key]]; }',
    'cycles' => TEXT . '{ $connection["self"] = &$connection; $connection["all"] = &$connections; $connection["o"] = $o = new stdClass; $o->o = $o; $o->c = &$connection;
        static $n = 0; $n++ % 50 || gc_collect_cycles(); }',
    'unset and put back' => TEXT . '{ unset($connections[$client_key]); $connections[$client_key] = &$connection; unset($connections[$client_key]); }
        function ws_server_before_close(&$connections, &$connection) { ' . KEY . ' unset($connections[$key]); }',
] as $what => $application) {
    $server = new WsTest\Server(WsTest\MEASURE . $application . <<<'PHP'
    function ws_server_ping(&$connections, &$connection, $client_key, $payload) { ws_server_send_text($client_key, 'here'); }
    function ws_server_fifo() { function_exists('ws_server_measured') && ws_server_measured(); measure(); static $n = 0; echo "measured ", ++$n, "\n"; }
    PHP, ['ping_interval' => 0]);
    $measured = 0;
    for ($round = 1; $round <= $rounds; $round++) {
        $clients = [];
        for ($i = 0; $i < CROWD; $i++) {
            $clients[] = $server->dial()->upgrade();
        }
        $open = array_filter($clients, fn ($client) => $client->status() === '101');
        foreach ($open as $i => $client) {
            $client->text($i === CROWD - 1 ? 'last' : 'go');
        }
        // Everyone is still there for what the last one does.
        for ($word = ''; $open && !in_array($word, ['text here', 'gone'], true);) {
            $word = $word === '' ? $client->frame(9)->read() : $client->read();
        }
        foreach ($clients as $i => $client) {
            // Its connection must end.
            isset($open[$i]) ? $client->close()->drain() : $client->rest();
        }
        unset($open, $client);
        // What PHP, and the allocator, keep for good is there after a fifth of it.
        if ($round === intdiv($rounds, 5) || $round === $rounds) {
            file_put_contents($server->fifo, "measure\n");
            $server->awaits('measured ' . ++$measured);
        }
    }
    ob_start();
    $server->stop();
    $told = ob_get_clean();
    echo $told === "--\nmeasured 1\nmeasured 2\nstatus 0\n" ? "$what\n" : "$what: $told\n";
}
?>
--EXPECT--
it closes itself
the last closes all others, then itself
foreach by reference, closing
foreach by reference over the sockets, closing
it sends in before_close
it closes the next in before_close
it throws in text
it throws when somebody goes
it throws in open
it throws in authenticate
it closes while it is asked
references kept
sockets kept
cycles
unset and put back
