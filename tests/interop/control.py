"""A client of the control protocol on a bare socket: docs/control.md."""

import socket

TIMEOUT = 60


def frame(letter, payload=b""):
    payload = payload.encode() if isinstance(payload, str) else payload
    return str(len(payload)).encode() + letter.encode() + payload


def field(recipient):
    """The field of 32 bytes: for a connection's id, or a token."""
    return (f"#{recipient}" if isinstance(recipient, int) else recipient).ljust(32).encode()


def to(letter, recipient, message=b""):
    return frame(letter, field(recipient) + (message.encode() if isinstance(message, str) else message))


class Control:
    def __init__(self, sock):
        self.sock, self.buffer = sock, b""
        sock.settimeout(TIMEOUT)

    @classmethod
    def unix(cls, path):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(path))
        return cls(sock)

    @classmethod
    def tcp(cls, port):
        return cls(socket.create_connection(("127.0.0.1", port), TIMEOUT))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def ask(self, data):
        """The frame that comes as the answer."""
        self.send(data)
        return self.recv()

    def recv(self):
        """The next frame; pings are answered. Empty at the end of the stream."""
        while True:
            digits = len(self.buffer) - len(self.buffer.lstrip(b"0123456789"))
            end = digits + 1 + int(self.buffer[:digits] or 0)
            if len(self.buffer) > digits and len(self.buffer) >= end:
                found, self.buffer = self.buffer[:end], self.buffer[end:]
                if found != b"0p":
                    return found
                try:
                    self.send(b"0P")
                except OSError:
                    pass  # it has ended, and what it said before can still be read
                continue
            data = self.sock.recv(65536)
            if not data:
                assert self.buffer == b"", self.buffer
                return b""
            self.buffer += data

    def rest(self):
        """Everything up to the end of the stream."""
        return b"".join(iter(self.recv, b""))
