"""A client of FastCGI, as a web server is one: just enough to ask PHP-FPM for a page."""

import socket
import struct

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER = struct.pack("!HB5x", 1, 0)


def _record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _pair(name, value):
    length = lambda text: struct.pack("!L", len(text) | 1 << 31)  # noqa: E731
    name, value = name.encode(), value.encode()
    return length(name) + length(value) + name + value


def get(path, script, query="", timeout=60):
    """Body of the page that the script makes; what it writes to its error stream is an error."""
    params = {"SCRIPT_FILENAME": str(script), "QUERY_STRING": query, "REQUEST_METHOD": "GET",
              "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_URI": f"/?{query}"}
    request = (_record(BEGIN_REQUEST, RESPONDER)
               + _record(PARAMS, b"".join(_pair(name, value) for name, value in params.items())) + _record(PARAMS)
               + _record(STDIN))
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout)
        sock.connect(str(path))
        sock.sendall(request)
        stream = sock.makefile("rb")
        out = b""
        while True:
            _, kind, _, length, padding = struct.unpack("!BBHHBx", stream.read(8))
            content = stream.read(length + padding)[:length]
            assert kind != STDERR, content
            if kind == STDOUT:
                out += content
            elif kind == END_REQUEST:
                head, _, body = out.partition(b"\r\n\r\n")
                assert b"Status:" not in head, out
                return body.decode()
