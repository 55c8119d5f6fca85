--TEST--
Children that flood, close their output, leave grandchildren; handlers that close pipes, kill, start others, end the server: nobody is left behind
--DESCRIPTION--
2019: children started by start_process() end with the server. The legacy server waited in proc_close() for one that had closed its output.
--FILE--
<?php
require __DIR__ . '/../include/processes.inc';

/** Plays a case; $pids gets the numbers that the application prints after "pid". */
function play(string $what, string $application, string $command, string $until, string $expected, array $more = []): void
{
    $server = WsTest\serveProcesses($application, 'echo "after\n";');
    $client = $server->connect()->text($command);
    $seen = '';
    try {
        $server->awaits($until);
        if ($more !== ['ends']) {
            $seen = $client->frame(9, 'x')->read() . ', ' . $client->read();
        }
        foreach ($more as $text) {
            $text !== 'ends' && $client->text($text);
        }
    } catch (Exception $e) {
        // The application has ended it.
    }
    if ($more === ['ends']) {
        $client->drain(); // to the end of its connection: no child has that
    }
    ob_start();
    $more === ['ends'] ? $server->wait() : $server->stop();
    $told = ob_get_clean();
    preg_match_all('/pid (\d+)\n/', $told, $pids);
    $ends = array_unique(array_map('WsTest\awaitEnd', array_map('intval', $pids[1])));
    $told = strtr(preg_replace('/pid \d+\n|^--\n|(?m:^#\d.*\n)|PHP (?=Fatal)/', '', $told), ["\n" => ' ']);
    $told = preg_replace(['/ (in|on line) \S+/', '/ +/'], ['', ' '], $told);
    if ($told !== $expected || $ends !== ($pids[1] === [] ? [] : ['gone']) || ($more !== ['ends'] && $seen !== 'pong x, text here x')) {
        echo "$what: $seen / $told / ", implode(' ', $ends), "\n";
    }
}

const PIDS = 'function ws_process_stdout(&$handle, $line) { echo is_numeric($line) ? "pid $line" : $line; }';
const EOF = 'function ws_process_eof(&$handle) { echo "eof\n"; }';

play('a child that never stops talking', 'function ws_process_stdout(&$handle, $line) { static $n = 0; if ($n++ === 0) { echo "pid $handle[pid]\n"; } }' . EOF, 'yes', 'pid', 'status 0 after ');
play('one line without an end', 'function ws_process_stdout(&$handle, $line) { static $n = 0; if ($n++ === 0) { echo strlen($line) >= 1 << 20 ? "a piece\n" : "less\n", "pid $handle[pid]\n"; } }', 'cat /dev/zero', 'pid', 'a piece status 0 after ');
play('output closed by the child, which lives', PIDS . EOF, 'echo $$; exec >&- 2>&-; exec sleep 1000', 'pid', 'status 0 after ');
play('output closed by the child, which ends', PIDS . EOF, 'echo $$; exec >&- 2>&-; sleep 0.1', 'eof', 'eof status 0 after ');
play('grandchildren', PIDS . EOF, 'sleep 1000 & echo $!; sh -c "sleep 1000 & echo \$!; wait" & echo $!; wait', 'pid', 'status 0 after ');
play('grandchildren whose parents have ended', PIDS . EOF, '(sleep 1000 & echo $!); setsid sh -c "trap \"\" TERM HUP; echo \$\$; sleep 1000; :" & exit', "pid", 'status 0 after ');
play('the same, with a timeout', PIDS . 'function ws_process_timeout(&$handle) { echo "timeout\n"; }', '0.3 (sleep 1000 & echo $!)', 'timeout', 'timeout status 0 after ');

play('pipes closed in the callback', 'function ws_process_stdout(&$handle, $line) { echo "pid $handle[pid]\n"; foreach (["stdin", "stdout", "stderr"] as $p) { fclose($handle["pipe_$p"]); } }' . EOF, 'echo one; echo two; exec cat', 'eof', 'eof status 0 after ');
play('pipes closed, and the child ends', 'function ws_process_stdout(&$handle, $line) { echo $line; fclose($handle["pipe_stdout"]); fclose($handle["pipe_stdin"]); }' . EOF, 'echo one; read x', 'eof', 'one eof status 0 after ');
play('the process closed by hand', 'function ws_process_stdout(&$handle, $line) { echo $line; echo proc_close($handle["process"]), "\n"; }' . EOF, 'echo one; exit 7', 'eof', 'one 7 eof status 0 after ');
foreach (['loop' => '', 'stdout' => ', $line', 'stderr' => ', $line', 'eof' => '', 'timeout' => ''] as $callback => $parameters) {
    $code = 'echo "killed ", json_encode([kill_process($handle), kill_process($handle), is_resource($handle["process"])]), "\n";';
    $once = in_array($callback, ['eof', 'timeout']) ? $code : "static \$n = 0; if (!\$n++) { $code }";
    play("kill_process() in $callback", "function ws_process_$callback(&\$handle$parameters) { $once }" . ($callback === 'eof' ? '' : EOF),
        ($callback === 'timeout' ? '0.1 ' : '') . 'echo out; echo err >&2; ' . ($callback === 'eof' ? '' : 'sleep 1000'), 'killed',
        'killed [true,true,false] ' . (in_array($callback, ['eof', 'timeout']) ? '' : 'eof ') . 'status 0 after ');
    $throws = "function ws_process_$callback(&\$handle$parameters) { static \$n = 0; if (!\$n++) { echo \"throws\\n\"; } throw new Exception; }";
    play("an exception in $callback", $throws, ($callback === 'timeout' ? '0.1 ' : '') . 'echo out; echo err >&2; sleep ' . ($callback === 'eof' ? '0' : '1000'), 'throws', 'throws status 0 after ');
    foreach (['exit(7);' => 'exit status 7 ', 'trigger_error("over", E_USER_ERROR);' => 'Fatal error: over exit status 255 ', 'ws_server_stop();' => 'status 0 after '] as $end => $expected) {
        $pids = 'function note($h) { global $handles; foreach ($handles as $one) { echo "pid $one[pid]\n"; } echo "kids\n"; } ';
        play("$end in $callback", "$pids function ws_process_$callback(&\$handle$parameters) { static \$n = 0; if (\$n++) { return; } start_process_fifo('exec sleep', [1000], 0); note(\$handle); $end }",
            ($callback === 'timeout' ? '0.1 ' : '') . 'echo out; echo err >&2; ' . ($callback === 'eof' ? '' : 'sleep 1000'), 'kids', "kids $expected", ['ends']);
    }
}
play('children started in callbacks', 'function ws_process_eof(&$handle) { static $n = 0; if ($n++ < 20) { start_process_fifo("echo", [$n], 0); } else { echo "enough\n"; } }'
    . ' function ws_process_stdout(&$handle, $line) { static $n = 0; if ($n++ < 5) { start_process_fifo("exec sleep", [1000], 0); global $handles; echo "pid ", end($handles)["pid"], "\n"; } }', 'echo 0', 'enough', 'enough status 0 after ');
play('removed from $handles', PIDS . ' function ws_server_ping(&$connections, &$connection, $client_key, $payload) { global $handles; $handles = $payload === "x" ? [] : $handles; ws_server_send_text($client_key, "here $payload"); }' . EOF,
    'echo $$; exec sleep 1000', 'pid', 'status 0 after ');
play('$handles is no array', PIDS . ' function ws_server_open() { $GLOBALS["handles"] = 5; }' . EOF, 'echo $$', 'eof', 'eof status 0 after ');
echo "done\n";
?>
--EXPECT--
done
