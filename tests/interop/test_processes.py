"""Child processes of the application (the legacy server of 2019 had them)."""

import json
import os
import select
import signal

import pytest

# Says all that it is told, and starts what the FIFO names: [program, arguments, timeout].
PROCESSES = r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    [$prog, $args, $timeout] = json_decode($data, true);
    tell("start", start_process_fifo($prog, $args, $timeout));
}
function ws_process_stdout(&$handle,$line) { tell("out", $line); }
function ws_process_stderr(&$handle,$line) { tell("err", $line); }
function ws_process_eof(&$handle) { tell("eof", $handle["prog"]); }
function ws_process_timeout(&$handle) { tell("timeout", $handle["prog"]); }
"""


def run(server, program, *arguments, timeout=0):
    server.push(json.dumps([program, arguments, timeout]))
    assert server.told("start") == [None]


def gone(pid):
    """Waits for the end of a process that is not our child (it may be a zombie of somebody's)."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return select.select([pidfd], [], [], 60)[0] != []
    finally:
        os.close(pidfd)


def test_output_comes_line_by_line_while_the_program_runs(serve):
    """Preserves: ws_process_stdout and ws_process_stderr get lines; as they come, where it was one a turn."""
    server = serve(PROCESSES)
    gate = server.folder / "gate"
    os.mkfifo(gate)
    run(server, "sh", "-c", f"echo one; echo 'two é'; echo wrong >&2; cat {gate}; echo last; printf unfinished")
    # The program waits for us: these have come before its end.
    assert server.told("out", 2) == [["one\n"], ["two é\n"]]
    assert server.told("err") == ["wrong\n"]
    gate.write_text("opened\n")
    assert server.told("out", 3) == [["opened\n"], ["last\n"], ["unfinished"]]
    assert server.told("eof") == ["sh"]


def test_output_without_a_line_end_is_handed_on_when_no_more_comes(serve):
    """A prompt; the answer goes through pipe_stdin, as handlers do it."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { start_process_fifo("sh", ["-c", 'printf "name? "; read name; echo "hello $name"'], 0); }
function ws_process_stdout(&$handle,$line) { tell("out", $line); if ($line === "name? ") fwrite($handle["pipe_stdin"], "ann\n"); }
function ws_process_eof(&$handle) { tell("eof"); }
""", {"WEBSOCKET_SELECT_TIMEOUT": 20000})
    server.push("go")
    assert server.told("out", 2) == [["name? "], ["hello ann\n"]]
    server.told("eof")


def test_arguments_reach_the_program_as_they_are(serve):
    """Preserves: $args are quoted for the shell."""
    server = serve(PROCESSES)
    run(server, "printf", "%s\\n", "a b", "$HOME", "it's", "; exit 1", "漢字")
    assert server.told("out", 5) == [["a b\n"], ["$HOME\n"], ["it's\n"], ["; exit 1\n"], ["漢字\n"]]
    assert server.told("eof") == ["printf"]


def test_a_lot_of_output_arrives_whole(serve):
    """Preserves: lines, in order. The legacy server read one a turn, and lost the rest at the end."""
    server = serve(r"""
$lines = $bytes = 0;
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { start_process_fifo("seq", [50000], 0); }
function ws_process_stdout(&$handle,$line) { global $lines, $bytes; $lines++; $bytes += strlen($line); if ($line !== "$lines\n") tell("torn", $line); }
function ws_process_eof(&$handle) { global $lines, $bytes; tell("eof", $lines, $bytes); }
""")
    server.push("go")
    assert server.told("eof") == [50000, sum(len(str(n)) + 1 for n in range(1, 50001))]
    assert server.all_told("torn") == []


def test_the_handle_has_its_keys_and_the_connection(serve):
    """Preserves: keys of $handle; closed resources in ws_process_eof."""
    server = serve(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    $connection["job"] = $msg;
    tell("returns", start_process("echo", ["done"], 5, $connection, $client_key));
}
function kinds($handle) { return array_map(fn($v) => is_resource($v) ? get_resource_type($v) : gettype($v), $handle); }
function ws_process_stdout(&$handle,$line) {
    global $handles;
    tell("kinds", kinds($handle), array_keys($handles), $handles[0]["pid"] === $handle["pid"]);
    tell("values", $handle["prog"], $handle["cmdline"], $handle["args"], $handle["timeout"], $handle["client_key"], $handle["connection"]["job"],
        $handle["pid"] > 1, microtime(true) >= $handle["start"]);
    $handle["connection"]["job"] = "is done";
    send_text($handle["client_key"], $line);
}
function ws_process_eof(&$handle) { global $handles, $connections; tell("eof", kinds($handle), count($handles), $connections[$handle["client_key"]]["job"]); }
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { global $handles; tell("handles", $handles); start_process_fifo("echo", ["x"], 0); tell("keys", array_keys($handles[0])); }
""")
    keys = ["process", "prog", "cmdline", "args", "pid", "pipe_stdin", "pipe_stdout", "pipe_stderr", "timeout", "start"]
    with server.connect() as client:
        client.send("print")
        assert server.told("returns") == [None]
        assert client.recv() == "done\n"
        kinds, positions, same = server.told("kinds")
        assert list(kinds) == keys + ["connections", "connection", "client_key"]
        assert [kinds[k] for k in keys] == ["process", "string", "string", "array", "integer", "stream", "stream", "stream", "integer", "double"]
        assert (kinds["connections"], kinds["connection"], kinds["client_key"]) == ("NULL", "array", "integer")
        assert (positions, same) == ([0], True)
        assert server.told("values") == ["echo", "echo 'done'", ["done"], 5, 1, "print", True, True]
        closed, count, job = server.told("eof")
        assert {k: closed[k] for k in ("process", "pipe_stdin", "pipe_stdout", "pipe_stderr")} == dict.fromkeys(
            ("process", "pipe_stdin", "pipe_stdout", "pipe_stderr"), "resource (closed)")
        assert (count, job) == (1, "is done")
        server.push("again")
        assert server.told("handles") == [[]]
        assert server.told("keys") == [keys]


def test_the_loop_callback_of_processes_runs_while_there_are_some(serve):
    """Preserves: ws_process_loop."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { start_process_fifo("cat", [], 0); }
function ws_process_loop(&$handle) {
    global $turns; $turns++; tell("loop", $handle["prog"]);
    if ($turns === 3) fwrite($handle["pipe_stdin"], "fed\n");
    if ($turns === 6) fclose($handle["pipe_stdin"]); // cat ends
}
function ws_process_stdout(&$handle,$line) { tell("out", $line); }
function ws_process_eof(&$handle) { tell("eof"); }
""", {"WEBSOCKET_SELECT_TIMEOUT": 10000})
    server.push("go")
    server.told("loop", 6)
    assert server.told("out") == ["fed\n"]
    server.told("eof")


def test_a_timeout_kills_the_whole_tree(serve):
    """Preserves: the timeout kills the tree, without ps."""
    server = serve(PROCESSES)
    # The grandchild has its own process group and ignores SIGTERM.
    run(server, "sh", "-c", "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$; sleep 1000; :' & echo $$; wait; :", timeout=1)
    pids = [int(line) for [line] in server.told("out", 2)]
    assert server.told("timeout") == ["sh"]
    assert all(gone(pid) for pid in pids)
    assert "process timed out: sh" in server.log()
    assert server.all_told("eof") == []


def test_pipes_and_process_are_closed_in_the_timeout_callback(serve):
    """Preserves: closed resources in ws_process_timeout."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { start_process_fifo("sleep", ["1000"], 0.05); }
function ws_process_timeout(&$handle) { tell("timeout", array_map("is_resource", [$handle["process"], $handle["pipe_stdin"], $handle["pipe_stdout"], $handle["pipe_stderr"]])); }
function ws_process_eof(&$handle) { tell("eof"); }
""")
    server.push("go")
    assert server.told("timeout") == [[False] * 4]
    assert server.stop() == 0
    assert server.all_told("eof") == []


def test_kill_process_kills_the_tree_and_the_application_hears_of_its_end(serve):
    """Preserves: kill_process() returns true. The legacy server died of the closed pipes in its next turn."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    global $handles;
    if ($data === "kill") tell("killed", kill_process($handles[0]), is_resource($handles[0]["process"]), kill_process($handles[0]));
    else start_process_fifo("sh", ["-c", "sleep 1000 & echo \$!; wait; :"], 0);
}
function ws_process_stdout(&$handle,$line) { tell("out", (int)$line, $handle["pid"]); }
function ws_process_eof(&$handle) { tell("eof", $handle["prog"]); }
""")
    server.push("start")
    pids = server.told("out")
    server.push("kill")
    assert server.told("killed") == [True, False, True]
    assert all(gone(pid) for pid in pids)
    assert server.told("eof") == ["sh"]


def test_a_program_that_closes_its_output_does_not_hold_the_server_up(serve):
    """The legacy server waited in proc_close() until it ended."""
    server = serve(PROCESSES + 'function ws_server_text(&$connections,&$connection,$client_key,$msg) { send_text($client_key,$msg); }')
    gate = server.folder / "gate"
    os.mkfifo(gate)
    # exec: without it the shell of proc_open() keeps the output open too.
    run(server, "exec sh", "-c", f"echo closing; exec >&- 2>&-; read line < {gate}")
    assert server.told("out") == ["closing\n"]
    with server.connect() as client:
        client.send("still there?")
        assert client.recv() == "still there?"
    assert server.all_told("eof") == []
    gate.write_text("go\n")
    assert server.told("eof") == ["exec sh"]


def test_an_exception_in_one_line_loses_no_other(serve):
    """Fixes fault 11."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { start_process_fifo("seq", [5], 0); start_process_fifo("seq", [6, 9], 0); }
function ws_process_stdout(&$handle,$line) { tell("out", (int)$line); if ((int)$line % 3 === 0) throw new Exception("three divides $line"); }
function ws_process_eof(&$handle) { tell("eof"); throw new Exception("at the end"); }
function ws_server_error(&$connections,$client_key,$exception) { tell("error", $client_key); }
""")
    server.push("go")
    server.told("eof", 2)
    assert sorted(n for _, [n] in server.all_told("out")) == list(range(1, 10))


def test_children_that_the_application_puts_into_handles_itself_are_served(serve):
    """Preserves: what is in the global $handles is served."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    global $handles;
    $process = proc_open(["pwd"], [["pipe","r"],["pipe","w"],["pipe","w"]], $pipes, "/");
    $handles[] = ["process"=>$process,"prog"=>"pwd","cmdline"=>"pwd","args"=>[],"pid"=>proc_get_status($process)["pid"],
        "pipe_stdin"=>$pipes[0],"pipe_stdout"=>$pipes[1],"pipe_stderr"=>$pipes[2],"timeout"=>0,"start"=>microtime(true)];
}
function ws_process_stdout(&$handle,$line) { tell("out", $line); }
function ws_process_eof(&$handle) { tell("eof", $handle["prog"]); }
""", {"WEBSOCKET_SELECT_TIMEOUT": 10000})
    server.push("go")
    assert server.told("out") == ["/\n"]
    assert server.told("eof") == ["pwd"]


# The end of the server

ENDING = PROCESSES + r"""
function ws_server_shutdown(&$server,&$sockets,&$connections) { global $handles; tell("shutdown", count($handles)); }
"""


def test_children_have_time_to_finish_when_the_server_ends(serve):
    """Preserves: ten seconds at the end. Fixes fault 13: it ended in a call of a function that was not there."""
    server = serve(ENDING)
    gate = server.folder / "gate"
    os.mkfifo(gate)
    run(server, "sh", "-c", f"echo working; cat {gate}")
    server.told("out")
    server.process.send_signal(signal.SIGTERM)
    gate.write_text("finished\n")
    assert server.told("out") == ["finished\n"]
    assert server.told("eof") == ["sh"]
    assert server.wait() == 0
    assert [name for name, _ in server.all_told("eof", "shutdown")] == ["eof", "shutdown"]


def test_children_that_do_not_finish_are_killed(serve):
    """Preserves: who is left then is killed. Fixes fault 13."""
    server = serve(ENDING, {"WEBSOCKET_PROCESS_GRACE": "0.1"})
    run(server, "sh", "-c", "trap '' TERM; echo $$; sleep 1000; :")
    pid = int(server.told("out")[0])
    assert server.stop() == 0
    assert server.told("shutdown") == [1]  # its handle stays, as it did
    assert server.all_told("eof", "timeout") == []
    assert gone(pid)


def test_a_second_signal_does_not_wait_for_children(serve):
    """New: SIGTERM is a clean end, and a second one hurries."""
    server = serve(ENDING, {"WEBSOCKET_PROCESS_GRACE": "1000"})
    run(server, "sh", "-c", "trap '' TERM; echo $$; sleep 1000; :")
    [pid] = server.told("out")
    server.process.send_signal(signal.SIGTERM)
    server.says("waiting for child processes")
    assert server.stop() == 0
    assert gone(int(pid))


@pytest.mark.parametrize("end", ["exit(7);", 'trigger_error("over", E_USER_ERROR);'])
def test_children_are_gone_after_exit_and_fatal_errors(serve, end):
    """Fixes: they were left behind."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { start_process_fifo("sh", ["-c", "echo \$\$; sleep 1000; :"], 0); }
function ws_process_stdout(&$handle,$line) { tell("out", (int)$line); %s }
""" % end)
    server.push("go")
    [pid] = server.told("out")
    assert server.wait() == (7 if "exit" in end else 255)
    assert gone(pid)
