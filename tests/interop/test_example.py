"""The example that `make run` starts: what it prints can be typed into a shell, and what is in its way is told in one line."""

import json
import os
import re
import signal
import socket
import subprocess

import pytest
from websockets.sync.client import connect

from harness import EXTENSION, PHP, ROOT, TIMEOUT, free_port, take_interrupts

RUN = ROOT / "php/examples/notify/run"


def command(**environment):
    ports = {"WS_PORT": str(free_port()), "HTTP_PORT": str(free_port())}
    return {"args": [str(RUN)], "env": os.environ | {"PHP": PHP, "EXTENSION": str(EXTENSION)} | ports | environment,
            "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "preexec_fn": take_interrupts}


@pytest.fixture
def example():
    """The running example: the process, and what it has printed up to the lines that tell how to end it."""
    options = command()
    process = subprocess.Popen(**options)
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C ends it" in line:
            break
    yield process, printed, options["env"]
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(TIMEOUT)


def test_what_it_prints_pushes_from_a_shell_and_ctrl_c_ends_everything(example):
    process, printed, environment = example
    page = re.search(r"The page: +(http://\S+)", printed)[1]
    assert page == f"http://127.0.0.1:{environment['HTTP_PORT']}/"
    with connect(f"ws://127.0.0.1:{environment['WS_PORT']}/", additional_headers={"Cookie": "notify_name=shell"},
                 open_timeout=TIMEOUT) as client:
        assert [json.loads(client.recv(TIMEOUT))["type"] for _ in range(2)] == ["welcome", "online"]
        for name in ("Push from a shell", "or without HTTP"):
            typed = re.search(rf"{name}: +(.+)", printed)[1]
            subprocess.run(typed, shell=True, check=True, timeout=TIMEOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            assert json.loads(client.recv(TIMEOUT)) == {"type": "push", "message": "hello"}
        pipe = re.search(r"> (\S+/ws_notify)", printed)[1]
        assert os.path.exists(pipe)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 0
    assert not os.path.exists(os.path.dirname(pipe))
    for port in ("WS_PORT", "HTTP_PORT"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(environment[port])), TIMEOUT)


def told(options):
    """The one line that a start ends with which is not possible."""
    done = subprocess.run(**options, timeout=TIMEOUT)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    return done.stderr.rstrip("\n")


@pytest.mark.parametrize("name", ["WS_PORT", "HTTP_PORT"])
def test_a_busy_port_is_named(name):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        line = told(command(**{name: str(port)}))
    assert re.fullmatch(rf"run: port {port} on 127\.0\.0\.1 cannot be used \(.+\); choose another: {name}=… make run", line)


def test_what_is_missing_is_named():
    assert told(command(PHP="no-such-php")) == "run: no-such-php is not installed (make deps installs it)"
    assert told(command(EXTENSION="/nowhere/x.so")) == "run: the extension is not built: /nowhere/x.so (make build)"
