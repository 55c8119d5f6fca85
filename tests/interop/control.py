"""A client of the control protocol on a bare socket: docs/control.md."""

import queue
import re
import socket
import threading
import time

TIMEOUT = 60


def frame(letter, payload=b""):
    payload = payload.encode() if isinstance(payload, str) else payload
    return str(len(payload)).encode() + letter.encode() + payload


def field(recipient):
    """The field of 32 bytes: for a connection's id, or a token."""
    return (f"#{recipient}" if isinstance(recipient, int) else recipient).ljust(32).encode()


def to(letter, recipient, message=b""):
    return frame(letter, field(recipient) + (message.encode() if isinstance(message, str) else message))


def until(is_so):
    """Asks until the answer is yes; it."""
    deadline = time.monotonic() + TIMEOUT
    while not (answer := is_so()):
        assert time.monotonic() < deadline, "it never is"
    return answer


def unix(path):
    """A connection without anybody who answers pings."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(TIMEOUT)
    sock.connect(str(path))
    return sock


def tcp(port):
    return socket.create_connection(("127.0.0.1", port), TIMEOUT)


class Control:
    """Answers pings, whatever the test does meanwhile."""

    def __init__(self, sock):
        self.sock, self.lock, self.frames = sock, threading.Lock(), queue.Queue()
        sock.settimeout(None)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the server was first
        self.reader.join(TIMEOUT)
        self.sock.close()

    def send(self, data):
        with self.lock:
            self.sock.sendall(data)

    def ask(self, data):
        """The frame that comes as the answer."""
        self.send(data)
        return self.recv()

    def recv(self):
        """The next frame; empty at the end of the stream."""
        return self.frames.get(timeout=TIMEOUT)

    def rest(self):
        """Everything up to the end of the stream."""
        return b"".join(iter(self.recv, b""))

    def _read(self):
        buffer = b""
        while data := self._more():
            buffer += data
            while (head := re.match(rb"(\d+)[A-Za-z]", buffer)) and len(buffer) >= (end := head.end() + int(head[1])):
                found, buffer = buffer[:end], buffer[end:]
                if found != b"0p":
                    self.frames.put(found)
                    continue
                try:
                    self.send(b"0P")
                except OSError:
                    pass  # it has ended, and what it said before can still be read
        self.frames.put(buffer)

    def _more(self):
        try:
            return self.sock.recv(65536)
        except OSError:
            return b""
