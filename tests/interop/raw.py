"""A WebSocket client on a bare socket, for what a library would hide, and for clients by the thousand."""

import base64
import hashlib
import os
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b"", fin=True, mask=True, rsv=0):
    """One frame, masked as a client must."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = mask << 7
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack("!BH", bit | 126, len(payload))
    else:
        head += struct.pack("!BQ", bit | 127, len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    stream = (key * (len(payload) // 4 + 1))[:len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")
    return head + key + masked.to_bytes(len(payload), "big")


class Raw:
    def __init__(self, sock, port):
        self.sock, self.port, self.buffer = sock, port, bytearray()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def request(self, replace=None, start="GET / HTTP/1.1", key=None):
        """The bytes of a handshake; `replace` sets headers, or takes them out with None."""
        self.key = key or base64.b64encode(os.urandom(16)).decode()
        headers = {"Host": f"127.0.0.1:{self.port}", "Upgrade": "websocket", "Connection": "Upgrade",
                   "Sec-WebSocket-Key": self.key, "Sec-WebSocket-Version": "13", "Cookie": "sid=1",
                   "User-Agent": "raw"}
        headers.update(replace or {})
        lines = [start] + [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join(lines + ["", ""]).encode()

    def handshake(self, replace=None):
        self.send(self.request(replace))
        self.accepted()

    def accepted(self):
        """Reads the 101 and checks it."""
        status, headers = self.response()
        accept = base64.b64encode(hashlib.sha1(self.key.encode() + GUID).digest()).decode()
        assert status == 101, status
        assert headers["sec-websocket-accept"] == accept

    def response(self):
        """Status and headers of an HTTP answer."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer[:] = rest
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        return int(first.split()[1]), headers

    def text(self, message):
        self.send(frame(TEXT, message.encode()))

    def recv(self):
        """The next frame, as (opcode, payload). Servers do not mask and, here, do not fragment."""
        head = self._take(2)
        assert head[0] & 0x80 and not head[0] & 0x70 and not head[1] & 0x80, head
        length = head[1]
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        return head[0] & 0x0F, self._take(length)

    def recv_fragments(self):
        """The fragments that there are before something else comes."""
        fragments = []
        while True:
            head = self._peek(2)
            if head[0] & 0x80 or head[1] >= 126:
                return fragments
            self._take(2)
            fragments.append(self._take(head[1]))

    def recv_text(self):
        """The next text message; pings in between are answered."""
        while True:
            opcode, payload = self.recv()
            if opcode == PING:
                self.send(frame(PONG, payload))
            else:
                assert opcode == TEXT, (opcode, payload[:60])
                return payload.decode()

    def recv_close(self):
        """Reads up to the close frame; its code (1005 without one) and reason."""
        while True:
            opcode, payload = self.recv()
            if opcode == CLOSE:
                return (struct.unpack("!H", payload[:2])[0] if payload else 1005), payload[2:].decode()

    def recv_end(self):
        """Waits until the server has closed the connection."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            pass

    def reset(self):
        """Goes away without a word: the peer gets an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _peek(self, n):
        while len(self.buffer) < n:
            self._more()
        return bytes(self.buffer[:n])

    def _take(self, n):
        while len(self.buffer) < n:
            self._more()
        taken = bytes(self.buffer[:n])
        del self.buffer[:n]
        return taken

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("the server closed the connection")
        self.buffer += data
