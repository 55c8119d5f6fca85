"""A message of 1 GiB, out and in: it takes no more memory than a small one."""

import struct

import pytest

from raw import BINARY, CONTINUATION, TEXT

SIZE = 1 << 30
# What may wait for a client is 1 MiB, and so much is read at once at the most; the rest is the allocator's.
LIMIT = 32 << 20

SERVER = r"""
$server = new WsServer(['listen' => "tcp://127.0.0.1:$argv[1]", 'buffer_messages' => false, 'ping_interval' => 0,
    'io_threads' => (int) getenv('WS_IO_THREADS')]);
$server->on('start', fn () => tell('ready'));
$bytes = $longest = 0;
$what = '';
$server->on('fragment', function (WsConnection $c, string $piece, bool $final, bool $binary) use (&$bytes, &$longest, &$what) {
    if (!$binary) {
        $what .= $piece;
        if ($final) {
            tell('sends', $c->sendFile($what === 'pipe' ? popen('head -c 1073741824 /dev/zero', 'r') : $what));
            $c->sendText('behind');
            $what = '';
        }
        return;
    }
    $bytes += strlen($piece);
    $longest = max($longest, strlen($piece));
    if ($final) {
        $c->sendText(json_encode([$bytes, $longest]));
    }
});
exit($server->run());
"""


def read_away(raw):
    """Reads a message and keeps nothing of it: its opcode and its length."""
    waste = memoryview(bytearray(1 << 20))
    opcode, total, fin = None, 0, 0
    while not fin:
        head = raw._take(2)
        fin, length = head[0] & 0x80, head[1]
        assert head[0] & 0x0F == (BINARY if opcode is None else CONTINUATION) and not head[0] & 0x70 and not length & 0x80
        opcode = BINARY
        if length == 126:
            (length,) = struct.unpack("!H", raw._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", raw._take(8))
        total += length
        here = min(length, len(raw.buffer))
        del raw.buffer[:here]
        length -= here
        while length:
            count = raw.sock.recv_into(waste, min(length, len(waste)))
            assert count, f"the server closed the connection after {total - length} bytes"
            length -= count
    return opcode, total


@pytest.mark.parametrize("source", ["file", "pipe"])
def test_sent_from_a_file_or_a_pipe(serve, tmp_path, source):
    server = serve(script=SERVER)
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate(SIZE)
    with server.raw() as client:
        before = server.peak()
        client.text(str(path) if source == "file" else "pipe")
        assert server.told("sends") == [True]
        assert read_away(client) == (BINARY, SIZE)
        assert client.recv() == (TEXT, b"behind")
        assert server.peak() - before < LIMIT


@pytest.mark.parametrize("frame_size", [SIZE, 1 << 20], ids=["one_frame", "frames_of_1_MiB"])
def test_received_in_pieces(serve, frame_size):
    server = serve(script=SERVER)
    block = bytes(range(256)) * 4096
    with server.raw() as client:
        before = server.peak()
        for start in range(0, SIZE, len(block)):
            if start % frame_size == 0:
                fin, opcode = start + frame_size == SIZE, CONTINUATION if start else BINARY
                # With a mask of zeros the payload is sent as it is.
                client.send(struct.pack("!BBQ4x", fin << 7 | opcode, 0xFF, frame_size))
            client.send(block)
        total, longest = map(int, client.recv_text().strip("[]").split(","))
        assert total == SIZE
        assert longest <= 1 << 20
        assert server.peak() - before < LIMIT
