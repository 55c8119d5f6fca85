"""docs/push.md: every example in it is run as it stands, against the server in it; only paths and ports are replaced."""

import contextlib
import os
import re
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness import DEFAULTS, ECHO, EXTENSION, PHP, PRELUDE, ROOT, TIMEOUT, free_port
from test_docs import Program, blocks

PAGE = (ROOT / "docs/push.md").read_text()
BLOCKS = blocks(PAGE)


class Example:
    def __init__(self, folder):
        self.folder, self.port, self.control_port = folder, free_port(), free_port()
        self.server = None

    def write(self, name, replace=None):
        code = BLOCKS[name]
        for old, new in {"127.0.0.1:8080": f"127.0.0.1:{self.port}", "127.0.0.1:9001": f"127.0.0.1:{self.control_port}",
                         "/run/app/": f"{self.folder}/", "/etc/app.conf": f"{self.folder}/app.conf",
                         "/path/to/libws_server.so": EXTENSION, "/path/to/php/": f"{ROOT}/php/", **(replace or {})}.items():
            code = code.replace(old, new)
        if threads := os.environ.get("WS_IO_THREADS"):
            code = code.replace("new WsServer([", f"new WsServer(['io_threads' => {int(threads)},")
        path = self.folder / name
        path.write_text(code)
        return path

    def serve(self, replace=None):
        self.server = Program([PHP, "-d", f"extension={EXTENSION}", self.write("server.php", replace)], cwd=self.folder)
        self.server.says("control on ")

    def run(self, name, extension=True, status=0):
        """What an example prints."""
        command = ["sh"] if name.endswith(".sh") else [PHP, "-d", f"extension={EXTENSION}"] if extension else [PHP]
        result = subprocess.run([*command, self.write(name)], capture_output=True, text=True, timeout=TIMEOUT)
        assert (result.returncode, result.stderr) == (status, "")
        return result.stdout

    @contextlib.contextmanager
    def connect(self):
        """A client that the application has been told of; the first one has the id 1."""
        with connect(f"ws://127.0.0.1:{self.port}/", open_timeout=TIMEOUT, close_timeout=TIMEOUT) as client:
            assert re.fullmatch(r"You are \d+\.", client.recv(TIMEOUT))
            yield client


@pytest.fixture
def example(tmp_path):
    example = Example(tmp_path)
    yield example
    if example.server:
        if example.server.process.poll() is None:
            assert example.server.end() == 0
        assert not re.search("warning|notice|fatal|error:", "\n".join(example.server.lines), re.I), example.server.lines


def test_every_block_is_marked_and_run():
    assert len(BLOCKS) == len(re.findall(r"^```\w", PAGE, re.M))
    with open(__file__) as tests:
        tests = tests.read()
    assert [name for name in BLOCKS if f'"{name}"' not in tests] == []


def test_links_lead_somewhere():
    anchor = lambda title: "#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")  # noqa: E731
    anchors = {anchor(title) for title in re.findall(r"^## (.*)$", PAGE, re.M)}
    links = set(re.findall(r"\]\(([^)]*)\)", PAGE))
    assert {link for link in links if link.startswith("#")} == anchors
    for link in links - anchors:
        path, _, part = link.partition("#")
        page = (ROOT / "docs" / path).read_text()
        assert not part or "#" + part in {anchor(title) for title in re.findall(r"^##+ (.*)$", page, re.M)}, link


def test_pushing(example):
    example.serve()
    with example.connect() as one, example.connect() as two:
        assert example.run("push.php") == ""
        for client, messages in {one: ["The canteen is open.", "Today there is soup.", "Your table is ready."],
                                 two: ["The canteen is open.", "Today there is soup."]}.items():
            assert [client.recv(TIMEOUT) for _ in messages] == messages
        assert example.run("careful.php") == ""
        assert one.recv(TIMEOUT) == two.recv(TIMEOUT) == "Soup is out."
        assert example.run("report.php") == "bool(true)\n"
        assert one.recv(TIMEOUT) == "The report:\nline 1\nline 2\nline 3\n"
        one.close()
        while example.run("push.php") != "Number 1 has left.\n":
            pass


def test_a_server_that_is_down(example):
    assert example.run("careful.php") == "Nobody has it; it may be sent again.\n"
    assert example.run("pipe.php", extension=False) == "PIPE FILE NOT FOUND\n"


def test_the_pipe(example):
    example.serve()
    with example.connect() as client:
        assert example.run("pipe.sh") == ""
        assert client.recv(TIMEOUT) == "cron says: the backup is ready"
        assert example.run("pipe.php", extension=False) == ""
        assert client.recv(TIMEOUT) == "the web site says: an order has come in"


def test_with_a_secret(example):
    example.serve({f"'control' => 'unix://{example.folder}/control.sock'":
                   f"'control' => 'tcp://127.0.0.1:{example.control_port}', 'control_secret' => 'sesame'"})
    assert example.run("remote.php") == "pong\n"


def test_stopping_a_server_of_the_class(example):
    example.serve()
    with example.connect() as client:
        assert example.run("stop.php", extension=False) == f"the server has ended (process {example.server.process.pid})\n"
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(TIMEOUT)
        assert closed.value.rcvd.code == 1001
    assert example.server.process.wait(TIMEOUT) == 0
    assert example.run("stop.php") == "the server is not running\n"


def test_the_command_line(example):
    folder = example.folder
    (folder / "events.php").write_text(PRELUDE + ECHO + "".join(DEFAULTS.values()))
    settings = example.write("settings.conf").read_text() + "".join(f"WEBSOCKET_{name}={value}\n" for name, value in {
        "LISTEN": f"tcp://127.0.0.1:{example.port}", "SELECT_TIMEOUT": 200000, "SERVER_HEADER": "docs",
        "EVENTS_INCLUDE_FILE": f"{folder}/events.php", "LOG_PATH": f"{folder}/", "IO_THREADS": os.environ.get("WS_IO_THREADS", 0)}.items())
    (folder / "app.conf").write_text(settings)
    # One line after the other, when the one before has had its effect.
    start, status, stop = example.write("cli.sh").read_text().splitlines()
    server = Program(["sh", "-c", "exec " + start.removesuffix(" &")])
    server.says("ready")
    status = subprocess.run(["sh", "-c", status], capture_output=True, text=True, timeout=TIMEOUT)
    assert status.returncode == 0 and status.stdout.startswith(f"the server runs, as process {server.process.pid}\n\nconnections")
    stop = subprocess.run(["sh", "-c", stop], capture_output=True, text=True, timeout=TIMEOUT)
    assert (stop.returncode, stop.stdout) == (0, f"the server has ended (process {server.process.pid})\n")
    assert server.process.wait(TIMEOUT) == 0
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".sock", ".pid")) == []
