"""Who gets in, and what the others are told."""

import pytest

from harness import ECHO

ASKED = ECHO + r"""
function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) {
    tell("asked", $cookies, $user_agent, $remote_address, $connection["state"]);
    return $cookies !== "sid=wrong";
}
"""


def test_authenticate_gets_the_raw_cookie_header_the_agent_and_the_address(serve):
    """Preserves: the arguments of ws_server_authenticate."""
    server = serve(ASKED)
    with server.connect(additional_headers={"Cookie": "a=1; b=%20x"}, user_agent_header="tester/1"):
        assert server.told("asked") == ["a=1; b=%20x", "tester/1", "127.0.0.1", "CONNECTING"]


def test_a_refused_client_gets_403_and_its_connection_ends(serve):
    """Preserves: falsy refuses. Fixes fault 10: there was no answer."""
    server = serve(ASKED)
    with server.tcp() as client:
        client.send(client.request({"Cookie": "sid=wrong"}))
        assert client.response()[0] == 403
        client.recv_end()


@pytest.mark.parametrize("missing", ["Cookie", "User-Agent"])
def test_without_cookie_or_agent_nobody_is_asked(serve, missing):
    """Preserves: refused without asking."""
    server = serve(ASKED)
    with server.tcp() as client:
        client.send(client.request({missing: None}))
        assert client.response()[0] == 403
        client.recv_end()
    with server.connect():
        server.told("asked")
    assert len(server.all_told("asked")) == 1


@pytest.mark.parametrize("replace, start, status", [
    ({"Sec-WebSocket-Version": "12"}, "GET / HTTP/1.1", 426),
    ({"Sec-WebSocket-Version": None}, "GET / HTTP/1.1", 426),
    ({"Sec-WebSocket-Key": "dG9vIHNob3J0"}, "GET / HTTP/1.1", 400),
    ({"Sec-WebSocket-Key": None}, "GET / HTTP/1.1", 400),
    ({"Host": None}, "GET / HTTP/1.1", 400),
    ({"Upgrade": "h2c"}, "GET / HTTP/1.1", None),
    ({"Connection": "close"}, "GET / HTTP/1.1", None),
    ({}, "POST / HTTP/1.1", None),
    ({}, "GET / HTTP/1.0", None),
    ({"X-Large": "x" * 20000}, "GET / HTTP/1.1", 431),
])
def test_a_request_that_is_no_handshake_gets_an_http_answer(serve, replace, start, status):
    """Fixes fault 10."""
    server = serve(ASKED)
    with server.tcp() as client:
        client.send(client.request(replace, start))
        got, headers = client.response()
        assert got == status if status else 400 <= got < 600
        if got == 426:
            assert headers["sec-websocket-version"] == "13"
        client.recv_end()
    assert server.all_told("asked") == []


def test_header_names_and_tokens_in_any_case_and_company_are_taken(serve):
    """Preserves: header names in any case. Fixes fault 10."""
    with serve(ECHO).tcp() as client:
        client.handshake({"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE", "SEC-WEBSOCKET-PROTOCOL": "chat"})
        client.text("in")
        assert client.recv_text() == "in"


def test_the_server_header_of_the_settings_is_sent(serve):
    """Preserves: WEBSOCKET_SERVER_HEADER. Fixes fault 10: its line ended in a bare line feed."""
    with serve(ECHO, {"WEBSOCKET_SERVER_HEADER": "SimplePHPWS"}).tcp() as client:
        client.send(client.request())
        status, headers = client.response()
        assert (status, headers.get("server")) == (101, "SimplePHPWS")
