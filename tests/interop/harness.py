"""A server under test: php/server.php with a settings file and an events file in a folder of its own.

Events files tell the test what happens: tell("name", …) prints a line that Server.told("name") waits for. Nothing
here sleeps, and the one timeout is there so that a failing test ends.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

from websockets.sync.client import connect

from raw import Raw

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXTENSION = os.environ.get("EXTENSION") or str(ROOT / "target/release/libws_server.so")
PHP = os.environ.get("PHP", "php")
TIMEOUT = 60

HEADERS = {"Cookie": "sid=1; theme=dark"}

PRELUDE = r"""<?php
function tell($what, ...$data) { echo "@$what ", json_encode($data, JSON_THROW_ON_ERROR), "\n"; }
"""
DEFAULTS = {
    "ws_server_authenticate": "function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) { return true; }",
    "ws_server_started": 'function ws_server_started(&$server,&$sockets,&$connections) { tell("ready"); }',
}
ECHO = r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) { send_text($client_key,$msg); }
function ws_server_binary(&$connections,&$connection,$client_key,$data) { ws_server_send_binary($client_key,$data); }
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def take_interrupts():
    """A job in a shell's background has SIGINT ignored, and the server leaves ignored signals alone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def php(*args, **options):
    """Runs a PHP script to its end."""
    return subprocess.run([PHP, *map(str, args)], capture_output=True, text=True, timeout=TIMEOUT, **options)


class Server:
    def __init__(self, folder, events="", settings=None, stdin=subprocess.DEVNULL, ready=True, bare=False,
                 launcher=(), pass_fds=(), prepare=None, words=(), script=None):
        """launcher: a command that runs what follows it, with the descriptors of pass_fds. prepare(server) may write a
        settings file of its own. words: what stands before the settings file on the command line. script: a program with
        a WsServer instead of php/server.php; it gets the port."""
        self.folder, self.stdin, self.ready = pathlib.Path(folder), stdin, ready
        self.launcher, self.pass_fds, self.words = launcher, pass_fds, words
        self.port = free_port()
        self.fifo = self.folder / "ws_notify"
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.events = self.folder / "events.php"
        if not bare:
            events = PRELUDE + events + "".join("\n" + code for name, code in DEFAULTS.items() if name not in events)
        self.events.write_text(events)
        self.script = script and self.folder / "script.php"
        if script:
            self.script.write_text(PRELUDE + script)
        self.settings = {
            "WEBSOCKET_LISTENING_ADDRESS": "127.0.0.1",
            "WEBSOCKET_LISTENING_PORT": self.port,
            "WEBSOCKET_SELECT_TIMEOUT": 200000,
            "WEBSOCKET_SERVER_HEADER": "interop",
            "WEBSOCKET_XHR_PIPE_FILE": self.fifo,
            "WEBSOCKET_EVENTS_INCLUDE_FILE": self.events,
            "WEBSOCKET_LOG_PATH": f"{self.logs}/",
        }
        if os.environ.get("WS_IO_THREADS"):
            self.settings["WEBSOCKET_IO_THREADS"] = os.environ["WS_IO_THREADS"]
        self.settings.update(settings or {})
        self.conf = self.folder / "server_shared.conf"
        self.write_settings({})
        if prepare:
            prepare(self)
        self.process = None
        self.expect_status = None  # what finish() expects of a server that has ended itself
        self._lines, self._news = [], threading.Condition()
        self._seen = {}
        self.errors = self.folder / "stderr"

    def write_settings(self, more):
        self.settings.update(more)
        self.conf.write_text("".join(f"{k}={v}\n" for k, v in self.settings.items() if v is not None))

    # Starting and ending

    def start(self):
        program = [self.script, self.port] if self.script else [ROOT / "php/server.php", *self.words, self.conf]
        command = [*self.launcher, PHP, "-d", f"extension={EXTENSION}", *map(str, program)]
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(command, stdin=self.stdin, stdout=subprocess.PIPE, stderr=errors,
                                            cwd=self.folder, pass_fds=self.pass_fds, preexec_fn=take_interrupts)
        with self._news:
            self._lines = [line for line in self._lines if line is not None]  # it may be started again
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if self.ready:
            self.told("ready")

    def stop(self, signo=signal.SIGTERM):
        """Asks the server to end; its exit status."""
        self.process.send_signal(signo)
        return self.wait()

    def wait(self):
        """Waits for the end; the exit status. The test has looked at it, so finish() does not."""
        status = self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        self.expect_status = status
        return status

    def finish(self):
        """Ends a server that still runs; what was wrong with that."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return ["the server did not end on SIGTERM\n" + self.stderr()]
        self._reader.join(TIMEOUT)
        problems = []
        if status != (self.expect_status or 0):
            problems.append(f"exit status {status}\n{self.stderr()}{self.output()}")
        if self.fifo.is_fifo():
            problems.append("the FIFO was left behind")
        if "panicked" in self.stderr():
            problems.append(self.stderr())
        return problems

    # What the server says

    def _read(self):
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line.decode(errors="replace").rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._lines.append(None)
            self._news.notify_all()

    def told(self, name, count=1):
        """Waits for the next `count` things told under this name: a list of argument lists, or one where count is 1."""
        first = self._seen.get(name, 0)
        with self._news:
            self._news.wait_for(lambda: len(self._told(name)) >= first + count or self._ended(), TIMEOUT)
            found = self._told(name)
            if len(found) < first + count:
                raise AssertionError(f"not told: {name} (x{count})\n{self.stderr()}{self.output()}")
        self._seen[name] = first + count
        found = found[first:first + count]
        return found[0] if count == 1 else found

    def says(self, text):
        """Waits for a line with this text."""
        with self._news:
            self._news.wait_for(lambda: any(text in line for line in self._lines if line) or self._ended(), TIMEOUT)
        if text not in self.output():
            raise AssertionError(f"not said: {text}\n{self.stderr()}{self.output()}")

    def _ended(self):
        return self._lines[-1:] == [None]

    def _told(self, name):
        head = f"@{name} "
        return [json.loads(line[len(head):]) for line in self._lines if line and line.startswith(head)]

    def all_told(self, *names):
        """Everything told so far under these names, in order, as (name, arguments)."""
        with self._news:
            told = [line[1:].split(" ", 1) for line in self._lines if line and line.startswith("@")]
        return [(name, json.loads(data)) for name, data in told if name in names]

    def output(self):
        with self._news:
            return "\n".join(line for line in self._lines if line is not None)

    def stderr(self):
        return self.errors.read_text(errors="replace")

    def log(self):
        """The log file of show_message()."""
        return "".join(path.read_text() for path in sorted(self.logs.glob("ws_*.log")))

    def rss(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def peak(self):
        """The most resident memory that it has had so far, in bytes."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))

    # Talking to it

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/"

    def connect(self, **options):
        """A client of the `websockets` package."""
        options = {"additional_headers": HEADERS, "open_timeout": TIMEOUT, "close_timeout": TIMEOUT, "max_size": None,
                   **options}
        return connect(self.url, **options)

    def tcp(self):
        """A connection that has not said anything yet."""
        return Raw(socket.create_connection(("127.0.0.1", self.port), TIMEOUT), self.port)

    def raw(self):
        """A connection after its handshake, with frames by hand."""
        raw = self.tcp()
        raw.handshake()
        return raw

    def push(self, data):
        """Writes to the FIFO as another process would: open, write, close."""
        with open(self.fifo, "wb", buffering=0) as pipe:
            data = data.encode() if isinstance(data, str) else data
            while data:
                data = data[pipe.write(data):]
