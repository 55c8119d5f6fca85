"""Clients that do everything wrong leave the server serving the others."""

import random
import socket

from harness import ECHO
from raw import BINARY, TEXT, frame

COUNTING = r"""
$ended = 0;
function ws_server_after_close(&$connections) { $GLOBALS["ended"]++; }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    send_text($client_key, $msg === "ended?" ? (string) $GLOBALS["ended"] : $msg);
}
"""


def still_serves(server):
    with server.connect() as client:
        client.send("still serving")
        assert client.recv() == "still serving"


def test_a_frame_of_one_byte_does_no_harm(serve):
    """Fixes fault 4."""
    server = serve(ECHO)
    with server.raw() as client:
        client.send(b"\x81")
        still_serves(server)
        client.reset()
    still_serves(server)


def test_a_handshake_sent_byte_by_byte_is_accepted(serve):
    """Fixes fault 4."""
    with serve(ECHO).tcp() as client:
        for byte in client.request():
            client.send(bytes([byte]))
        client.accepted()
        for byte in frame(TEXT, "é, byte by byte".encode()):
            client.send(bytes([byte]))
        assert client.recv_text() == "é, byte by byte"


def test_a_client_that_says_nothing_is_let_go(serve):
    """Fixes fault 8: it stayed for ever."""
    server = serve(ECHO, {"WEBSOCKET_HANDSHAKE_TIMEOUT": 0.2})
    with server.tcp() as silent, server.tcp() as slow:
        slow.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        silent.recv_end()
        slow.recv_end()
    still_serves(server)


def test_ten_thousand_garbage_connections_leave_it_serving(serve):
    """Fixes faults 4, 7 and 10."""
    server = serve(COUNTING)
    chance = random.Random(1)
    witness = server.raw()
    for number in range(10000):
        with server.tcp() as client:
            match number % 5:
                case 0:
                    client.send(chance.randbytes(chance.randrange(1, 200)))
                case 1:
                    client.send(client.request()[: chance.randrange(1, 100)])
                case 2:
                    client.send(client.request() + chance.randbytes(chance.randrange(1, 200)))
                case 3:
                    client.send(client.request() + frame(BINARY, b"x" * 300)[: chance.randrange(1, 300)])
                case 4:
                    pass  # connects, and is gone
            client.reset()
        if number % 1000 == 0:
            witness.text(f"after {number}")
            assert witness.recv_text() == f"after {number}"
    # A connection that was reset before the server took it may never have existed for it; the others all end.
    ended, asked = -1, 0
    while True:
        witness.text("ended?")
        before, ended = ended, int(witness.recv_text())
        asked = asked + 1 if ended == before else 0
        if asked == 100:
            break
    assert ended > 0
    witness.sock.close()
    still_serves(server)
    assert open_sockets(server) < 20


def open_sockets(server):
    import os
    fds = f"/proc/{server.process.pid}/fd"
    return sum(os.readlink(f"{fds}/{fd}").startswith("socket:") for fd in os.listdir(fds))


def test_a_peer_that_resets_while_it_is_written_to_hurts_nobody(serve):
    """Fixes fault 4."""
    server = serve(ECHO)
    for _ in range(50):
        client = server.raw()
        client.send(frame(TEXT, b"x" * 60000) * 10)
        client.reset()
    still_serves(server)


def test_half_closed_connections_end(serve):
    """Fixes fault 8."""
    server = serve(ECHO)
    with server.raw() as client:
        client.sock.shutdown(socket.SHUT_WR)
        client.recv_end()
    still_serves(server)
