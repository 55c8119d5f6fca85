"""The pid file: one server at a time, whatever became of the last one."""

import os
import signal
import stat

import pytest

from harness import ECHO, EXTENSION, TIMEOUT, free_port, php

FORK = ECHO + r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    if (($child = pcntl_fork()) === 0) {
        if ($data === "stay") fgets(fopen(__DIR__ . "/gate", "r"));
        exit(0);
    }
    pcntl_wait($status, $data === "stay" ? WNOHANG : 0);
    tell("forked", $child);
}
"""


def test_it_holds_the_process_id_and_goes_with_the_server(serve, tmp_path):
    pid = tmp_path / "server.pid"
    os.umask(0)
    try:
        server = serve(ECHO, {"WEBSOCKET_PID": pid})
    finally:
        os.umask(0o022)
    assert pid.read_text() == f"{server.process.pid}\n"
    assert stat.S_IMODE(pid.stat().st_mode) == 0o644
    assert server.stop() == 0
    assert not pid.exists()


def test_a_second_start_is_refused_and_the_first_notices_nothing(serve, tmp_path):
    pid = tmp_path / "server.pid"
    same = {"WEBSOCKET_PID": pid, "WEBSOCKET_METRICS": f"tcp://127.0.0.1:{free_port()}"}
    first = serve(ECHO + 'function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { broadcast_to_all($data); }', same)
    with first.connect() as client:
        # Everything is the first one's: port, FIFO, pid file, status listener.
        second = serve(ECHO, same | {"WEBSOCKET_LISTENING_PORT": first.port, "WEBSOCKET_XHR_PIPE_FILE": first.fifo},
                       ready=False)
        assert second.wait() == 1
        message = f"server.php: a server is running already, as process {first.process.pid} (pid file {pid})\n"
        assert second.stderr() == message
        first.push("still here")
        assert client.recv(TIMEOUT) == "still here"
    assert pid.read_text() == f"{first.process.pid}\n"


@pytest.mark.parametrize("content", [None, "1\n", ""])
def test_what_a_killed_server_left_behind_is_used_again(serve, tmp_path, content):
    pid = tmp_path / "server.pid"
    first = serve(ECHO, {"WEBSOCKET_PID": pid})
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    first.fifo.unlink()
    assert pid.read_text() == f"{first.process.pid}\n"
    if content is not None:
        pid.write_text(content)  # the number of a process that has nothing to do with it
    second = serve(ECHO, {"WEBSOCKET_PID": pid})
    assert pid.read_text() == f"{second.process.pid}\n"


def test_a_forked_child_does_not_remove_it(serve, tmp_path):
    pid = tmp_path / "server.pid"
    server = serve(FORK, {"WEBSOCKET_PID": pid})
    server.push("go")
    server.told("forked")
    assert pid.read_text() == f"{server.process.pid}\n"


def test_a_forked_child_that_outlives_the_server_does_not_hold_the_lock(serve, tmp_path):
    pid = tmp_path / "server.pid"
    first = serve(FORK, {"WEBSOCKET_PID": pid})
    os.mkfifo(first.folder / "gate")
    first.push("stay")
    [child] = first.told("forked")
    first.process.kill()
    assert first.process.wait(60) == -signal.SIGKILL
    os.kill(child, 0)  # it is there
    second = serve(ECHO, {"WEBSOCKET_PID": pid})
    assert pid.read_text() == f"{second.process.pid}\n"
    (first.folder / "gate").write_text("open\n")
    first.fifo.unlink()
    assert first.wait() == -signal.SIGKILL


@pytest.mark.parametrize("end, status", [("exit(7);", 7), ('trigger_error("x", E_USER_ERROR);', 255)])
def test_it_is_gone_however_the_server_ends(serve, tmp_path, end, status):
    pid = tmp_path / "server.pid"
    server = serve("function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { %s }" % end, {"WEBSOCKET_PID": pid})
    server.push("end")
    assert server.wait() == status
    assert not pid.exists()


def test_a_file_that_is_something_else_is_refused_and_kept(serve, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("my data")
    server = serve(ECHO, {"WEBSOCKET_PID": precious}, ready=False)
    assert server.wait() == 1
    assert server.stderr() == f"server.php: exists and is not a pid file (pid file {precious})\n"
    assert precious.read_text() == "my data"


def test_a_folder_that_is_not_there_is_named(serve, tmp_path):
    server = serve(ECHO, {"WEBSOCKET_PID": tmp_path / "none/server.pid"}, ready=False)
    assert server.wait() == 1
    assert f"{tmp_path}/none/server.pid" in server.stderr() and "No such file" in server.stderr()


def test_the_class_has_it_too(tmp_path):
    pid = tmp_path / "server.pid"
    code = """
        $server = new WsServer(['listen' => 'tcp://127.0.0.1:0', 'log' => null, 'pid' => $argv[1], 'io_threads' => (int) getenv('WS_IO_THREADS')]);
        $server->timer(0, function () use ($server, $argv) {
            echo trim(file_get_contents($argv[1])) == getmypid() ? 'own' : 'other', "\n";
            try { $server->setOption('pid', '/x'); } catch (WsException $e) { echo $e->getMessage(), "\n"; }
            $server->stop();
        });
        $server->run();
        var_dump(file_exists($argv[1]), $server->getOption('pid') === $argv[1]);
    """
    result = php("-d", f"extension={EXTENSION}", "-r", code, "--", pid)
    assert result.stdout.splitlines() == ["own", 'option "pid" can only be set before the server listens',
                                          "bool(false)", "bool(true)"], result.stderr
