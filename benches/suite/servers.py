"""The servers that are compared, and how each is started."""

import os
import pathlib
import socket
import subprocess
import time

BENCHES = pathlib.Path(__file__).resolve().parents[1]
ROOT = BENCHES.parent
TARGET = ROOT / "target"
EXTENSION = os.environ.get("EXTENSION") or str(TARGET / "release/libws_server.so")
PHP = os.environ.get("PHP", "php")
TICKS = os.sysconf("SC_CLK_TCK")
# How long a server may take to listen.
PATIENCE = 30


class Kind:
    """A server that can be started; `modes` are the floor's two programs in one."""

    def __init__(self, name, command):
        self.name, self.command = name, command

    def start(self, folder, mode="echo"):
        return Server(self, folder, mode)


class Server:
    def __init__(self, kind, folder, mode):
        self.name, self.port = kind.name, free_port()
        self.fifo = folder / f"fifo-{self.port}"
        self.process = subprocess.Popen(kind.command(self.port, self.fifo, mode), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} does not listen")

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/"

    def cpu(self):
        """Seconds of the processor so far: in the program, and in the kernel for it."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def stop(self):
        self.process.kill()
        self.process.wait()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# What the README recommends.
JIT = ("opcache.enable_cli=1", "opcache.jit=tracing", "opcache.jit_buffer_size=32M")


def php(face, threads, settings=(), extension=EXTENSION):
    script = str(BENCHES / f"suite/php/{face}.php")
    options = [word for setting in (f"extension={extension}", *settings) for word in ("-d", setting)]
    return lambda port, fifo, mode: [PHP, *options, script, str(port), str(threads)] + (
        [str(fifo)] if mode == "application" else [])


def peer(name):
    return lambda port, fifo, mode: [str(TARGET / "peers/release/peers"), name, str(port)]


FLOOR = Kind("floor", lambda port, fifo, mode: [str(TARGET / "floor"), str(port), "broadcast" if mode == "broadcast" else "echo"])
CLASS = Kind("class", php("class", 0))
CLASS_JIT = Kind("class jit", php("class", 0, JIT))
CLASS_1 = Kind("class 1t", php("class", 1))
CLASS_2 = Kind("class 2t", php("class", 2))
CLASS_4 = Kind("class 4t", php("class", 4))
LEGACY = Kind("legacy", php("legacy", 0))
LEGACY_JIT = Kind("legacy jit", php("legacy", 0, JIT))
LEGACY_1 = Kind("legacy 1t", php("legacy", 1))
FAST = Kind("fastws", peer("fastwebsockets"))
TUNGSTENITE = Kind("tungstenite", peer("tungstenite"))
NODE = Kind("node ws", lambda port, fifo, mode: ["node", str(BENCHES / "peers/ws.mjs"), str(port)])

OURS = [CLASS, CLASS_JIT, CLASS_1, LEGACY, LEGACY_JIT, LEGACY_1]
PEERS = [FAST, TUNGSTENITE, NODE]
ALL = [FLOOR, *OURS, *PEERS]
