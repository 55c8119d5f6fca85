"""permessage-deflate against zlib: random messages in both directions, with every combination of parameters.

The client here inflates with Python's zlib, byte by byte where windows matter: a stream that refers further back than
was agreed on is an error then.
"""

import json
import random
import struct
import zlib

import pytest

from harness import ECHO, HEADERS
from raw import BINARY, CONTINUATION, TEXT, frame

TAIL = b"\x00\x00\xff\xff"
SEED = 7692


class Deflating:
    """A client of its own: frames by hand, zlib for the rest."""

    def __init__(self, server, offer, level=6):
        self.raw = server.tcp()
        headers = {**HEADERS, "Sec-WebSocket-Extensions": f"permessage-deflate{offer}"}
        self.raw.send(self.raw.request(headers))
        status, answered = self.raw.response()
        assert status == 101
        name, *params = [part.strip() for part in answered["sec-websocket-extensions"].split(";")]
        assert name == "permessage-deflate"
        self.params = dict(param.partition("=")[::2] for param in params)
        self.level = level
        self.fresh_deflate()
        self.fresh_inflate()

    def fresh_deflate(self):
        bits = int(self.params.get("client_max_window_bits", 15))
        self.deflate = zlib.compressobj(self.level, zlib.DEFLATED, -max(bits, 9))

    def fresh_inflate(self):
        self.inflate = zlib.decompressobj(-int(self.params.get("server_max_window_bits", 15)))

    def send(self, message, opcode=BINARY, pieces=1, flush=zlib.Z_SYNC_FLUSH):
        if "client_no_context_takeover" in self.params:
            self.fresh_deflate()
        payload = self.deflate.compress(message) + self.deflate.flush(flush)
        assert payload.endswith(TAIL)
        payload = payload[:-4]
        cuts = sorted(random.randrange(len(payload) + 1) for _ in range(pieces - 1))
        starts, ends = [0, *cuts], [*cuts, len(payload)]
        self.raw.send(b"".join(
            frame(CONTINUATION if i else opcode, payload[start:end], fin=i == pieces - 1, rsv=0 if i else 4)
            for i, (start, end) in enumerate(zip(starts, ends))))

    def recv(self):
        """The next message: what it says, and whether it came compressed. `wire` is the length that it came with."""
        payload, compressed, fin = b"", None, False
        while not fin:
            head = self.raw._take(2)
            fin, rsv, length = head[0] >> 7, head[0] >> 4 & 7, head[1]
            if length == 126:
                (length,) = struct.unpack("!H", self.raw._take(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self.raw._take(8))
            assert rsv == 4 or rsv == 0
            if compressed is None:
                compressed = rsv == 4
            else:
                assert head[0] & 0x0F == CONTINUATION and rsv == 0
            payload += self.raw._take(length)
        self.wire = len(payload)
        if not compressed:
            return payload, False
        if "server_no_context_takeover" in self.params:
            self.fresh_inflate()
        # Little output at a time: what is further back than the window is gone then.
        message, rest = b"", payload + TAIL
        while rest:
            message += self.inflate.decompress(rest, 64)
            rest = self.inflate.unconsumed_tail
        return message + self.inflate.decompress(b"", 1), True


def content(choose):
    """Random messages of all kinds: noise, repetition near and far, text, nothing."""
    size = choose.choice([0, 1, 10, 100, 255, 256, 300, 1000, 5000, 40_000, 100_000])
    kind = choose.randrange(4)
    if kind == 0:
        return choose.randbytes(size)
    if kind == 1:
        words = [choose.randbytes(choose.randrange(1, 12)) for _ in range(50)]
        return b"".join(choose.choice(words) for _ in range(size // 6))[:size]
    if kind == 2:
        block = choose.randbytes(choose.choice([300, 600, 5000, 33_000]))
        return (block * (size // len(block) + 1))[:size]
    return "".join(choose.choice("äöü€🦀 the of and ") for _ in range(size // 2)).encode()


OFFERS = [
    "",
    "; client_max_window_bits",
    "; server_max_window_bits=9",
    "; server_max_window_bits=12; client_max_window_bits=9",
    "; server_no_context_takeover",
    "; client_no_context_takeover",
    "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10",
    "; server_max_window_bits=8",
]


@pytest.mark.parametrize("takeover", [True, False])
@pytest.mark.parametrize("level", [1, 2, 6, 9])
def test_random_messages_in_both_directions(serve, takeover, level):
    compression = {"level": level, "context_takeover": takeover, "threshold": 10, "memory": 1 << 20}
    settings = {"WEBSOCKET_COMPRESSION": json.dumps(compression), "WEBSOCKET_MAX_MESSAGE_SIZE": 1 << 20}
    if level == 2:
        settings["WEBSOCKET_MAX_OUT_FRAME"] = 1000
    server = serve(ECHO, settings)
    choose = random.Random(SEED)
    random.seed(SEED)
    for offer in OFFERS:
        client = Deflating(server, offer, level=choose.choice([1, 6, 9]))
        compressed = 0
        for turn in range(40):
            message = content(choose)
            flush = zlib.Z_FULL_FLUSH if turn % 7 == 0 else zlib.Z_SYNC_FLUSH
            client.send(message, pieces=choose.randrange(1, 5), flush=flush)
            echo, was = client.recv()
            assert echo == message, (offer, turn, len(message))
            compressed += was
        assert (compressed > 10) == ("=8" not in offer), (offer, compressed)


def test_text_and_a_library(serve):
    server = serve(ECHO, {"WEBSOCKET_COMPRESSION": 1})
    message = "grüß dich, " * 1000
    client = Deflating(server, "")
    client.send(message.encode(), TEXT)
    assert client.recv() == (message.encode(), True)
    with server.connect() as library:
        assert "permessage-deflate" in library.response.headers["Sec-WebSocket-Extensions"]
        for count in (1, 100, 10_000):
            library.send("repeat " * count)
            assert library.recv() == "repeat " * count


def test_a_broadcast_for_every_kind_of_client(serve):
    events = "function ws_server_text(&$connections,&$connection,$client_key,$msg) { ws_server_broadcast($msg); }"
    compression = {"context_takeover": True}
    server = serve(events, {"WEBSOCKET_COMPRESSION": json.dumps(compression)})
    clients = [Deflating(server, offer) for offer in OFFERS]
    choose = random.Random(SEED)
    for _ in range(20):
        message = "".join(choose.choice(["price", "update", ":", "{", "}", " "]) for _ in range(300)).encode()
        clients[0].send(message, TEXT)
        for client, offer in zip(clients, OFFERS):
            assert client.recv() == (message, "=8" not in offer), offer


def test_a_bomb_closes_with_1009(serve):
    server = serve(ECHO, {"WEBSOCKET_COMPRESSION": 1, "WEBSOCKET_MAX_MESSAGE_SIZE": 1 << 20})
    client = Deflating(server, "", level=9)
    client.send(bytes(1 << 20))
    assert client.recv()[0] == bytes(1 << 20)
    before = server.rss()
    client.send(bytes(900 << 20))
    assert client.raw.recv_close()[0] == 1009
    assert server.rss() - before < 16 << 20


def test_options_that_cannot_be_used(serve):
    server = serve(ECHO, {"WEBSOCKET_COMPRESSION": '{"level":10}'}, ready=False)
    assert server.wait() != 0
    assert "compression.level" in server.stderr() + server.output() + server.log()
