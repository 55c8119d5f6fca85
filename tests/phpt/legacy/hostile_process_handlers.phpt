--TEST--
ws_process_… handlers that do strange things to $handle and $handles: no line is lost, the server goes on, and its memory stays
--DESCRIPTION--
2019: the callbacks got a copy of the handle by reference, so that what they assigned to it had no effect. An entry of $handles
that was removed was served no more.
--FILE--
<?php
require __DIR__ . '/../include/processes.inc';
$lines = (int) (getenv('WS_TEST_ROUNDS') ?: 100000);
foreach ([
    'nothing' => '',
    'unset the parameter' => 'unset($handle);',
    'an int instead' => '$handle = 5;',
    'null instead' => '$handle = null;',
    'an object instead' => '$handle = new ArrayObject($handle);',
    'empty' => '$handle = [];',
    'keys that are gone' => 'unset($handle["pid"], $handle["start"], $handle["cmdline"], $handle["timeout"], $handle["pipe_stdout"]);',
    'values of other types' => '$handle["start"] = "soon"; $handle["timeout"] = [new stdClass]; $handle["pid"] = null; $handle["cmdline"] = [1];',
    'an element of $handles' => '$GLOBALS["handles"][array_key_first($GLOBALS["handles"])] = "mine";',
    'a copy of all' => '$GLOBALS["handles"] = array_map(fn ($h) => $h, $GLOBALS["handles"]);',
    'others in $handles' => '$GLOBALS["handles"]["x"] = new stdClass; $GLOBALS["handles"]["y"] = STDIN; $GLOBALS["handles"]["z"] = ["process" => STDIN];',
    'keep a reference' => '$GLOBALS["kept"] = &$handle;',
    'keep references to all' => 'foreach ($GLOBALS["handles"] as $k => &$h) { $GLOBALS["list"][$k] = &$h; }',
    'keep a copy' => '$GLOBALS["copy"] = $handle; $GLOBALS["copies"] = $GLOBALS["handles"];',
    'a cycle' => '$handle["self"] = &$handle; $handle["all"] = &$GLOBALS["handles"];',
    'a destructor' => '$handle["d"] = new class { function __destruct() { $GLOBALS["n"] = ($GLOBALS["n"] ?? 0) + 1; } };',
    'a destructor in place' => '$handle = new class { function __destruct() { $GLOBALS["handles"][] = 1; array_pop($GLOBALS["handles"]); } };',
    'the connection' => '$handle["connection"] = 5; $handle["connections"] = 6; $handle["client_key"] = "x";',
    'shuffle' => 'shuffle($GLOBALS["handles"]);',
    'throw' => 'throw new Exception;',
    'close the error output' => 'is_resource($handle["pipe_stderr"]) && fclose($handle["pipe_stderr"]);',
    'a generator that holds it' => '$GLOBALS["g"] = (function () use (&$handle) { yield $handle; })(); $GLOBALS["g"]->current();',
    'the loop inside' => 'try { ws_server_run(); } catch (WsException $e) {}',
] as $what => $code) {
    // An exception ends the turn for one pipe: the next line comes from the loop again.
    $count = $what === 'throw' ? intdiv($lines, 50) : $lines;
    $server = WsTest\serveProcesses(<<<PHP
    \$told = 0;
    \$memory = null;
    function ws_process_stdout(&\$handle, \$line) {
        global \$told, \$memory;
        if (\$line !== ++\$told . "\\n") { echo "line \$told is \$line"; }
        if (\$told === 100) {
            gc_collect_cycles();
            \$memory = memory_get_usage();
        } elseif (\$told === $count) {
            unset(\$GLOBALS['kept'], \$GLOBALS['list'], \$GLOBALS['copies'], \$GLOBALS['g']);
            gc_collect_cycles();
            \$grown = memory_get_usage() - \$memory;
            // The pieces that are being read are 64 KiB long.
            echo \$grown > 200000 ? "memory grew by \$grown\\n" : '';
        }
        $code
    }
    function ws_process_loop(&\$handle) { $code }
    function ws_process_eof(&\$handle) { global \$told; echo "eof \$told ", is_array(\$handle) ? \$handle['prog'] : gettype(\$handle), "\\n"; $code }
    PHP);
    $client = $server->connect()->text("seq $count");
    $seen = [$client->frame(9, 'meanwhile')->read(), $client->read()];
    $server->awaits("eof $count");
    $seen[] = $client->frame(9, 'afterwards')->read() . ', ' . $client->read();
    ob_start();
    $server->stop();
    $end = ob_get_clean();
    $expected = ['pong meanwhile', 'text here meanwhile', 'pong afterwards, text here afterwards'];
    if ([$seen, $end] !== [$expected, "--\neof $count exec sh\nstatus 0\n"]) {
        echo "$what: ", implode(' | ', $seen), " / $end\n";
    }
}
echo "done\n";
?>
--EXPECT--
done
