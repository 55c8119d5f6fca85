"""Control connections: other programs push through the server."""

import json
import os
import random
import socket
import stat
import struct

import pytest

from control import Control, field, frame, tcp, to, unix, until
from harness import free_port
from raw import CLOSE, PING, PONG, TEXT
from raw import frame as ws_frame
from test_hostile import open_sockets, still_serves
from test_tokens import SECRET, cookies

PUSHED = r"""
function ws_server_open(&$connections,&$connection,$client_key) { tell("open", $client_key); }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    match ($msg) {
        "subscribe" => tell("subscribed", ws_server_subscribe($client_key, "news")),
        "leave" => close_client($client_key, 4000, "as you wish"),
        "stats" => send_text($client_key, json_encode(ws_server_stats())),
        "stop" => ws_server_stop(),
        default => send_text($client_key, $msg),
    };
}
function ws_server_before_close(&$connections,&$connection) { tell("leaves"); }
"""


@pytest.fixture
def controlled(serve, tmp_path):
    """A server with control connections on a Unix socket (server.control()) and on TCP (server.control_tcp())."""
    def start(events=PUSHED, settings=None, **options):
        path, port = tmp_path / f"control{len(os.listdir(tmp_path))}.sock", free_port()
        settings = {"WEBSOCKET_CONTROL": f"unix://{path} tcp://127.0.0.1:{port}", **(settings or {})}
        server = serve(events, settings, **options)
        server.control_path = path
        server.control = lambda: Control(unix(path))
        server.control_tcp = lambda: Control(tcp(port))
        # Without somebody who answers pings.
        server.bare = lambda number: unix(path) if number % 2 else tcp(port)
        return server
    return start


def test_a_broadcast_reaches_every_client(controlled):
    server = controlled()
    with server.connect() as one, server.connect() as two, server.control() as control:
        server.told("open", 2)
        control.send(frame("b", "Grüße") + frame("B", b"\0\xff"))
        for client in (one, two):
            assert client.recv() == "Grüße"
            assert client.recv() == b"\0\xff"


def test_a_client_is_reached_by_the_id_that_the_application_knows(controlled):
    server = controlled()
    with server.connect() as one, server.control() as control:
        [first] = server.told("open")
        with server.connect() as two:
            [second] = server.told("open")
            assert control.ask(to("c", second, "to two")) == b"32A" + field(second)
            assert control.ask(to("C", first, b"\xff")) == b"32A" + field(first)
            assert (one.recv(), two.recv()) == (b"\xff", "to two")
        server.told("leaves")
        assert control.ask(to("c", second)) == b"32N" + field(second)
        assert control.ask(to("c", first)) == b"32A" + field(first)
        # A token that nobody has, a text that is none.
        token = "32febad1f0cf83f38aceb31ad63866c4"
        assert control.ask(to("c", token, "x")) == b"32N" + token.encode()
        assert control.ask(to("c", first, b"\xff")) == b"32N" + field(first)


def test_a_client_is_reached_by_its_token(controlled):
    server = controlled(settings={"WEBSOCKET_TOKENS": json.dumps({"secret": SECRET})})
    token = "32febad1f0cf83f38aceb31ad63866c4"
    with server.control() as control:
        assert control.ask(to("c", token)) == b"32N" + token.encode()
        with server.connect(additional_headers=cookies(token)) as client:
            server.told("open")
            assert control.ask(to("c", token)) == b"32A" + token.encode()
            assert control.ask(to("c", token, "by token")) == b"32A" + token.encode()
            assert control.ask(to("l", token)) == b"32A" + token.encode()
            control.send(frame("F", "in ") + frame("S", "fragments"))
            assert (client.recv(), client.recv()) == ("by token", b"in fragments")
            assert (control.recv(), control.recv()) == (b"0a", b"0a")
            client.send("leave")
            server.told("leaves")
            assert control.ask(to("c", token, "late")) == b"32N" + token.encode()


def test_a_client_that_the_application_has_closed_takes_nothing(controlled):
    server = controlled()
    with server.raw() as client, server.control() as control:
        [number] = server.told("open")
        client.text("leave")
        server.told("leaves")
        # The client has not answered the Close: its connection is still there.
        assert control.ask(to("c", number, "late")) == b"32N" + field(number)
        assert control.ask(to("l", number)) == b"32N" + field(number)
        control.send(to("d", number, "late") + frame("b", "late"))
        assert control.ask(b"0p") == b"0P"
        assert client.recv_close() == (4000, "as you wish")


def test_what_is_published_reaches_subscribers(controlled):
    server = controlled()
    with server.connect() as one, server.connect() as two, server.control() as control:
        one.send("subscribe")
        assert server.told("subscribed") == [True]
        control.send(frame("t", "news\0for one") + frame("T", b"news\0\xff") + frame("b", "for both"))
        assert (one.recv(), one.recv(), one.recv(), two.recv()) == ("for one", b"\xff", "for both", "for both")


def test_the_status_is_what_stats_tells(controlled):
    server = controlled()
    with server.connect() as client, server.control() as control:
        control.send(frame("b", "x") + to("d", 99, "y"))
        assert client.recv() == "x"
        answer = control.ask(b"0j")
        length, status = answer.split(b"J", 1)
        assert int(length) == len(status)
        status = json.loads(status)
        client.send("stats")
        stats = json.loads(client.recv())
        assert list(status) == [*stats, "open"]
        assert status["open"] == status["opened"] == 1
        assert stats["control_connections"] == stats["control_accepted"] == 1
        assert (stats["control_messages"], stats["control_errors"], stats["control_refused"]) == (2, 0, 0)
        assert control.ask(b"0x") == b"0E"
        client.send("stats")
        assert json.loads(client.recv())["control_errors"] == 1


def test_a_message_in_fragments_and_the_end_of_its_source(controlled):
    server = controlled()
    with server.raw() as client:
        [number] = server.told("open")
        with server.control() as source, server.control() as other:
            assert source.ask(to("l", number)) == b"32A" + field(number)
            assert other.ask(to("l", number)) == b"32N" + field(number)
            assert source.ask(frame("f", "one ")) == b"0a"
            client.text("an echo waits too")
            other.send(frame("b", "broadcast"))
            assert source.ask(frame("s", "message")) == b"0a"
            assert message(client) == (TEXT, b"one message")
            assert {client.recv_text(), client.recv_text()} == {"an echo waits too", "broadcast"}
            assert source.ask(to("l", number)) == b"32A" + field(number)
        assert client.recv_close() == (1011, "framesource lost")
        client.send(ws_frame(CLOSE, struct.pack("!H", 1011)))
    server.told("leaves")


def message(client):
    """A message in frames."""
    opcode, payload, last = None, b"", False
    while not last:
        head = client._take(2)
        last, opcode = bool(head[0] & 0x80), opcode or head[0] & 0x0F
        payload += client._take(head[1])
    return opcode, payload


def test_a_secret_over_tcp(controlled):
    server = controlled(settings={"WEBSOCKET_CONTROL_SECRET": "uhD27usxm2F61p"})
    with server.control_tcp() as control, server.connect() as client:
        assert control.ask(frame("k", "uhD27usxm2F61p")) == b"0a"
        control.send(frame("b", "let in"))
        assert client.recv() == "let in"
    with server.control_tcp() as control:
        control.send(frame("k", "hunter2hunter2") + frame("b", "x"))
        assert control.rest() == b"0n"
    with server.control_tcp() as control:
        control.send(frame("b", "x"))
        assert control.rest() == b"0E"
    with server.control() as control:
        assert control.ask(b"0p") == b"0P"
    server.stop()
    log = server.stderr()
    assert "the control secret is wrong" in log and "did not begin with the control secret" in log
    assert "hunter2" not in log and "uhD27usxm2F61p" not in log + server.output()


def test_a_fault_is_a_line_in_the_log_without_what_was_sent(controlled):
    server = controlled()
    with server.control() as control:
        control.send(b"12xprivate text")
        assert control.rest() == b"0E"
    with server.control_tcp() as control:
        control.send(frame("b", b"private\xff"))
        assert control.rest() == b"0E"
    server.stop()
    log = server.stderr()
    assert "a control connection is closed: there is no command 'x'" in log
    assert "the control connection from 127.0.0.1:" in log and "the text of command 'b' is not UTF-8" in log
    assert "private" not in log


def test_without_a_secret_tcp_is_for_loopback_only(tmp_path, serve):
    server = serve("", {"WEBSOCKET_CONTROL": "tcp://0.0.0.0:0"}, ready=False)
    assert server.wait() == 1
    assert 'option "control_secret" is required where "control" is tcp://0.0.0.0:0' in server.stderr()


def test_the_socket_is_0660_and_gone_afterwards(controlled):
    server = controlled()
    mode = server.control_path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    assert f"control on unix://{server.control_path}" in server.stderr()
    assert server.stop() == 0
    assert not server.control_path.exists()


@pytest.mark.parametrize("end, status", [("ws_server_stop();", 0), ("exit(3);", 3), ("str_repeat('x', PHP_INT_MAX);", 255)])
def test_the_socket_is_gone_whatever_ends_the_server(controlled, end, status):
    server = controlled(f'function ws_server_text(&$connections,&$connection,$client_key,$msg) {{ {end} }}')
    with server.connect() as client, server.control() as control:
        assert control.ask(b"0p") == b"0P"
        client.send("end")
        assert server.wait() == status
        assert control.rest() == b""
    assert not server.control_path.exists()


def test_a_stale_socket_is_replaced_and_what_is_none_is_kept(serve, tmp_path):
    stale = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(stale))
    serve("", {"WEBSOCKET_CONTROL": f"unix://{stale}"})
    with Control(unix(stale)) as control:
        assert control.ask(b"0p") == b"0P"
    second = serve("", {"WEBSOCKET_CONTROL": f"unix://{stale}"}, ready=False)
    assert second.wait() == 1 and str(stale) in second.stderr()
    precious = tmp_path / "precious"
    precious.write_text("data")
    third = serve("", {"WEBSOCKET_CONTROL": f"unix://{precious}"}, ready=False)
    assert third.wait() == 1 and "is not a socket" in third.stderr() and precious.read_text() == "data"


def test_the_freest_of_two_listeners(serve, tmp_path):
    ports, path = [free_port(), free_port()], tmp_path / "control.sock"
    server = serve(PUSHED, {"WEBSOCKET_LISTEN": " ".join(f"tcp://127.0.0.1:{port}" for port in ports),
                            "WEBSOCKET_DOMAINS": "ws1.example.com ws2.example.com",
                            "WEBSOCKET_CONTROL": f"unix://{path}"})
    server.port = ports[0]
    with Control(unix(path)) as control:
        assert control.ask(b"0m") == b"15Mws1.example.com"
        with server.connect():
            assert control.ask(b"0m") == b"15Mws2.example.com"
        until(lambda: control.ask(b"0m") == b"15Mws1.example.com")


def test_control_is_served_while_clients_and_handlers_are_busy(controlled):
    server = controlled(PUSHED + 'function ws_server_loop(&$server,&$sockets,&$connections) { usleep(1000); }')
    with server.connect() as client, server.control() as control:
        for number in range(500):
            client.send(f"echo {number}")
            control.send(frame("b", f"push {number}"))
        got = [client.recv() for _ in range(1000)]
    assert [m for m in got if m.startswith("echo")] == [f"echo {n}" for n in range(500)]
    assert [m for m in got if m.startswith("push")] == [f"push {n}" for n in range(500)]


def heard(client, text):
    """Waits for a text among whatever else is pushed."""
    while (got := client.recv()) != (TEXT, text.encode()):
        if got[0] == PING:
            client.send(ws_frame(PONG, got[1]))


def test_ten_thousand_control_connections_leave_it_serving(controlled):
    """They come and go, say nothing, send garbage, whole and half frames; a client and a witness are served meanwhile."""
    server = controlled()
    chance = random.Random(1)
    with server.raw() as client, server.control() as witness:
        server.told("open")
        assert witness.ask(b"0p") == b"0P"
        before = open_sockets(server)
        pushed = 0
        for number in range(10000):
            with server.bare(number) as control:
                try:
                    match number % 10:
                        case 0 | 1:
                            control.sendall(chance.randbytes(chance.randrange(1, 200)))
                        case 2 | 3:
                            control.sendall(frame("b", "x" * 300)[: chance.randrange(1, 300)])
                        case 4 | 5:
                            control.sendall(frame("c", chance.randbytes(40)) + b"0j0m0p")
                        case 6 | 7:
                            control.sendall(frame("b", f"push {number}") + b"0q")
                            pushed += 1
                        case 8 | 9:
                            pass  # connects, and is gone
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it was sent away while it sent
                if number % 4 == 0:
                    control.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if number % 500 == 0:
                client.text(f"after {number}")
                heard(client, f"after {number}")
                assert witness.ask(b"0p") == b"0P"
        # Those that were reset may have been gone before they were taken; what was taken is let go.
        status = lambda: json.loads(witness.ask(b"0j").split(b"J", 1)[1])
        until(lambda: status()["control_connections"] == 1)
        now = status()
        assert now["control_errors"] > 1000 and now["control_messages"] > pushed / 4
        assert open_sockets(server) == before
    still_serves(server)


def test_ten_thousand_at_once_that_say_nothing_are_let_go(controlled):
    """More than there may be: these are told at once, the others when they have been silent for too long."""
    server = controlled()
    with server.control() as witness:
        assert witness.ask(b"0p") == b"0P"
        before = open_sockets(server)
        silent = []
        for number in range(10000):
            silent.append(server.bare(number))
            if number % 100 == 0:
                assert witness.ask(b"0p") == b"0P"
        still_serves(server)
        told = set()
        for control in silent:
            with control:
                said = b""
                while data := control.recv(100):
                    said += data
                told.add(said)
            assert witness.ask(b"0p") == b"0P"
        assert told <= {b"0E", b"0p0E"}, told
        until(lambda: open_sockets(server) <= before)
    still_serves(server)
