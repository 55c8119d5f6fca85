"""The status listener beside a running server: metrics read by Prometheus' own Python parser, health, scans, no secrets."""

import concurrent.futures
import http.client
import json
import os
import random
import re
import socket
import subprocess
import threading
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from control import Control, unix
from harness import ECHO, EXTENSION, PHP, ROOT, TIMEOUT, free_port
from raw import TEXT, Raw, frame
from test_deflate import Deflating

# Blocks until the test writes into the gate.
GATE = r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    if ($msg === "block") { tell("blocks"); fgets(fopen(__DIR__ . "/gate", "r")); }
    if ($msg === "stats") { $msg = json_encode(ws_server_stats()); }
    if ($msg === "slow") { usleep(60000); }
    if ($msg === "throw") { throw new Exception("no secret\nthe second line"); }
    send_text($client_key, $msg);
}
function ws_server_binary(&$connections,&$connection,$client_key,$data) { ws_server_send_binary($client_key,$data); }
"""


class Status:
    """The status listener of a server."""

    def __init__(self, server, port):
        self.server, self.port = server, port

    def get(self, path, method="GET"):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            client.request(method, path)
            answer = client.getresponse()
            return answer.status, answer.read().decode(), dict(answer.headers)
        finally:
            client.close()

    def scrape(self):
        """All samples, by name and labels."""
        status, text, headers = self.get("/metrics")
        assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return Samples(text)

    def until(self, ready, what="it is so"):
        """Scrapes until the figures are so: the loop publishes them a few times a second."""
        return until(self.scrape, ready, what)

    def health(self, status):
        return until(lambda: self.get("/health"), lambda answer: answer[0] == status, f"health is {status}")[1]


class Samples:
    def __init__(self, text):
        self.families = list(text_string_to_metric_families(text))
        samples = [sample for family in self.families for sample in family.samples]
        self.values = {(s.name, *sorted(s.labels.items())): s.value for s in samples}
        assert len(self.values) == len(samples), "each sample once"

    def __call__(self, name, **labels):
        return self.values[(name, *sorted(labels.items()))]


def until(look, ready, what):
    deadline = threading.Event()
    timer = threading.Timer(TIMEOUT, deadline.set)
    timer.start()
    try:
        while not deadline.is_set():
            seen = look()
            if ready(seen):
                return seen
    finally:
        timer.cancel()
    raise AssertionError(f"never: {what}; last: {getattr(seen, 'values', seen)}")


@pytest.fixture
def watched(serve):
    def start(events=GATE, settings=None, **options):
        port = free_port()
        server = serve(events, {"WEBSOCKET_METRICS": f"tcp://127.0.0.1:{port}", **(settings or {})}, **options)
        os.mkfifo(server.folder / "gate")
        return server, Status(server, port)

    return start


def test_control_connections_are_counted(watched, tmp_path):
    path = tmp_path / "control"
    server, status = watched(settings={"WEBSOCKET_CONTROL": f"unix://{path}"})
    with server.connect() as client, Control(unix(path)) as control:
        assert control.ask(b"0p") == b"0P"
        control.send(b"3bone")
        control.send(b"3btwo")
        assert [client.recv(TIMEOUT), client.recv(TIMEOUT)] == ["one", "two"]
        with Control(unix(path)) as wrong:
            wrong.send(b"what is this?")
            m = status.until(lambda m: m("ws_server_control_connections_closed_total", kind="fault") == 1
                             and m("ws_server_control_connections") == 1)
        assert m("ws_server_control_connections_accepted_total") == 2
        assert m("ws_server_control_connections_closed_total", kind="full") == 0
        assert m("ws_server_control_messages_total") == 2


def test_figures_are_those_of_the_traffic(watched):
    server, status = watched()
    with server.connect() as one, server.connect() as two:
        for client in (one, two):
            client.send("four")
            client.send(b"sevenup")
            assert [client.recv(), client.recv()] == ["four", b"sevenup"]
        one.ping().wait(TIMEOUT)
        refused = server.tcp()
        refused.send(refused.request({"Cookie": None}))
        assert refused.response()[0] == 403
        broken = server.raw()
        broken.send(b"\xff\x80\x00\x00\x00\x00")
        assert broken.recv_close()[0] == 1002
        wrong = server.tcp()
        wrong.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wrong.response()[0] == 426
        server.push('{"a":1}{"b":2}')
        closed = ("ws_server_connections_closed_total", {"kind": "violation"})
        m = status.until(lambda m: m(closed[0], **closed[1]) == 1 and m("ws_server_fifo_messages_total") == 2
                         and m("ws_server_handshakes_total", result="failed", reason="request") == 1)
        assert m("ws_server_connections", state="open") == 2
        assert m("ws_server_connections_accepted_total") == 5
        assert m("ws_server_handshakes_total", result="opened") == 3
        assert m("ws_server_handshakes_total", result="refused", reason="application") == 1
        for direction in ("in", "out"):
            assert m("ws_server_messages_total", direction=direction, kind="text") == 2
            assert m("ws_server_messages_total", direction=direction, kind="binary") == 2
            assert m("ws_server_message_bytes_total", direction=direction, kind="text") == 8
            assert m("ws_server_message_bytes_total", direction=direction, kind="binary") == 14
            assert m("ws_server_socket_bytes_total", direction=direction) > 22
        assert m("ws_server_messages_total", direction="in", kind="ping") == 1
        for callback, count in [("ws_server_authenticate", 3), ("ws_server_text", 2), ("ws_server_binary", 2), ("ws_server_started", 1)]:
            assert m("ws_server_callback_duration_seconds_count", callback=callback) == count, callback
            assert m("ws_server_callback_duration_seconds_bucket", callback=callback, le="+Inf") == count
        assert m("ws_server_healthy") == 1 and m("ws_server_loop_turns_total") > 0
        assert m("ws_server_php_memory_bytes", kind="used") > 100_000
        assert m("process_resident_memory_bytes") > m("ws_server_php_memory_bytes", kind="used")
        # What PHP is told is the same.
        one.send("stats")
        stats = json.loads(one.recv())
        assert (stats["opened"], stats["messages_in"]["text"], stats["message_bytes_in"]["binary"]) == (3, 3, 14)
        assert (stats["refused"]["application"], stats["failed"]["request"], stats["closed_by"]["violation"]) == (1, 1, 1)
        assert stats["callbacks"]["by_name"]["ws_server_binary"]["count"] == 2
    m = status.until(lambda m: m("ws_server_connections_closed_total", kind="clean") == 2)
    assert m("ws_server_connections", state="open") == 0


def test_histograms_never_shrink_and_agree_with_themselves(watched):
    server, status = watched()
    before = {}
    with server.connect() as client:
        for round in range(8):
            for _ in range(37):
                client.send("x")
            assert [client.recv() for _ in range(37)] == ["x"] * 37
            m = status.until(lambda m: m.values.get(("ws_server_callback_duration_seconds_count", ("callback", "ws_server_text"))) == 37 * (round + 1))
            buckets = {key: value for key, value in m.values.items() if key[0].endswith("_bucket")}
            assert all(value >= before.get(key, 0) for key, value in buckets.items())
            before = buckets
            for family in m.families:
                if family.type == "histogram":
                    for labels in {tuple(sorted((k, v) for k, v in s.labels.items() if k != "le")) for s in family.samples}:
                        of = [s for s in family.samples if s.name.endswith("_bucket") and set(labels) <= set(s.labels.items())]
                        values = [s.value for s in sorted(of, key=lambda s: float(s.labels["le"]))]
                        assert values == sorted(values) and values[-1] == m(f"{family.name}_count", **dict(labels))


FILLS = r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    $refused = 0;
    foreach (array_keys($connections) as $k)
        if ($k !== $client_key) for ($n = 0; $n < 200; $n++) $refused += send_text($k, str_repeat("x", 65536)) ? 0 : 1;
    send_text($client_key, (string) $refused);
}
"""


def test_what_a_client_that_does_not_read_misses_and_what_waits_for_it(watched):
    server, status = watched(FILLS, {"WEBSOCKET_SLOW_CLIENT": "drop", "WEBSOCKET_MAX_BUFFERED": 100_000,
                                     "WEBSOCKET_SEND_TIMEOUT": 0, "WEBSOCKET_PING_INTERVAL": 0,
                                     "WEBSOCKET_TCP": '{"send_buffer":65536}'})
    dropped = ("ws_server_messages_dropped_total", {"reason": "slow_client"})
    with server.raw() as slow, server.raw() as client:
        m = status.until(lambda m: m("ws_server_connections", state="open") == 2)
        assert m(dropped[0], **dropped[1]) == 0 and m("ws_server_buffered_bytes") == 0
        client.text("fill")
        refused = int(client.recv_text())
        assert 0 < refused < 200
        m = status.until(lambda m: m(dropped[0], **dropped[1]) >= refused
                         and m("ws_server_messages_total", direction="out", kind="text") >= 201 - refused
                         and m("ws_server_buffered_bytes") > 0)
        assert m(dropped[0], **dropped[1]) == refused
        assert m("ws_server_messages_total", direction="out", kind="text") == 201 - refused
        assert m("ws_server_messages_dropped_total", reason="message_rate") == 0
        # Over the limit by the message that was the last to be taken, at the most.
        assert m("ws_server_buffered_bytes") <= 100_000 + 65536 + 10
        for _ in range(200 - refused):
            assert slow.recv() == (TEXT, b"x" * 65536)
        m = status.until(lambda m: m("ws_server_buffered_bytes") == 0)
        assert m(dropped[0], **dropped[1]) == refused and m("ws_server_connections", state="open") == 2


def test_messages_over_the_rate_are_counted(watched):
    # One at once, and the next in a hundred seconds.
    server, status = watched(settings={"WEBSOCKET_MESSAGE_RATE": "0.01"})
    with server.raw() as client:
        client.text("x")
        assert client.recv_text() == "x"
        client.send(frame(TEXT, b"x") * 3)
        assert client.recv_close() == (1008, "message_rate exceeded")
    m = status.until(lambda m: m("ws_server_connections_closed_total", kind="message_rate") == 1)
    assert m("ws_server_messages_dropped_total", reason="message_rate") == 3
    assert m("ws_server_messages_total", direction="in", kind="text") == 1
    assert m("ws_server_messages_dropped_total", reason="slow_client") == 0


def test_what_is_compressed_is_counted_and_what_that_spares(watched):
    server, status = watched(ECHO, {"WEBSOCKET_COMPRESSION": 1})
    compressing, plain = Deflating(server, ""), server.raw()
    saved = 0
    for message in [b"again and " * 1000, b"short", b"and again " * 500]:
        compressing.send(message, TEXT)
        assert compressing.recv() == (message, len(message) > 256)
        saved += len(message) - compressing.wire if len(message) > 256 else 0
        plain.send(frame(TEXT, message))
        assert plain.recv_text() == message.decode()
    m = status.until(lambda m: m("ws_server_messages_total", direction="out", kind="text") == 6)
    assert m("ws_server_connections_compressed_total") == 1 and m("ws_server_connections", state="open") == 2
    assert m("ws_server_messages_compressed_total", direction="in") == 3
    assert m("ws_server_messages_compressed_total", direction="out") == 2  # the short one was sent as it is
    assert saved > 10_000 and m("ws_server_compression_saved_bytes_total") == saved
    compressing.raw.sock.close()
    plain.sock.close()


def test_the_longest_callback(watched):
    server, status = watched()
    longest = ("ws_server_callback_longest_seconds", {"callback": "ws_server_text"})
    tick = 0.02  # long callbacks are timed by the ticks of the kernel's clock
    with server.connect() as client:
        before = time.monotonic()
        client.send("block")
        server.told("blocks")
        within = time.monotonic()
        status.until(lambda m: m("ws_server_loop_late_seconds") > 0.3)
        at_least = time.monotonic() - within
        (server.folder / "gate").write_text("go\n")
        assert client.recv() == "block"
        m = status.until(lambda m: m.values.get((longest[0], ("callback", "ws_server_text")), 0) > 0)
        value = m(longest[0], **longest[1])
        assert at_least - tick <= value <= time.monotonic() - before + tick
        assert value <= m("ws_server_callback_duration_seconds_sum", callback="ws_server_text")
        # Shorter ones leave it as it is.
        for _ in range(20):
            client.send("x")
            assert client.recv() == "x"
        count = ("ws_server_callback_duration_seconds_count", {"callback": "ws_server_text"})
        assert status.until(lambda m: m(count[0], **count[1]) == 21)(longest[0], **longest[1]) == value
        client.send("stats")
        times = json.loads(client.recv())["callbacks"]["by_name"]["ws_server_text"]
        assert times["longest"] == pytest.approx(value)


def test_every_metric_is_in_the_documents_table_and_the_other_way_round(watched):
    server, status = watched()
    with server.connect() as client:
        client.send("x")
        assert client.recv() == "x"
        m = status.until(lambda m: ("ws_server_callback_duration_seconds_count", ("callback", "ws_server_text")) in m.values)
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\| (.*) \|$", (ROOT / "docs/metrics.md").read_text(), re.M)
    table = {name: (kind, words) for name, kind, labels, meaning in rows for words in [set(re.findall(r"`(\w+)`", labels + meaning))]}
    found = {family.name + ("_total" if family.type == "counter" else ""): family for family in m.families}
    assert set(found) == set(table)
    for name, family in found.items():
        kind, words = table[name]
        assert family.type == kind and family.documentation.endswith("."), name
        assert re.fullmatch(r"(ws_server|process)_[a-z0-9_]+", name)
        # Labels, and their values where they are a few words of our own.
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels <= words, name
        if "callback" not in labels and not name.endswith("_info"):
            assert {sample.labels[label] for sample in family.samples for label in labels & set(sample.labels)} <= words | {"in", "out"}, name


def test_health_is_503_while_a_callback_blocks_and_says_which(watched):
    server, status = watched(settings={"WEBSOCKET_STALL_AFTER": "0.5"})
    assert status.health(200) == "ok\n"
    with server.connect() as client:
        client.send("block")
        server.told("blocks")
        body = status.health(503)
        assert re.fullmatch(r"stalled: the loop has not turned since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, for \d+\.\d s, "
                            r"in the callback ws_server_text\n", body), body
        m = status.scrape()
        assert m("ws_server_healthy") == 0 and m("ws_server_loop_late_seconds") > 0.5
        if int(os.environ.get("WS_IO_THREADS") or 0):
            # What the I/O threads do is counted meanwhile.
            with server.tcp():
                status.until(lambda m: m("ws_server_connections_accepted_total") == 2)
        (server.folder / "gate").write_text("go\n")
        assert client.recv() == "block"
        assert status.health(200) == "ok\n"


def test_health_is_503_while_the_server_stops(watched):
    server, status = watched(GATE + r"""
function ws_server_before_close(&$connections,&$connection) { tell("closing"); fgets(fopen(__DIR__ . "/gate", "r")); }""")
    with server.connect():
        status.health(200)
        server.process.terminate()
        server.told("closing")
        assert status.health(503) == "stopping\n"
        (server.folder / "gate").write_text("go\n")
    assert server.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", status.port), TIMEOUT)


def test_a_callback_that_is_slow_is_logged_with_its_name(watched):
    server, status = watched(settings={"WEBSOCKET_SLOW_CALLBACK": "0.05"})
    with server.connect() as client:
        client.send("slow")
        assert client.recv() == "slow"
    until(server.stderr, lambda log: re.search(r"warn: a callback took \d+\.\d{3} s: ws_server_text\n", log), "it is logged")


def live(status, **options):
    return connect(f"ws://127.0.0.1:{status.port}/live", open_timeout=TIMEOUT, max_size=None, **options)


def test_the_log_is_shown_without_secrets(watched):
    server, status = watched(settings={"WEBSOCKET_LOG_LEVEL": "debug"})
    with server.connect(additional_headers={"Cookie": "sid=a-secret-cookie"}) as client:
        client.send("throw")
        with live(status) as page:
            told = page.recv()
            while "no secret" not in told:
                told += page.recv()
    lines = [line for message in told.replace("}{", "}\n{").splitlines() for line in json.loads(message)["log"]]
    [uncaught] = [line for line in lines if "no secret" in line[3]]
    assert uncaught[2] == "error" and "second line" not in told
    assert "a-secret-cookie" not in told and "throw" not in told
    assert any("listening on" in line[3] for line in lines)


def test_a_foreign_page_gets_nothing(watched):
    _, status = watched()
    with live(status, origin=f"http://127.0.0.1:{status.port}") as page:
        assert "history" in json.loads(page.recv())
    foreign = Raw(socket.create_connection(("127.0.0.1", status.port), TIMEOUT), status.port)
    foreign.send(foreign.request({"Origin": "http://evil.example"}, start="GET /live HTTP/1.1"))
    assert foreign.response()[0] == 403
    assert "Access-Control-Allow-Origin" not in status.get("/metrics")[2]


def scan(port, seed):
    """What a fuzzer sends, one after the other; the statuses that came."""
    random_ = random.Random(seed)
    good = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    statuses = set()
    for _ in range(1250):
        request = bytearray(good.replace(b"/metrics", random_.choice([b"/", b"/metrics", b"/health", b"/x", b"/live", b"/" + b"%2e" * 50])))
        kind = random_.randrange(6)
        if kind == 0:
            del request[random_.randrange(len(request)):]
        elif kind == 1:
            for _ in range(random_.randrange(1, 9)):
                request[random_.randrange(len(request))] = random_.randrange(256)
        elif kind == 2:
            request = bytearray(random_.randbytes(random_.randrange(1, 3000)))
        elif kind == 3:
            request[-2:] = b"X: " + b"y" * random_.randrange(20000) + b"\r\n\r\n"
        elif kind == 4:
            request += random_.randbytes(random_.randrange(5000))
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as sock:
            try:
                sock.sendall(request)
                sock.shutdown(socket.SHUT_WR)
                answer = sock.recv(12)
            except (ConnectionResetError, BrokenPipeError):
                continue
            if answer:
                assert answer.startswith(b"HTTP/1.1 "), answer
                statuses.add(int(answer[9:]))
    return statuses


def test_a_scan_leaves_both_listeners_serving(watched):
    server, status = watched()
    with server.connect() as client:
        status.until(lambda m: m("ws_server_connections", state="open") == 1)
        slow = [socket.create_connection(("127.0.0.1", status.port), TIMEOUT) for _ in range(60)]
        for n, sock in enumerate(slow):
            sock.sendall([b"", b"GET /met", b"GET / HTTP/1.1\r\nHost: x\r\n"][n % 3])
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            scans = [pool.submit(scan, status.port, seed) for seed in range(8)]
            # The main server's clients notice nothing.
            while not all(scan.done() for scan in scans):
                client.send("still here")
                assert client.recv() == "still here"
            statuses = set().union(*(scan.result() for scan in scans))
        assert {200, 400, 404} <= statuses and not statuses & {500, 501, 502}, statuses
        for sock in slow:
            # 408, unless there were too many at once.
            assert sock.recv(12) in (b"HTTP/1.1 408", b"HTTP/1.1 503")
            sock.close()
        assert status.health(200) == "ok\n"
        m = status.scrape()
        assert m("ws_server_connections_accepted_total") == 1 and m("ws_server_connections", state="open") == 1
        assert m("ws_server_handshakes_total", result="failed", reason="request") == 0
        # Nothing is kept, and the log has not been filled.
        descriptors = lambda: len(os.listdir(f"/proc/{server.process.pid}/fd"))
        until(descriptors, lambda n: n < 40, "their descriptors are closed")
        assert len(server.stderr().splitlines()) < 20


def test_a_port_that_is_taken_is_a_clear_error(serve):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        server = serve(ECHO, {"WEBSOCKET_METRICS": f"tcp://127.0.0.1:{port}"}, ready=False)
        assert server.wait() == 1
        assert f"cannot listen on tcp://127.0.0.1:{port}" in server.stderr()
        assert not server.fifo.exists()


def test_an_address_for_other_machines_is_warned_of(serve):
    server = serve(ECHO, {"WEBSOCKET_METRICS": f"tcp://0.0.0.0:{free_port()}"})
    assert "warn: the metrics listener asks nobody who they are" in server.stderr()
    server = serve(ECHO, {"WEBSOCKET_METRICS": f"tcp://127.0.0.1:{free_port()}"})
    assert "warn:" not in server.stderr()


def test_without_the_option_there_is_no_thread(serve):
    server = serve(ECHO)
    threads = [open(f"/proc/{server.process.pid}/task/{task}/comm").read().strip()
               for task in os.listdir(f"/proc/{server.process.pid}/task")]
    assert "ws-status" not in threads


CLASS = r"""<?php
$server = new WsServer(json_decode($argv[1], true));
class App { static function onText(WsConnection $c, string $m) { if ($m === 'block') { echo "blocks\n"; fgets(STDIN); } $c->sendText($m); } }
$server->on('text', 'App::onText');
$server->on('binary', fn ($c, $m) => $c->sendBinary($m));
$server->timer(0.01, function () {}, true);
$server->on('start', function () use ($server) { echo $server->addresses()[0], "\n"; });
exit($server->run());
"""


def test_the_class_is_watched_too(tmp_path):
    script = tmp_path / "app.php"
    script.write_text(CLASS)
    port = free_port()
    options = {"listen": "tcp://127.0.0.1:0", "metrics": f"tcp://127.0.0.1:{port}", "stall_after": 0.5,
               "io_threads": int(os.environ.get("WS_IO_THREADS") or 0)}
    process = subprocess.Popen([PHP, "-d", f"extension={EXTENSION}", script, json.dumps(options)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        url = process.stdout.readline().strip().replace("tcp:", "ws:")
        status = Status(None, port)
        with connect(url, open_timeout=TIMEOUT) as client:
            client.send(b"binary")
            assert client.recv() == b"binary"
            count = ("ws_server_callback_duration_seconds_count", ("callback", "timer"))
            m = status.until(lambda m: m.values.get(count, 0) > 2)
            assert m("ws_server_timers") == 1
            assert m("ws_server_callback_duration_seconds_count", callback="start") == 1
            status.until(lambda m: m.values.get((count[0], ("callback", "binary"))) == 1)
            client.send("block")
            assert process.stdout.readline() == "blocks\n"
            assert "in the callback text (App::onText)" in status.health(503)
            process.stdin.write("go\n")
            process.stdin.flush()
            assert client.recv() == "block"
            assert status.health(200) == "ok\n"
        process.terminate()
        assert process.wait(TIMEOUT) == 0
    finally:
        process.kill()
        process.wait()
