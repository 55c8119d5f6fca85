"""Who sends as fast as he can takes nothing from the others."""

import json
import threading

import pytest

from harness import TIMEOUT
from raw import BINARY, frame

# A flood is counted and not answered. Everybody else asks how much of it there has been.
EVENTS = r"""
$flood = 0;
function ws_server_binary(&$connections,&$connection,$client_key,$data) { $GLOBALS["flood"]++; }
function ws_server_text(&$connections,&$connection,$client_key,$msg) { send_text($client_key, json_encode([$msg, $GLOBALS["flood"]])); }
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    if (str_starts_with($data, '{"flood"')) { $GLOBALS["flood"]++; } else { tell("fifo", $data, $GLOBALS["flood"]); }
}
"""
SETTINGS = {"WEBSOCKET_PING_INTERVAL": 0}  # nobody here has the time to answer


class Flood:
    """Writes in a thread, as fast as it is taken from it, until the block is left."""

    def __init__(self, write, data):
        self.write, self.data = write, data
        self.over, self.error = threading.Event(), None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self.over.is_set():
                self.write(self.data)
        except OSError as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(TIMEOUT)
        assert not self.thread.is_alive() and self.error is None, self.error


def served_during(ask, messages):
    """Asks again and again until the flood has grown by so many messages; at least 50 times."""
    first = ask()
    while not first:
        first = ask()
    for number in range(100_000):
        flood = ask()
        if number >= 50 and flood >= first + messages:
            return
    raise AssertionError(f"the flood itself has grown from {first} to {flood} only")


def asking(client):
    """A round trip with a text of its own; what it says of the flood."""
    number = iter(range(1_000_000))

    def ask():
        text = f"question {next(number)}"
        client.text(text)
        answered, flood = json.loads(client.recv_text())
        assert answered == text
        return flood

    return ask


def pushing(server):
    """The same through the FIFO."""
    number = iter(range(1_000_000))

    def ask():
        text = json.dumps({"question": next(number)})
        server.push(text)
        data, flood = server.told("fifo")
        assert data == text
        return flood

    return ask


@pytest.mark.parametrize("size", [1, 100_000])
def test_others_are_answered_while_a_client_floods(serve, size):
    server = serve(EVENTS, SETTINGS)
    block = frame(BINARY, b"x" * size) * (1 + 100_000 // size)
    with server.raw() as flooder, server.raw() as client:
        with Flood(flooder.send, block):
            served_during(asking(client), 2000)
            # Newcomers too.
            with server.raw() as newcomer:
                served_during(asking(newcomer), 100)


def test_the_fifo_is_read_while_a_client_floods(serve):
    server = serve(EVENTS, SETTINGS)
    with server.raw() as flooder:
        with Flood(flooder.send, frame(BINARY, b"x") * 10_000):
            served_during(pushing(server), 2000)


def test_clients_are_answered_while_a_writer_floods_the_fifo(serve):
    server = serve(EVENTS, SETTINGS)
    document = json.dumps({"flood": "x" * 1000}).encode()
    with server.raw() as client, open(server.fifo, "wb", buffering=0) as pipe:
        def write(data):
            while data:
                data = data[pipe.write(data):]

        with Flood(write, document * 100):
            served_during(asking(client), 2000)
            with server.raw() as newcomer:
                served_during(asking(newcomer), 100)
