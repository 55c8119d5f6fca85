"""php/examples/office: an application as it was written for server.php in 2017, unchanged, with many clients."""

import json
import re

import pytest
from websockets.exceptions import ConnectionClosed

from harness import ROOT, php

OFFICE = ROOT / "php/examples/office"


@pytest.fixture
def office(serve):
    """The example's own settings file and events file."""
    server = serve(prepare=settings, ready=False)
    server.says("serves the office")
    return server


def settings(server):
    text = (OFFICE / "server_shared.conf.template").read_text()
    for name, value in {"PORT": server.port, "FOLDER": server.folder, "OFFICE": OFFICE}.items():
        text = text.replace(f"@{name}@", str(value))
    server.conf.write_text(text)


class Browser:
    """Keeps what it is told until somebody asks for it."""

    def __init__(self, server, token):
        # No pings and no limit of its own: while it is not asked for anything, it only listens.
        self.socket = server.connect(additional_headers={"Cookie": f"theme=dark; login={token}"}, ping_interval=None,
                                     max_queue=None).__enter__()
        self.heard = []
        self.key = self.wait("welcome")["client_key"]

    def do(self, operation, **params):
        self.socket.send(json.dumps({"operation": operation, **params}))

    def wait(self, operation, **expected):
        """The next message with this operation and these values."""
        while True:
            for message in self.heard:
                if message["operation"] == operation and expected.items() <= message.items():
                    self.heard.remove(message)
                    return message
            self.heard.append(json.loads(self.socket.recv(timeout=60)))


def status(server, web):
    file = server.folder / "status.json"
    file.unlink(missing_ok=True)
    assert web({"operation": "status", "file": str(file)}) == "OK"
    while not file.exists():
        pass
    return json.loads(file.read_text())


@pytest.fixture
def web(office):
    """The web application: a PHP script that includes ws_app.php."""
    script = office.folder / "web.php"
    script.write_text('<?php require %s; define("WEBSOCKET_XHR_PIPE_FILE",%s); $params=json_decode($argv[1],true); ws_pipe_data($params); echo $params["pipe_status"];'
                      % (json.dumps(str(ROOT / "php/ws_app.php")), json.dumps(str(office.fifo))))
    return lambda params: php("-n", script, json.dumps(params)).stdout


def test_it_starts_and_fills_its_templates(office):
    assert re.search(rf"127\.0\.0\.1:{office.port} serves the office with 1 socket; the office", office.output())
    with office.connect(additional_headers={"Cookie": "login=tok-ann"}) as ann:
        assert json.loads(ann.recv()) == {"operation": "welcome", "client_key": 1, "text": "Hello ann, this is the office", "locks": []}


def test_who_has_no_login_is_refused(office):
    with office.tcp() as client:
        client.send(client.request())
        assert client.response()[0] == 403


def test_a_document_is_locked_by_one_and_free_when_he_leaves(office):
    ann, bob = Browser(office, "tok-ann"), Browser(office, "tok-bob")
    ann.wait("users", users=["ann", "bob"])
    ann.do("doc_lock", doc_id="d1")
    assert ann.wait("doc_locked")["result"] == "OK"
    bob.do("doc_lock", doc_id="d1")
    assert bob.wait("doc_locked") == {"doc_id": "d1", "username": "ann", "result": "DENIED", "operation": "doc_locked"}
    bob.do("doc_unlock", doc_id="d1")
    assert bob.wait("error")["text"] == "not your lock"
    cat = Browser(office, "tok-cat")
    ann.socket.close()
    for browser in (bob, cat):
        browser.wait("doc_unlocked", doc_id="d1", username="ann")
        browser.wait("users", users=["bob", "cat"])
    bob.do("doc_lock", doc_id="d1")
    assert bob.wait("doc_locked")["result"] == "OK"


def test_rooms(office):
    ann, bob, cat = (Browser(office, f"tok-{name}") for name in ("ann", "bob", "cat"))
    for count, browser in enumerate((ann, bob), 1):
        browser.do("room_join", room="tea")
        assert browser.wait("room_joined")["count"] == count
    cat.do("room_say", room="tea", text="let me in")
    assert cat.wait("error")["text"] == "not in room"
    ann.do("room_say", room="tea", text="milk?\n牛乳")
    assert bob.wait("room_said") == {"operation": "room_said", "room": "tea", "username": "ann", "text": "milk?\n牛乳"}
    bob.do("room_leave", room="tea")
    bob.wait("room_left")
    ann.do("room_say", room="tea", text="anybody?")
    ann.do("nonsense")
    ann.wait("error")
    assert bob.heard == [] or all(m["operation"] == "users" for m in bob.heard)


def test_the_web_application_notifies_one_user_everywhere_and_kicks(office, web):
    one, two, bob = Browser(office, "tok-ann"), Browser(office, "tok-ann.second"), Browser(office, "tok-bob")
    assert web({"operation": "user_notify", "username": "ann", "text": "meeting"}) == "OK"
    assert web({"operation": "doc_saved", "doc_id": "d7", "username": "cat"}) == "OK"
    for browser in (one, two):
        browser.wait("notify", text="meeting")
    for browser in (one, two, bob):
        browser.wait("doc_saved", doc_id="d7")
    assert not any(message["operation"] == "notify" for message in bob.heard)
    assert web({"operation": "kick", "username": "ann"}) == "OK"
    for browser in (one, two):
        with pytest.raises(ConnectionClosed) as closed:
            browser.wait("never")
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "kicked")
    bob.wait("users", users=["bob"])


def test_a_report_goes_to_the_one_who_asked_line_by_line(office):
    ann, bob = Browser(office, "tok-ann"), Browser(office, "tok-bob")
    ann.do("report", doc_id="it's 5%")
    assert [ann.wait("report")["line"] for _ in range(3)] == [f"report on it's 5%: step {n} of 3" for n in (1, 2, 3)]
    assert ann.wait("report_done")["doc_id"] == "it's 5%"
    assert all(message["operation"] == "users" for message in bob.heard)


def test_a_full_office(office, web):
    """Hundreds of clients lock, talk and leave; in the end the books are in order."""
    tokens = ["tok-ann", "tok-bob", "tok-cat"]
    browsers = [Browser(office, f"{tokens[n % 3]}.{n}") for n in range(200)]
    for n, browser in enumerate(browsers):
        browser.do("room_join", room=f"r{n % 10}")
        browser.do("doc_lock", doc_id=f"d{n // 2}")
    results = [browser.wait("doc_locked")["result"] for browser in browsers]
    assert results == ["OK", "DENIED"] * 100
    for n in range(10):
        browsers[n].wait("room_joined")
        browsers[n].do("room_say", room=f"r{n}", text=f"to room {n}")
    for n, browser in enumerate(browsers[10:], 10):
        browser.wait("room_said", text=f"to room {n % 10}")
    books = status(office, web)
    assert books["clients"] == 200 and books["users"] == ["ann", "bob", "cat"] and len(books["locks"]) == 100
    assert books["stats"]["messages"] == 410 and books["stats"]["loops"] > 0
    for browser in browsers[:198]:
        browser.socket.close()
    for n in range(99):
        browsers[198].wait("doc_unlocked", doc_id=f"d{n}")
    books = status(office, web)
    assert (books["clients"], books["locks"]) == (2, {"d99": "ann"})
    assert web({"wsmanage": {"cmd": "quit"}}) == "OK"
    for browser in browsers[198:]:
        with pytest.raises(ConnectionClosed) as closed:
            browser.wait("never")
        assert closed.value.rcvd.reason == "see you tomorrow"
    assert office.stop() == 0
    said = office.output()
    assert "office is closing: 0 connections, flag bool(true)" in said and "office is closed" in said
    assert "PHP " not in said  # not one notice
