"""php server.php [start|stop|restart|status] [SETTINGS_FILE]: what the words do, and the exit statuses."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest
from websockets.exceptions import ConnectionClosed

from harness import ECHO, EXTENSION, ROOT, TIMEOUT, Server, free_port, php

SCRIPT = ROOT / "php/server.php"


def cli(*words, **options):
    result = php("-d", f"extension={EXTENSION}", SCRIPT, *words, **options)
    assert "PHP" not in result.stdout + result.stderr, result  # no warnings
    return result


def prepare(tmp_path, **settings):
    """A server that is not started."""
    return Server(tmp_path, ECHO, settings=settings)


@pytest.fixture
def pid(tmp_path):
    return tmp_path / "server.pid"


# What is not understood


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["status", "--help"]])
def test_help(words):
    result = cli(*words)
    assert result.returncode == 0 and result.stderr == ""
    assert result.stdout.startswith("usage: php server.php [start|stop|restart|status] [SETTINGS_FILE]\n")
    for word in ("WS_SERVER_SETTINGS", "--json", "--timeout", "WEBSOCKET_PID", "WEBSOCKET_CONTROL"):
        assert word in result.stdout


@pytest.mark.parametrize("words, problem", [
    (["reload"], 'there is no command "reload", and no such settings file'),
    (["strat", "FILE"], 'there is no command "strat", and no such settings file'),
    (["FILE", "FILE"], 'there is no command "FILE", and no such settings file'),
    (["start", "FILE", "more"], '"more" is one word too many'),
    (["--verbose"], "there is no option --verbose"),
    (["start", "--json", "FILE"], "--json is for status"),
    (["--json", "FILE"], "--json is for status"),
    (["status", "--timeout=1"], "--timeout is for stop and restart"),
    (["stop", "--timeout=soon", "FILE"], "--timeout is a number of seconds"),
    (["stop", "--timeout=-1", "FILE"], "--timeout is a number of seconds"),
])
def test_what_is_not_understood_gets_usage_and_no_server(tmp_path, words, problem):
    server = prepare(tmp_path)
    result = cli(*[str(server.conf) if word == "FILE" else word for word in words])
    assert result.returncode == 2 and result.stdout == ""
    first, _, usage = result.stderr.partition("\n\n")
    assert first == f"server.php: {problem}".replace("FILE", str(server.conf))
    assert usage.startswith("usage: php server.php")
    assert not server.fifo.exists() and list(server.logs.iterdir()) == []


@pytest.mark.parametrize("words, status", [([], 1), (["start"], 1), (["restart"], 1), (["stop"], 1), (["status"], 4)])
def test_a_settings_file_that_is_not_there(tmp_path, words, status):
    result = cli(*words, tmp_path / "none.conf")
    assert (result.returncode, result.stderr) == (status, f"server.php: settings file not found: {tmp_path}/none.conf\n")


def test_a_file_goes_before_a_command_of_the_same_name(serve, tmp_path, pid):
    server = serve(ECHO, {"WEBSOCKET_PID": pid})
    shutil.copy(server.conf, tmp_path / "status")
    result = cli("status", cwd=tmp_path)
    # It is started, and that is refused.
    assert result.returncode == 1 and "a server is running already" in result.stderr
    assert cli("status", "status", cwd=tmp_path).returncode == 0
    (tmp_path / "-x").write_text("")
    assert "missing in the settings file" in cli("-x", cwd=tmp_path).stderr


def test_the_environment_names_the_settings_file_for_every_word(tmp_path):
    server = prepare(tmp_path, WEBSOCKET_PID=tmp_path / "server.pid")
    environment = {**os.environ, "WS_SERVER_SETTINGS": str(server.conf)}
    assert cli("status", env=environment).returncode == 3
    assert cli("stop", env=environment).returncode == 0


# start


def test_start_stays_in_the_foreground_and_a_second_one_exits_with_1(serve, pid):
    server = serve(ECHO, {"WEBSOCKET_PID": pid}, words=["start"])
    assert pid.read_text() == f"{server.process.pid}\n"
    result = cli("start", server.conf)
    assert result.returncode == 1
    assert result.stderr == f"server.php: a server is running already, as process {server.process.pid} (pid file {pid})\n"
    with server.connect() as client:
        client.send("x")
        assert client.recv(TIMEOUT) == "x"


# stop


def test_stop_waits_for_the_clean_end(serve, pid):
    server = serve(ECHO + r"""
function ws_server_finalize() { file_put_contents(__DIR__ . "/finalized", "yes"); }
""", {"WEBSOCKET_PID": pid})
    with server.connect() as client:
        result = cli("stop", server.conf)
        assert (server.folder / "finalized").read_text() == "yes"
        assert not pid.exists() and not server.fifo.exists()
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == f"the server has ended (process {server.process.pid})\n"
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(TIMEOUT)
        assert closed.value.rcvd.code == 1001
    assert server.wait() == 0


def test_stop_of_a_stopped_server_is_no_error(tmp_path, pid):
    server = prepare(tmp_path, WEBSOCKET_PID=pid)
    for _ in range(2):
        result = cli("stop", server.conf)
        assert (result.returncode, result.stdout, result.stderr) == (0, "the server is not running\n", "")


def test_stop_does_not_need_the_extension(serve, pid):
    server = serve(ECHO, {"WEBSOCKET_PID": pid})
    assert php(SCRIPT, "stop", server.conf).returncode == 0
    assert server.wait() == 0


def test_stop_goes_by_the_lock_and_not_by_the_number(tmp_path, pid):
    server = prepare(tmp_path, WEBSOCKET_PID=pid)
    innocent = subprocess.Popen(["sleep", "1000"])
    try:
        pid.write_text(f"{innocent.pid}\n")
        result = cli("stop", server.conf)
        assert (result.returncode, result.stdout) == (0, "the server is not running\n")
        assert cli("status", server.conf).returncode == 3
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_stop_without_a_pid_file_says_what_is_missing(serve):
    server = serve(ECHO)
    for word in ("stop", "restart"):
        result = cli(word, server.conf)
        assert result.returncode == 6
        assert "WEBSOCKET_PID is not set" in result.stderr and str(server.conf) in result.stderr
    with server.connect() as client:
        client.send("x")
        assert client.recv(TIMEOUT) == "x"


def test_stop_does_not_wait_for_ever(serve, pid):
    server = serve(ECHO + r"""
function ws_server_finalize() { tell("finalize"); fgets(fopen(__DIR__ . "/gate", "r")); }
""", {"WEBSOCKET_PID": pid})
    os.mkfifo(server.folder / "gate")
    result = cli("stop", "--timeout=0.3", server.conf)
    assert result.returncode == 1
    assert result.stderr == f"server.php: the server, process {server.process.pid}, has not ended within 0.3 s\n"
    server.told("finalize")
    (server.folder / "gate").write_text("open\n")
    assert server.wait() == 0


def test_stop_waits_for_a_server_that_is_starting(tmp_path, pid):
    # Locked, and no number in it yet.
    server = prepare(tmp_path, WEBSOCKET_PID=pid)
    pid.write_text("")
    with subprocess.Popen(["flock", "-x", str(pid), "sh", "-c", "echo locked; read line"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as starting:
        assert starting.stdout.readline() == "locked\n"
        result = cli("stop", "--timeout=0.1", server.conf)
        assert result.returncode == 1 and "a server is starting" in result.stderr
        assert cli("status", server.conf).returncode == 0
        starting.communicate("end\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_stop_by_somebody_who_may_not(serve):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        pid = pathlib.Path(folder) / "server.pid"
        server = serve(ECHO, {"WEBSOCKET_PID": pid})
        conf = shutil.copy(server.conf, folder)
        result = php(SCRIPT, "stop", conf, user=65534, cwd="/")
        assert result.returncode == 4
        assert result.stderr == f"server.php: the server runs as process {server.process.pid}, which this user may not stop\n"
        assert server.process.poll() is None
        assert server.stop() == 0


# restart


def test_restart_starts_where_nothing_runs(serve, pid):
    server = serve(ECHO, {"WEBSOCKET_PID": pid}, words=["restart"])
    assert pid.read_text() == f"{server.process.pid}\n"
    assert server.output().splitlines()[0] == "the server is not running"
    with server.connect() as client:
        client.send("x")
        assert client.recv(TIMEOUT) == "x"


def test_restart_replaces_the_server_that_runs(serve, pid):
    first = serve(ECHO, {"WEBSOCKET_PID": pid})
    second = serve(ECHO, {"WEBSOCKET_PID": pid, "WEBSOCKET_LISTENING_PORT": first.port}, words=["restart"])
    second.port = first.port
    assert first.wait() == 0
    assert pid.read_text() == f"{second.process.pid}\n"
    with second.connect() as client:
        client.send("x")
        assert client.recv(TIMEOUT) == "x"


@pytest.mark.parametrize("wrong", [{"WEBSOCKET_SLOW_CLIENT": "1", "WEBSOCKET_MAX_MESSAGE_SIZE": "many"}, {"WEBSOCKET_LOG_PATH": None},
                                   {"WEBSOCKET_EVENTS_INCLUDE_FILE": "/none"}])
def test_restart_leaves_the_server_alone_where_the_settings_are_wrong(serve, pid, wrong):
    first = serve(ECHO, {"WEBSOCKET_PID": pid})
    second = serve(ECHO, {"WEBSOCKET_PID": pid, **wrong}, words=["restart"], ready=False)
    assert second.wait() == 1
    assert first.process.poll() is None
    with first.connect() as client:
        client.send("x")
        assert client.recv(TIMEOUT) == "x"


def test_restart_of_a_server_that_is_not_enabled_any_more_stops_it(serve, pid):
    first = serve(ECHO, {"WEBSOCKET_PID": pid})
    first.write_settings({"WEBSOCKET_ENABLE": "0"})
    result = cli("restart", first.conf)
    assert result.returncode == 0 and "not enabled" in result.stdout
    assert first.wait() == 0


def test_restart_does_not_start_a_second_server_where_the_first_does_not_end(serve, pid):
    first = serve(ECHO + r"""
function ws_server_shutdown(&$server,&$sockets,&$connections) { tell("shutdown"); fgets(fopen(__DIR__ . "/gate", "r")); }
""", {"WEBSOCKET_PID": pid})
    os.mkfifo(first.folder / "gate")
    result = cli("restart", "--timeout=0.3", first.conf)
    assert result.returncode == 1 and "has not ended within 0.3 s" in result.stderr
    assert first.process.poll() is None
    first.told("shutdown")
    (first.folder / "gate").write_text("open\n")
    assert first.wait() == 0


# status


def test_status_by_the_pid_file_alone(serve, tmp_path, pid):
    server = serve(ECHO, {"WEBSOCKET_PID": pid})
    result = cli("status", server.conf)
    assert result.returncode == 0
    assert result.stdout == f"the server runs, as process {server.process.pid}; more is known where WEBSOCKET_CONTROL is set\n"
    result = cli("status", "--json", server.conf)
    assert result.returncode == 0
    assert json.loads(result.stdout) == {"running": True, "process": server.process.pid, "stats": {}}
    server.stop(signal.SIGKILL)
    server.fifo.unlink()
    result = cli("status", server.conf)
    assert (result.returncode, result.stdout) == (3, "the server is not running\n")
    result = cli("status", "--json", server.conf)
    assert (result.returncode, json.loads(result.stdout)) == (3, {"running": False})


def test_status_that_nobody_can_know(tmp_path):
    server = prepare(tmp_path)
    result = cli("status", server.conf)
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr == ("server.php: it is not known whether the server runs: neither WEBSOCKET_CONTROL nor WEBSOCKET_PID "
                             f"is set in {server.conf}\n")
    result = cli("status", "--json", server.conf)
    assert result.returncode == 4 and json.loads(result.stdout)["running"] is None


STUCK = ECHO + r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { tell("stuck"); fgets(fopen(__DIR__ . "/gate", "r")); tell("free"); }
"""


@pytest.mark.parametrize("secret", [None, "open sesame"])
def test_status_asks_the_control_socket(serve, tmp_path, pid, secret):
    uri = f"unix://{tmp_path}/control.sock" if secret is None else f"tcp://127.0.0.1:{free_port()}"
    server = serve(ECHO, {"WEBSOCKET_CONTROL": uri, "WEBSOCKET_CONTROL_SECRET": secret, "WEBSOCKET_PID": pid})
    with server.connect() as one, server.connect() as two:
        for client in (one, two):
            client.send("x")
            assert client.recv(TIMEOUT) == "x"
        result = cli("status", server.conf)
        assert (result.returncode, result.stderr) == (0, "")
        lines = result.stdout.splitlines()
        assert lines[:2] == [f"the server runs, as process {server.process.pid}", ""]
        table = [line.rsplit("  ", 1) for line in lines[2:]]
        assert ["connections", "2"] in [[name.strip(), value] for name, value in filter(lambda row: len(row) == 2, table)]
        # The values stand in one column, what belongs together below its name.
        at = lines.index("messages in")
        assert [line.split() for line in lines[at + 1:at + 3]] == [["text", "2"], ["binary", "0"]]
        assert lines[at + 1].startswith("  text ") and len({len(line) - len(line.split()[-1]) for line in lines[at + 1:at + 5]}) == 1

        result = cli("--json", "status", server.conf)
        assert (result.returncode, result.stderr) == (0, "")
        status = json.loads(result.stdout)
        assert (status["running"], status["process"]) == (True, server.process.pid)
        assert (status["stats"]["open"], status["stats"]["messages_in"]["text"]) == (2, 2)
        if secret:
            assert "sesame" not in result.stdout
    assert server.stop() == 0
    result = cli("status", server.conf)
    assert (result.returncode, result.stdout, result.stderr) == (3, "the server is not running\n", "")


def test_status_without_a_pid_file(serve, tmp_path):
    server = serve(ECHO, {"WEBSOCKET_CONTROL": f"unix://{tmp_path}/a.sock, unix://{tmp_path}/b.sock"})
    result = cli("status", server.conf)
    assert result.returncode == 0 and result.stdout.startswith("the server runs\n\nconnections")
    assert json.loads(cli("status", "--json", server.conf).stdout)["process"] is None
    assert server.stop() == 0
    assert cli("status", server.conf).returncode == 3


def test_status_of_a_server_that_is_stuck(serve, tmp_path, pid):
    server = serve(STUCK, {"WEBSOCKET_CONTROL": f"unix://{tmp_path}/control.sock", "WEBSOCKET_PID": pid})
    os.mkfifo(server.folder / "gate")
    server.push("now")
    server.told("stuck")
    result = cli("status", server.conf)
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr == (f"server.php: the server runs, as process {server.process.pid}, and its status is not known: "
                             f"unix://{tmp_path}/control.sock: no answer within 2 s\n")
    status = json.loads(cli("status", "--json", server.conf).stdout)
    assert (status["running"], status["process"]) == (True, server.process.pid) and "no answer" in status["problem"]
    (server.folder / "gate").write_text("open\n")
    server.told("free")
    assert cli("status", server.conf).returncode == 0


def test_status_without_the_extension_or_with_the_wrong_secret(serve, tmp_path):
    port = free_port()
    server = serve(ECHO, {"WEBSOCKET_CONTROL": f"tcp://127.0.0.1:{port}", "WEBSOCKET_CONTROL_SECRET": "open sesame"})
    result = php(SCRIPT, "status", server.conf)
    assert result.returncode == 4 and "extension is not loaded" in result.stderr
    server.write_settings({"WEBSOCKET_CONTROL_SECRET": "open barley"})
    result = cli("status", server.conf)
    assert result.returncode == 4 and "does not accept the secret" in result.stderr
    assert "barley" not in result.stderr and "sesame" not in result.stderr


def test_status_where_something_else_listens(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = prepare(tmp_path, WEBSOCKET_CONTROL=f"tcp://127.0.0.1:{other.getsockname()[1]}")
        result = cli("status", server.conf)
        assert result.returncode == 4 and "it is not known whether the server runs" in result.stderr
