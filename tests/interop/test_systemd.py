"""What systemd does with the server, done by hand: a notify socket, and sockets that are handed over."""

import configparser
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from harness import ECHO, ROOT, TIMEOUT, free_port


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """The socket that a service manager listens on."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        sock.settimeout(TIMEOUT)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield sock


def said(manager):
    return dict(line.split("=", 1) for line in manager.recv(4096).decode().splitlines())


def test_ready_comes_when_it_listens_and_the_application_has_started(serve, manager):
    # No connection before: the server itself says when it can be reached.
    server = serve(ECHO + 'function ws_server_started(&$server,&$sockets,&$connections) { tell("ready"); tell("gate", trim(fgets(fopen(__DIR__ . "/gate", "r")))); }',
                   ready=False)
    os.mkfifo(server.folder / "gate")
    server.told("ready")
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(4096)
    manager.settimeout(TIMEOUT)
    (server.folder / "gate").write_text("open\n")
    assert said(manager) == {"READY": "1", "STATUS": f"listening on tcp://127.0.0.1:{server.port}"}
    with server.connect() as client:
        client.send("x")
        assert client.recv() == "x"


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT])
def test_stopping_comes_before_the_clients_are_told(serve, manager, signo):
    server = serve(ECHO + 'function ws_server_before_close(&$connections,&$connection) { tell("closing"); }')
    assert said(manager)["READY"] == "1"
    with server.raw() as client:
        server.process.send_signal(signo)
        assert client.recv_close() == (1001, "server shutting down")
        assert said(manager) == {"STOPPING": "1", "STATUS": "closing the connections"}
    assert server.wait() == 0


def test_a_server_that_cannot_start_is_never_ready(serve, manager):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        server = serve(ECHO, {"WEBSOCKET_LISTENING_PORT": busy.getsockname()[1]}, ready=False)
        assert server.wait() == 1  # Restart=on-failure
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(4096)


def test_signs_of_life_where_they_are_asked_for(serve, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    serve(ECHO, {"WEBSOCKET_SELECT_TIMEOUT": 1000})
    assert said(manager)["READY"] == "1"
    assert [said(manager) for _ in range(3)] == [{"WATCHDOG": "1"}] * 3


GATE = r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) { tell("blocks"); fgets(fopen(__DIR__ . "/gate", "r")); send_text($client_key,$msg); }"""


@pytest.mark.parametrize("metrics", [True, False])
def test_signs_of_life_end_when_the_loop_is_stuck_whoever_else_lives(serve, manager, monkeypatch, metrics):
    """The watchdog goes by the same fact as /health: the loop, and stall_after."""
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    port = free_port()
    server = serve(GATE, {"WEBSOCKET_STALL_AFTER": "0.3", "WEBSOCKET_METRICS": f"tcp://127.0.0.1:{port}" if metrics else None})
    os.mkfifo(server.folder / "gate")
    assert said(manager)["READY"] == "1"
    with server.connect() as client:
        client.send("x")
        server.told("blocks")
        # A sign each 10 ms for as long as stall_after allows; then none. The first pause of many intervals is that.
        manager.settimeout(1)
        with pytest.raises(TimeoutError):
            while True:
                assert said(manager) == {"WATCHDOG": "1"}
        if metrics:
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=TIMEOUT)
            with pytest.raises(TimeoutError):
                manager.recv(4096)
        manager.settimeout(TIMEOUT)
        (server.folder / "gate").write_text("go\n")
        assert client.recv() == "x"
        assert said(manager) == {"WATCHDOG": "1"}


def test_a_callback_within_stall_after_does_not_end_the_signs_of_life(serve, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    server = serve(GATE)
    os.mkfifo(server.folder / "gate")
    assert said(manager)["READY"] == "1"
    with server.connect() as client:
        client.send("x")
        server.told("blocks")
        # The loop does not turn; it may for stall_after, ten seconds.
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                manager.recv(4096)
        manager.settimeout(TIMEOUT)
        assert [said(manager) for _ in range(20)] == [{"WATCHDOG": "1"}] * 20
        (server.folder / "gate").write_text("go\n")
        assert client.recv() == "x"


def test_a_notify_socket_that_is_gone_does_not_hurt(serve, monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    server = serve(ECHO)
    with server.connect() as client:
        client.send("x")
        assert client.recv() == "x"
    assert server.stop() == 0


ACTIVATE = r"""
import os, sys
fd = int(sys.argv[1])
os.dup2(fd, 3)  # SD_LISTEN_FDS_START
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
"""


def activated(serve, listener, listen):
    """A server that a parent has given a listening socket."""
    return serve(ECHO, {"WEBSOCKET_LISTEN": listen, "WEBSOCKET_LISTENING_PORT": None, "WEBSOCKET_LISTENING_ADDRESS": None},
                 launcher=["python3", "-c", ACTIVATE, str(listener.fileno())], pass_fds=[listener.fileno()])


@pytest.mark.parametrize("listen", ["systemd", "fd://3"])
def test_a_socket_that_is_handed_over_is_served(serve, listen):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        # Connected before there is a server: it waits in the backlog.
        early = socket.create_connection(listener.getsockname(), TIMEOUT)
        server = activated(serve, listener, listen)
        server.port = listener.getsockname()[1]
        early.close()
        with server.connect() as client:
            client.send("handed over")
            assert client.recv() == "handed over"
        assert server.stop() == 0
        # The socket is still ours, as it would be systemd's: clients wait for the next server.
        with socket.create_connection(listener.getsockname(), TIMEOUT):
            pass


def test_without_sockets_from_systemd_it_says_so(serve):
    server = serve(ECHO, {"WEBSOCKET_LISTEN": "systemd"}, ready=False)
    assert server.wait() == 1
    assert "LISTEN_FDS" in server.stderr()


def unit(name):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read_string((ROOT / "php/systemd" / name).read_text())
    return parser


def test_the_unit_asks_for_what_the_server_does():
    service = unit("push_server.service")["Service"]
    assert service["Type"] == "notify" and service["Restart"] == "on-failure"
    assert service["KillMode"] == "mixed" and "sudo" not in service["ExecStart"]
    _, _, _, script, settings = service["ExecStart"].split()
    assert script.endswith("/php/server.php") and settings.endswith(".conf")


def test_no_sudo_anywhere():
    found = subprocess.run(["grep", "-rlE", r"(exec|system|proc_open|passthru|popen)\s*\(.*sudo", str(ROOT / "php")], capture_output=True, text=True)
    assert found.stdout == ""
