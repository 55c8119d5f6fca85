"""php/examples/wson: classes as they were written for ws(s)on, and a terminal beside them.

The examples leave `io_threads` to the machine, so WS_IO_THREADS becomes the INI entry.
"""

import os
import re
import secrets
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from harness import EXTENSION, PHP, ROOT, TIMEOUT, free_port
from test_docs import Program
from test_metrics import until
from test_tokens import SECRET, cookies

EXAMPLES = ROOT / "php/examples/wson"
THREADS = int(os.environ.get("WS_IO_THREADS") or 0)
WITH = ("-d", f"extension={EXTENSION}", "-d", f"ws_server.io_threads={THREADS}")

# What sendDirect() says goes back to the one who has asked for it.
DIRECT = r"""
require "$argv[1]/Wson.php";
class Direct extends Wson
{
    protected function onStart() { echo "onStart: ", $this->count(), " clients\n"; }
    protected function onHandshake($e_buffer, $descriptor) { $this->sendDirect("you are $descriptor", $descriptor); }
    protected function onTextMessage($e_buffer, $descriptor, &$message)
    {
        [$to, $text] = explode(' ', $message, 2);
        $this->sendDirect(json_encode($this->sendDirect("$descriptor says: $text", (int) $to)), $descriptor);
    }
    protected function onBinaryMessage($e_buffer, $descriptor, &$message)
    {
        [$to, $data] = explode(' ', $message, 2);
        $this->sendDirect(json_encode($this->sendDirect($data, (int) $to, true)), $descriptor);
    }
}
exit((new Direct(require "$argv[1]/config.php"))->start() === '' ? 0 : 1);
"""


class Wson:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.env = {**os.environ, "WSON_FOLDER": str(folder), "WS_PORT": str(self.port)}
        self.servers = []

    def program(self, name, *words):
        return [PHP, *WITH, str(EXAMPLES / name), *words]

    def run(self, name, *words, typed=""):
        return subprocess.run(self.program(name, *words), env=self.env, input=typed, capture_output=True, text=True, timeout=TIMEOUT)

    def serve(self, name, *words):
        return self.start(self.program(name, *words))

    def start(self, command):
        server = Program(command, env=self.env)
        self.servers.append(server)
        server.says("control on unix://")
        return server

    def connect(self, **options):
        return connect(f"ws://127.0.0.1:{self.port}/", open_timeout=TIMEOUT, close_timeout=TIMEOUT, **options)


@pytest.fixture
def wson(tmp_path):
    wson = Wson(tmp_path)
    yield wson
    for server in wson.servers:
        assert server.end() == 0 and not re.search("warning|notice|deprecated|fatal", "\n".join(server.lines), re.I), server.lines
    assert [path.name for path in tmp_path.iterdir()] == []


def test_echo(wson):
    wson.serve("echo.php")
    with wson.connect() as client:
        for message in ["Grüß", "", b"\xff\0", "x" * 100000]:
            client.send(message)
            assert client.recv(TIMEOUT) == message


def test_on_start_runs_once_before_there_are_clients(wson):
    server = wson.start([PHP, *WITH, "-r", DIRECT, "--", str(EXAMPLES)])
    server.says("onStart")
    with wson.connect() as client:
        assert client.recv(TIMEOUT).startswith("you are ")
        assert [line for line in server.lines if "onStart" in line] == ["onStart: 0 clients"]


def test_send_direct_reaches_another_client_and_nobody_else(wson):
    wson.start([PHP, *WITH, "-r", DIRECT, "--", str(EXAMPLES)])
    with wson.connect() as one, wson.connect() as two, wson.connect() as three:
        numbers = [int(client.recv(TIMEOUT).removeprefix("you are ")) for client in (one, two, three)]
        one.send(f"{numbers[1]} Grüß dich")
        one.send(f"{numbers[1]} \xff\0".encode("latin-1"))
        one.send(f"{max(numbers) + 1} anybody?")
        assert [one.recv(TIMEOUT) for _ in range(3)] == ["true", "true", "false"]
        assert [two.recv(TIMEOUT), two.recv(TIMEOUT)] == [f"{numbers[0]} says: Grüß dich", b"\xff\0"]
        # What three gets first, it has sent itself.
        three.send(f"{numbers[2]} to myself")
        assert [three.recv(TIMEOUT), three.recv(TIMEOUT)] == [f"{numbers[2]} says: to myself", "true"]


def test_it_runs_with_the_io_threads_that_the_machine_is_to_have(wson):
    server = wson.serve("echo.php")
    tasks = f"/proc/{server.process.pid}/task"
    with wson.connect() as client:
        client.send("x")
        assert client.recv(TIMEOUT) == "x"
        # A thread gives itself its name, a moment after it has begun.
        names = lambda: sorted(open(f"{tasks}/{task}/comm").read().strip() for task in os.listdir(tasks))
        expected = [f"ws-io-{number}" for number in range(THREADS)]
        until(lambda: [name for name in names() if name.startswith("ws-io")], lambda found: found == expected, "they are there")


def test_the_example_says_that_it_has_started(wson):
    server = wson.serve("broadcast.php")
    server.says("^Started successfully$")
    with wson.connect() as client:
        assert client.recv(TIMEOUT).startswith("Welcome")
    assert server.lines.count("Started successfully") == 1


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
    assert refused.stderr.endswith(f"a server is running already, as process {first.process.pid} (pid file {wson.folder}/wson.pid)\n")
    with wson.connect() as client:
        client.recv(TIMEOUT)
        second = wson.serve("broadcast.php", "restart")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(TIMEOUT)
        assert closed.value.rcvd.code == 1001
    assert first.process.wait(TIMEOUT) == 0
    assert (wson.folder / "wson.pid").read_text() == f"{second.process.pid}\n"
    stopped = wson.run("echo.php", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, f"the server has ended (process {second.process.pid})\n")
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
    result = subprocess.run([PHP, *WITH, "-r", code, "--", str(EXAMPLES / "Wson.php")], capture_output=True,
                            text=True, timeout=TIMEOUT)
    assert result.stdout.splitlines()[0] == 'option "secrets" is unknown'
    assert "/none/x.sock" in result.stdout.splitlines()[-1]
