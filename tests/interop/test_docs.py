"""docs/guide.md: every code block in it is run as it stands, and does what the text around it promises.

A block is named by the comment before it: <!-- test: NAME -->. What stands for something else (ports, "/path/to/…") is
replaced, and with WS_IO_THREADS set that option is put in; nothing else is changed.
"""

import http.client
import http.server
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.parse

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from harness import EXTENSION, PHP, ROOT, TIMEOUT, free_port, take_interrupts

def blocks(page):
    """The code blocks of a page, by their names."""
    return dict(re.findall(r"<!-- test: (\S+) -->\n```\w+\n(.*?)```", page, re.S))


GUIDE = (ROOT / "docs/guide.md").read_text()
BLOCKS = blocks(GUIDE)
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
DOUBLE = ROOT / "tests/phpt/include/revolt_double.inc"


class Program:
    """A process, and the lines that it prints."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, **options, preexec_fn=take_interrupts)
        self.lines, self.ended, self.news = [], False, threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def says(self, pattern):
        """Waits for a line."""
        def found():
            return next((match for line in self.lines if (match := re.search(pattern, line))), None)

        with self.news:
            self.news.wait_for(lambda: found() or self.ended, TIMEOUT)
            assert found(), f"it does not say {pattern}: {self.lines}"
            return found()

    def end(self, signo=signal.SIGTERM):
        """Asks it to end; the exit status."""
        self.process.send_signal(signo)
        try:
            status = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.reader.join(TIMEOUT)
        return status


class Guide:
    def __init__(self, folder):
        self.folder, self.port, self.other_port = folder, free_port(), free_port()
        self.programs = []

    def write(self, name):
        """A block as a file, with what stands for something else replaced."""
        code = BLOCKS[name]
        for old, new in {"127.0.0.1:8080": f"127.0.0.1:{self.port}", "127.0.0.1:9000": f"127.0.0.1:{self.other_port}",
                         "127.0.0.1:9001": f"127.0.0.1:{self.other_port}", "/path/to/libws_server.so": EXTENSION,
                         "/path/to/php/": f"{ROOT}/php/"}.items():
            code = code.replace(old, new)
        if threads := os.environ.get("WS_IO_THREADS"):
            if "io_threads" not in code:
                code = re.sub(r"(new \w+\(\[)", rf"\1'io_threads' => {int(threads)}, ", code)
        path = self.folder / name
        path.write_text(code)
        return path

    def start(self, *command, says, **options):
        program = Program([str(part) for part in command], cwd=self.folder, **options)
        self.programs.append(program)
        program.says(says)
        return program

    def serve(self, name, *options):
        """Runs a block as a server; its port is in it."""
        path = self.write(name)
        return self.start(PHP, "-d", f"extension={EXTENSION}", *options, path, says="listening on tcp://")

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def connect(self, path="/", **options):
        return connect(self.url + path, open_timeout=TIMEOUT, close_timeout=TIMEOUT, **options)

    def refused(self, path="/", **options):
        """Status and body of the answer to a handshake that is refused."""
        with pytest.raises(InvalidStatus) as error:
            self.connect(path, **options)
        response = error.value.response
        return response.status_code, response.body.decode()

    def finish(self):
        for program in self.programs:
            assert program.process.poll() is None, program.lines
            assert program.end() in (0, -signal.SIGTERM), program.lines
            assert not re.search("warning|notice|deprecated|fatal|error", "\n".join(program.lines), re.I), program.lines


@pytest.fixture
def guide(tmp_path):
    guide = Guide(tmp_path)
    yield guide
    guide.finish()


def until(client, pattern):
    """The next message that matches."""
    while not (match := re.search(pattern, client.recv(TIMEOUT))):
        pass
    return match


def test_every_block_is_marked_and_run():
    assert len(BLOCKS) == len(re.findall(r"^```\w", GUIDE, re.M))
    tests = pathlib.Path(__file__).read_text()
    assert [name for name in BLOCKS if f'"{name}"' not in tests] == []


def test_links_inside_the_guide_lead_somewhere():
    anchors = {"#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"^## (.*)$", GUIDE, re.M)}
    assert set(re.findall(r"\]\((#[^)]*)\)", GUIDE)) == anchors


def test_links_to_files_lead_somewhere():
    links = set(re.findall(r"\]\(((?!#|https?:)[^)]*)\)", GUIDE))
    assert links and {link for link in links if not (ROOT / "docs" / link).exists()} == set()


def test_hello_world(guide):
    guide.write("hello.php")
    script = guide.write("hello.sh").read_text()
    server = guide.start("sh", "-c", f"exec {script}", says="listening on tcp://")
    browser = "globalThis.WebSocket = require('ws');\n" + guide.write("hello.js").read_text()
    page = Program(["node", "-e", browser], cwd=ROOT / "tests")
    try:
        page.says(r"^Hello! Clients here: 1$")
        number = page.says(r"^Client (\d+) says: Good morning$")[1]
        with guide.connect() as client:
            assert client.recv(TIMEOUT) == "Hello! Clients here: 2"
            client.send("hi")
            page.says(r"^Client \d+ says: hi$")
            page.end()
            assert until(client, "has gone")[0] and number
            server.process.send_signal(signal.SIGINT)
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(TIMEOUT)
            assert closed.value.rcvd.code == 1001
        assert server.process.wait(TIMEOUT) == 0
        guide.programs.remove(server)
    finally:
        page.process.kill()


def test_pages_of_other_hosts_are_refused(guide):
    guide.serve("hello.php")
    assert guide.refused(additional_headers={"Origin": "https://www.example.com"})[0] == 403
    with guide.connect(additional_headers={"Origin": f"http://127.0.0.1:{guide.port}"}) as client:
        assert client.recv(TIMEOUT).startswith("Hello!")


def test_rooms(guide):
    guide.serve("rooms.php")
    with guide.connect("/rooms/kitchen") as ada, guide.connect("/rooms/cellar") as bob:
        with guide.connect("/rooms/kitchen") as cleo:
            number = until(ada, r"Client (\d+) has come in\.")[1]
            cleo.send("Tea?")
            assert ada.recv(TIMEOUT) == f"{number}: Tea?"
            ada.send("Yes")
            assert re.fullmatch(r"\d+: Yes", cleo.recv(TIMEOUT))
        # Nothing of that was for the cellar, and nobody hears himself.
        with guide.connect("/rooms/cellar"):
            assert bob.recv(TIMEOUT).endswith("has come in.")
        with guide.connect("/rooms/kitchen"):
            assert ada.recv(TIMEOUT).endswith("has come in.")
    assert guide.refused("/rooms/") == (404, "There is no such room.\n")


def test_php_session(guide):
    sessions = guide.folder / "sessions"
    sessions.mkdir()
    save = ["-d", f"session.save_path={sessions}"]
    web = free_port()
    guide.write("login.php")
    guide.start(PHP, *save, "-S", f"127.0.0.1:{web}", says="started")
    site = http.client.HTTPConnection("127.0.0.1", web, timeout=TIMEOUT)
    site.request("GET", "/login.php")
    answer = site.getresponse()
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    assert answer.read() == b"Welcome, ada"

    guide.serve("session.php", *save)
    for _ in range(2):
        with guide.connect(additional_headers={"Cookie": cookie}) as client:
            assert client.recv(TIMEOUT) == "Hello, ada!"
    for wrong in ["", "PHPSESSID=" + "a" * 26, "PHPSESSID=../../etc/passwd", "PHPSESSID[]=x"]:
        assert guide.refused(additional_headers={"Cookie": wrong}) == (401, "Please log in first.\n"), wrong
    # What somebody makes up leaves no file behind; and the page's session is as it was.
    assert [path.name for path in sessions.iterdir()] == ["sess_" + cookie.partition("=")[2]]
    site.request("GET", "/login.php", headers={"Cookie": cookie})
    assert site.getresponse().read() == b"Welcome, ada"


def test_tokens(guide):
    web = free_port()
    guide.write("ticket.php")
    guide.start(PHP, "-S", f"127.0.0.1:{web}", says="started")

    def visit():
        site = http.client.HTTPConnection("127.0.0.1", web, timeout=TIMEOUT)
        site.request("GET", "/ticket.php")
        answer = site.getresponse()
        assert answer.read() == b"Welcome, ada"
        return {"Cookie": "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie"))}

    guide.serve("tokens.php")
    first = visit()
    with guide.connect(additional_headers=first) as one:
        assert one.recv(TIMEOUT) == "Hello, ada!"
        assert guide.refused(additional_headers=first) == (429, "the token is in use\r\n")
        # The next page has its own; of the same user there are three at most.
        with guide.connect(additional_headers=visit()) as two, guide.connect(additional_headers=visit()) as three:
            assert [two.recv(TIMEOUT), three.recv(TIMEOUT)] == ["Hello, ada!"] * 2
            assert guide.refused(additional_headers=visit()) == (429, "too many connections of this user\r\n")
    for wrong in [{}, {"Cookie": first["Cookie"].replace("ada", "bob")}]:
        assert guide.refused(additional_headers=wrong)[0] == 403


def test_behind_nginx(guide):
    guide.serve("proxied.php")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    site = guide.write("site.conf").read_text()
    assert "listen 80;" in site
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    paths = "".join(f"{kind}_temp_path {guide.folder}/{kind};\n" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    config = guide.folder / "nginx.conf"
    config.write_text(f"daemon off; pid {guide.folder}/nginx.pid; error_log {guide.folder}/nginx.log;\nevents {{}}\n"
                      f"http {{\naccess_log off;\n{paths}{site}\n}}\n")
    # The socket is handed over, as nginx does it when it replaces itself: whoever connects early waits in its queue.
    nginx = subprocess.Popen([NGINX, "-c", config, "-p", guide.folder], env={**os.environ, "NGINX": f"{listener.fileno()};"},
                             pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True)
    try:
        def visit(**headers):
            # From an address that can be told from nginx's own.
            return connect(f"ws://127.0.0.1:{port}/ws", additional_headers=headers, open_timeout=TIMEOUT,
                           source_address=("127.0.0.2", 0))

        with visit(Origin=f"http://127.0.0.1:{port}") as client:
            assert client.recv(TIMEOUT) == "You are 127.0.0.2."
        with visit(**{"X-Forwarded-For": "203.0.113.9"}) as client:
            assert client.recv(TIMEOUT) == "You are 127.0.0.2."
        with pytest.raises(InvalidStatus) as refused:
            visit(Origin="https://www.example.com")
        assert refused.value.response.status_code == 403
        # Past nginx, from an address that is not trusted.
        with guide.connect(source_address=("127.0.0.2", 0), additional_headers={"X-Forwarded-For": "203.0.113.9"}) as client:
            assert client.recv(TIMEOUT) == "You are 127.0.0.2."
        timeout = int(re.search(r"proxy_read_timeout (\d+)s", site)[1])
        assert timeout > 25, "longer than the default ping_interval"
    finally:
        nginx.terminate()
        _, errors = nginx.communicate(timeout=TIMEOUT)
        listener.close()
    assert nginx.returncode == 0, errors


def test_timers(guide):
    guide.serve("timers.php")
    with guide.connect() as polite, guide.connect() as quiet:
        polite.send("Ada")
        until(polite, r"^Nice to meet you, Ada\.$")
        with pytest.raises(ConnectionClosed) as closed:
            until(quiet, "never")
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "You are very quiet.")
        # Whoever has said a name stays: its own time was up before this one's, had it counted.
        for _ in range(4):
            until(polite, r"^It is \d\d:\d\d:\d\d$")


def test_streams(guide):
    guide.serve("streams.php")
    push = guide.write("push.php")
    with guide.connect() as one, guide.connect() as two:
        for _ in range(2):
            subprocess.run([PHP, push], check=True, timeout=TIMEOUT)
            assert one.recv(TIMEOUT) == two.recv(TIMEOUT) == "The backup is ready."


def test_io_threads_go_on_while_a_handler_works(guide):
    asked, release = threading.Event(), threading.Event()

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            question = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["q"][0]
            asked.set()
            assert release.wait(TIMEOUT)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"the answer to {question}".encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", guide.other_port), Slow) as slow:
        threading.Thread(target=slow.serve_forever, daemon=True).start()
        guide.serve("busy.php")
        with guide.connect() as one:
            assert one.ping().wait(TIMEOUT)
            one.send("life & all")
            assert asked.wait(TIMEOUT)
            try:
                assert one.ping().wait(TIMEOUT), "a ping is answered while PHP works"
                with guide.connect() as newcomer:
                    assert newcomer.ping().wait(TIMEOUT), "a new client is let in while PHP works"
            finally:
                release.set()
            assert one.recv(TIMEOUT) == "the answer to life & all"
        slow.shutdown()


def test_revolt(guide):
    vendor = guide.folder / "vendor"
    vendor.mkdir()
    (vendor / "autoload.php").write_text(f"<?php require '{DOUBLE}';")
    guide.serve("revolt.php")
    with guide.connect() as one, guide.connect() as two:
        one.send("a")
        one.send("b")
        two.send("c")
        assert {one.recv(TIMEOUT), one.recv(TIMEOUT)} == {"I have thought about it: a", "I have thought about it: b"}
        assert two.recv(TIMEOUT) == "I have thought about it: c"


def test_every_fuzz_target_is_in_its_table():
    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "fuzz/README.md").read_text(), re.M)
    targets = re.findall(r'^name = "(\w+)"\npath = "fuzz_targets/', (ROOT / "fuzz/Cargo.toml").read_text(), re.M)
    assert targets and table == list(dict.fromkeys(table)) and set(table) == set(targets)
    assert set(targets) == {path.stem for path in (ROOT / "fuzz/fuzz_targets").glob("*.rs")}
