"""php/examples/wson: classes as they were written for ws(s)on, and a terminal beside them."""

import os
import re
import secrets
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from harness import EXTENSION, PHP, ROOT, TIMEOUT, free_port, take_interrupts
from test_tokens import SECRET, cookies

EXAMPLES = ROOT / "php/examples/wson"


class Wson:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.env = {**os.environ, "WSON_FOLDER": str(folder), "WS_PORT": str(self.port)}
        self.servers = []

    def program(self, name, *words):
        return [PHP, "-d", f"extension={EXTENSION}", str(EXAMPLES / name), *words]

    def run(self, name, *words, typed=""):
        return subprocess.run(self.program(name, *words), env=self.env, input=typed, capture_output=True, text=True, timeout=TIMEOUT)

    def serve(self, name, *words):
        server = subprocess.Popen(self.program(name, *words), env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, preexec_fn=take_interrupts)
        self.servers.append(server)
        said = []
        for line in server.stdout:
            said.append(line)
            if "control on unix://" in line:
                return server
        raise AssertionError(said)

    def connect(self, **options):
        return connect(f"ws://127.0.0.1:{self.port}/", open_timeout=TIMEOUT, close_timeout=TIMEOUT, **options)


@pytest.fixture
def wson(tmp_path):
    wson = Wson(tmp_path)
    yield wson
    for server in wson.servers:
        server.terminate()
        output, _ = server.communicate(timeout=TIMEOUT)
        assert server.returncode == 0 and not re.search("warning|notice|deprecated|fatal", output, re.I), output
    assert [path.name for path in tmp_path.iterdir()] == []


def test_echo(wson):
    wson.serve("echo.php")
    with wson.connect() as client:
        for message in ["Grüß", "", b"\xff\0", "x" * 100000]:
            client.send(message)
            assert client.recv(TIMEOUT) == message


def test_broadcast_and_origins(wson):
    wson.serve("broadcast.php")
    with wson.connect(origin="http://localhost") as one, wson.connect() as two:
        welcome = [re.fullmatch(r"Welcome, number (\d+)\.", client.recv(TIMEOUT))[1] for client in (one, two)]
        one.send("hello")
        two.send(b"\xff")
        for client in (one, two):
            assert {client.recv(TIMEOUT), client.recv(TIMEOUT)} == {f"{welcome[0]}: hello", b"\xff"}
        with pytest.raises(InvalidStatus) as refused:
            wson.connect(origin="http://www.example.com")
        assert refused.value.response.status_code == 403


def test_the_terminal_sends_through_the_control_socket(wson):
    wson.serve("broadcast.php")
    with wson.connect() as one, wson.connect() as two:
        numbers = [re.search(r"\d+", client.recv(TIMEOUT))[0] for client in (one, two)]
        result = wson.run("terminal.php", typed=f"to everyone\n@{numbers[1]} to you\n@{int(numbers[1]) + 1} to nobody\n@token to it\n?\n\n")
        assert (result.returncode, result.stderr) == (0, "")
        *lines, status = result.stdout.splitlines()
        assert lines == ["sent", "delivered", f"{int(numbers[1]) + 1} is not there", "token is not there"]
        assert re.fullmatch(r"clients: 2, up for \d+ s, a ping takes \d+ µs", status)
        assert one.recv(TIMEOUT) == "to everyone"
        assert (two.recv(TIMEOUT), two.recv(TIMEOUT)) == ("to everyone", "to you")


def test_the_terminal_says_where_no_server_runs(wson):
    result = wson.run("terminal.php", typed="hello\n?\n")
    assert result.returncode == 0 and result.stdout.count("cannot connect") == 2


def test_tokens_as_with_wson(wson):
    wson.env["WSON_SECRET"] = SECRET
    wson.serve("broadcast.php")
    with pytest.raises(InvalidStatus) as refused:
        wson.connect()
    assert refused.value.response.status_code == 403
    # The first version had no user in its digest, the later ones had.
    first, later = secrets.token_hex(16), secrets.token_hex(16)
    with wson.connect(additional_headers=cookies(first, algorithm="md5")) as one, \
            wson.connect(additional_headers=cookies(later, "44333", algorithm="md5")) as two:
        for client in (one, two):
            assert client.recv(TIMEOUT).startswith("Welcome")
        with pytest.raises(InvalidStatus) as refused:
            wson.connect(additional_headers=cookies(first, algorithm="md5"))
        assert refused.value.response.status_code == 429
        result = wson.run("terminal.php", typed=f"@{later} to you\n@{secrets.token_hex(16)} to nobody\n")
        assert result.stdout.splitlines()[0] == "delivered" and result.stdout.splitlines()[1].endswith("is not there")
        assert two.recv(TIMEOUT) == "to you"


def test_start_stop_and_restart(wson):
    first = wson.serve("broadcast.php")
    refused = wson.run("broadcast.php", "start")
    assert refused.returncode == 1
    assert refused.stderr.endswith(f"a server is running already, as process {first.pid} (pid file {wson.folder}/wson.pid)\n")
    with wson.connect() as client:
        client.recv(TIMEOUT)
        second = wson.serve("broadcast.php", "restart")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(TIMEOUT)
        assert closed.value.rcvd.code == 1001
    assert first.wait(TIMEOUT) == 0
    assert (wson.folder / "wson.pid").read_text() == f"{second.pid}\n"
    stopped = wson.run("echo.php", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, f"the server has ended (process {second.pid})\n")
    stopped = wson.run("echo.php", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, "the server is not running\n")


def test_options_that_cannot_be_used_are_told_by_start(tmp_path):
    code = """
        require $argv[1];
        class S extends Wson {}
        echo (new S(['servers' => ['tcp://127.0.0.1:0'], 'secrets' => 'x']))->start(), "\n";
        echo (new S(['servers' => []], 'stop'))->start(), "\n";
        echo (new S(['servers' => ['tcp://127.0.0.1:0'], 'control' => 'unix:///none/x.sock']))->start(), "\n";
    """
    result = subprocess.run([PHP, "-d", f"extension={EXTENSION}", "-r", code, "--", str(EXAMPLES / "Wson.php")], capture_output=True,
                            text=True, timeout=TIMEOUT)
    assert result.stdout.splitlines()[0] == 'option "secrets" is unknown'
    assert "/none/x.sock" in result.stdout.splitlines()[-1]
