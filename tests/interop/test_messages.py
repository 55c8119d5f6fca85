"""Messages, fragments, pings and closing, with a real client where it can and by hand where it hides things."""

import struct

import pytest
from websockets.exceptions import ConnectionClosed

from harness import ECHO
from raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

LENGTHS = [*range(301), 65535, 65536, 2**20 - 1]
PHRASES = ["line\nline", "tab\tstop", "é", "漢字", "😀👩‍👩‍👧", "\u0000\u007f\u0080\ufeff\uffff", "‘quotes’ – … €", '{"a":"é\\n"}']

CLOSES = ECHO + r"""
function ws_server_open(&$connections,&$connection,$client_key) { tell("open", $client_key); }
function ws_server_before_close(&$connections,&$connection) { tell("before_close", $connection["state"]); }
function ws_server_after_close(&$connections) { tell("after_close", count($connections)); }
"""


@pytest.mark.parametrize("kind", ["text", "binary"])
def test_payloads_of_every_length_arrive_intact(serve, kind):
    """Fixes faults 2 and 3."""
    with serve(ECHO).connect() as client:
        for length in LENGTHS:
            data = bytes((i * 7 + length) % 95 + 32 if kind == "text" else (i * 7 + length) % 256 for i in range(length))
            client.send(data.decode() if kind == "text" else data)
            answer = client.recv()
            assert (answer.encode() if kind == "text" else answer) == data, length


def test_utf8_arrives_intact_both_ways(serve):
    """Fixes fault 3."""
    server = serve(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    tell("bytes", bin2hex($msg));
    send_text($client_key,$msg);
}
""")
    with server.connect() as client:
        for phrase in PHRASES:
            client.send(phrase)
            assert server.told("bytes") == [phrase.encode().hex()]
            assert client.recv() == phrase


def test_twenty_messages_in_one_segment_arrive_as_twenty(serve):
    """Fixes fault 2: five arrived."""
    server = serve(ECHO)
    messages = [f"message {i}" for i in range(20)]
    with server.raw() as client:
        client.send(b"".join(frame(TEXT, m.encode()) for m in messages))
        assert [client.recv_text() for _ in messages] == messages


def test_messages_in_the_segment_of_the_handshake_arrive(serve):
    """Fixes fault 2: they were lost."""
    with serve(ECHO).tcp() as client:
        client.send(client.request() + frame(TEXT, b"early") + frame(TEXT, b"bird"))
        client.accepted()
        assert [client.recv_text(), client.recv_text()] == ["early", "bird"]


def test_fragments_with_a_ping_in_between_are_one_message(serve):
    """Preserves: fragmented messages. Fixes fault 2."""
    with serve(ECHO).raw() as client:
        client.send(frame(TEXT, "é".encode()[:1], fin=False) + frame(PING, b"now") +
                    frame(CONTINUATION, "é".encode()[1:], fin=False) + frame(CONTINUATION, b"!"))
        assert client.recv() == (PONG, b"now")
        assert client.recv_text() == "é!"


def test_empty_messages_arrive(serve):
    """Fixes fault 9: they were dropped."""
    with serve(ECHO).raw() as client:
        client.send(frame(TEXT) + frame(BINARY) + frame(TEXT, b"", fin=False) + frame(CONTINUATION))
        assert [client.recv() for _ in range(3)] == [(TEXT, b""), (BINARY, b""), (TEXT, b"")]


def test_pings_are_answered_and_stray_pongs_ignored(serve):
    """Preserves: both."""
    with serve(ECHO).connect() as client:
        assert client.ping("are you there").wait(60)
        client.pong("nobody asked")
        client.send("still here")
        assert client.recv() == "still here"


@pytest.mark.parametrize("code, reason", [(1000, ""), (1000, "done"), (1001, "leaving"), (3000, "ünïcode"), (4999, "x" * 123)])
def test_a_close_from_the_client_is_answered_with_its_code(serve, code, reason):
    """Fixes fault 9: the answer was 1000."""
    server = serve(CLOSES)
    with server.raw() as client:
        client.send(frame(CLOSE, struct.pack("!H", code) + reason.encode()[:123]))
        assert client.recv_close()[0] == code
        client.recv_end()
    server.told("before_close")
    assert server.told("after_close") == [0]


def test_a_close_without_code_is_answered(serve):
    """Fixes fault 9: the connection was cut."""
    with serve(ECHO).raw() as client:
        client.send(frame(CLOSE))
        assert client.recv_close()[0] in (1000, 1005)
        client.recv_end()


@pytest.mark.parametrize("call, code, reason", [
    ('close_client($client_key,4001,"bye ü");', 4001, "bye ü"),
    ("close_client($client_key,1008);", 1008, ""),
    ("close_client($client_key);", 1000, ""),
    ("ws_server_disconnect($client_key,3999,'x');", 3999, "x"),
])
def test_the_application_closes_with_code_and_reason(serve, call, code, reason):
    """Preserves: close_client() with a code."""
    server = serve(CLOSES.replace(ECHO, "") + r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    send_text($client_key,"last words");
    %s
    tell("send_after_close", send_text($client_key,"never"));
}""" % call)
    with server.connect() as client:
        client.send("close me")
        assert client.recv() == "last words"
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, reason)
    assert server.told("send_after_close") == [False]
    server.told("before_close")
    assert server.told("after_close") == [0]
    assert len(server.all_told("before_close", "after_close")) == 2


@pytest.mark.parametrize("what, bytes_, code", [
    ("unmasked", frame(TEXT, b"x", mask=False), 1002),
    ("reserved bit", frame(TEXT, b"x", rsv=4), 1002),
    ("reserved opcode", frame(3, b"x"), 1002),
    ("orphan continuation", frame(CONTINUATION, b"x"), 1002),
    ("new message inside another", frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
    ("long ping", frame(PING, b"x" * 126), 1002),
    ("fragmented ping", frame(PING, b"x", fin=False), 1002),
    ("close code 1005", frame(CLOSE, struct.pack("!H", 1005)), 1002),
    ("close of one byte", frame(CLOSE, b"\x03"), 1002),
    ("length not minimal", b"\x81\xfe\x00\x05mask12345", 1002),
    ("text that is not UTF-8", frame(TEXT, b"\xff"), 1007),
    ("half a character", frame(TEXT, "é".encode()[:1]), 1007),
    ("reason that is not UTF-8", frame(CLOSE, b"\x03\xe8\xff"), 1007),
    ("a message over the limit, from its header alone", struct.pack("!BBQ4s", 0x81, 0xFF, 2**20 + 1, b"mask"), 1009),
], ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "")
def test_what_the_protocol_forbids_closes_with_the_right_code(serve, what, bytes_, code):
    """Fixes fault 9."""
    server = serve(CLOSES)
    with server.raw() as client, server.connect() as other:
        client.send(bytes_)
        assert client.recv_close()[0] == code
        client.recv_end()
        other.send("not disturbed")
        assert other.recv() == "not disturbed"


def test_messages_before_a_bad_frame_in_the_same_segment_are_still_answered(serve):
    """Fixes fault 2."""
    with serve(ECHO).raw() as client:
        client.send(frame(TEXT, b"one") + frame(PING, b"two") + frame(TEXT, b"three") + frame(TEXT, b"bad", rsv=4))
        assert sorted(client.recv() for _ in range(3)) == [(TEXT, b"one"), (TEXT, b"three"), (PONG, b"two")]
        assert client.recv_close()[0] == 1002


def test_a_message_at_the_limit_arrives_and_one_byte_more_does_not(serve):
    """New: limits."""
    server = serve(ECHO, {"WEBSOCKET_MAX_MESSAGE_SIZE": 1000})
    with server.raw() as client:
        client.send(frame(TEXT, b"x" * 500, fin=False) + frame(CONTINUATION, b"x" * 500))
        assert client.recv_text() == "x" * 1000
        client.send(frame(TEXT, b"x" * 500, fin=False) + frame(CONTINUATION, b"x" * 501))
        assert client.recv_close()[0] == 1009
