"""docs/control.md: every example in it is run as it stands, against the server in it; only paths and ports are replaced."""

import contextlib
import json
import os
import pathlib
import re
import subprocess

import pytest
from websockets.sync.client import connect

from control import Control, tcp, unix, until
from harness import EXTENSION, PHP, ROOT, TIMEOUT, free_port
from test_docs import Program, blocks

PAGE = (ROOT / "docs/control.md").read_text()
BLOCKS = blocks(PAGE)


class Example:
    def __init__(self, folder):
        self.folder, self.port, self.control_port = folder, free_port(), free_port()
        self.server = None

    def write(self, name):
        code = BLOCKS[name]
        for old, new in {"127.0.0.1:8080": f"127.0.0.1:{self.port}", "127.0.0.1:9001": f"127.0.0.1:{self.control_port}",
                         "127.0.0.1 9001": f"127.0.0.1 {self.control_port}",
                         "/run/app/control.sock": f"{self.folder}/control.sock"}.items():
            code = code.replace(old, new)
        if threads := os.environ.get("WS_IO_THREADS"):
            code = code.replace("new WsServer([", f"new WsServer(['io_threads' => {int(threads)},")
        path = self.folder / name
        path.write_text(code)
        return path

    def serve(self):
        self.server = Program([PHP, "-d", f"extension={EXTENSION}", self.write("server.php")], cwd=self.folder)
        self.server.says("control on unix://")
        self.server.says("control on tcp://")

    def run(self, name, *command):
        """What an example prints."""
        result = subprocess.run([*command, self.write(name)], capture_output=True, timeout=TIMEOUT, check=True)
        assert result.stderr == b""
        return result.stdout.decode()

    def shell(self, name):
        return self.run(name, "sh")

    @contextlib.contextmanager
    def connect(self):
        """A client that the application has been told of: the first one has the id 1."""
        before = self.status()["open"]
        with connect(f"ws://127.0.0.1:{self.port}/", open_timeout=TIMEOUT, close_timeout=TIMEOUT) as client:
            until(lambda: self.status()["open"] > before)
            yield client

    def status(self):
        with Control(unix(self.folder / "control.sock")) as control:
            return json.loads(control.ask(b"0j").split(b"J", 1)[1])


@pytest.fixture
def example(tmp_path):
    example = Example(tmp_path)
    example.serve()
    yield example
    assert example.server.end() == 0
    assert not re.search("warning|notice|fatal|error:", "\n".join(example.server.lines), re.I), example.server.lines


def field(text):
    return text.ljust(32)


def test_every_block_is_marked_and_run():
    assert len(BLOCKS) == len(re.findall(r"^```\w", PAGE, re.M))
    tests = pathlib.Path(__file__).read_text()
    assert [name for name in BLOCKS if f'"{name}"' not in tests] == []


def test_links_lead_somewhere():
    anchors = {"#" + title.lower().replace(" ", "-") for title in re.findall(r"^## (.*)$", PAGE, re.M)}
    assert set(re.findall(r"\]\((#[^)]*)\)", PAGE)) == anchors


def test_the_tables_name_every_letter():
    source = (ROOT / "src/protocol/control/command.rs").read_text()
    letters = set(re.findall(r"b'(\w)'", source[source.index("pub fn parse"):source.index("/// Appends the command's frame")]))
    commands = PAGE[PAGE.index("| command |"):PAGE.index("| answer | payload |")]
    first_column = "".join(line.split("|")[1] for line in commands.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w)`", first_column)) == letters


def test_a_broadcast(example):
    with example.connect() as one, example.connect() as two:
        assert example.shell("broadcast.sh") == ""
        assert (one.recv(TIMEOUT), two.recv(TIMEOUT)) == ("hello", "hello")


def test_to_one_connection(example):
    assert example.shell("send.sh") == "32N" + field("#1")
    with example.connect() as client:
        assert example.shell("send.sh") == "32A" + field("#1")
        assert client.recv(TIMEOUT) == "hey"


def test_to_a_topic(example):
    with example.connect() as client:
        assert example.shell("publish.sh") == ""
        assert client.recv(TIMEOUT) == "hello"


def test_the_status(example):
    with example.connect():
        status = json.loads(example.shell("status.sh"))
        assert (status["open"], status["control_connections"]) == (1, 1)


def test_over_tcp_with_the_secret(example):
    with example.connect() as client:
        assert example.shell("tcp.sh") == "0a"
        assert (client.recv(TIMEOUT), client.recv(TIMEOUT)) == ("hello", b"world")


def test_fragments(example):
    with example.connect() as client:
        assert example.shell("fragments.sh") == "32A" + field("#1") + "0a0a0a"
        assert client.recv(TIMEOUT) == "A long message in fragments"


def test_a_mistake(example):
    with example.connect() as client:
        assert example.shell("mistake.sh") == "0E"
        assert client.recv(TIMEOUT) == "hello"
    example.server.says("a control connection is closed: there is no command 'x'")


def test_a_client(example):
    assert example.run("client.py", "python3").splitlines()[0] == "there is no connection 1"
    with example.connect() as client:
        assert example.run("client.py", "python3").splitlines() == [
            "it was sent", "new clients are best sent to ws.example.com"]
        assert client.recv(TIMEOUT) == "Grüße"


def test_the_settings_file(serve, tmp_path):
    example = Example(tmp_path)
    settings = dict(line.split("=", 1) for line in example.write("settings.conf").read_text().splitlines())
    serve("", settings)
    assert example.shell("send.sh") == "32N" + field("#1")
    with Control(tcp(example.control_port)) as control:
        assert control.ask(b"6ksesame") == b"0a"
        assert control.ask(b"0m") == b"14Mws.example.com"
