"""The option `tokens` in a settings file: cookies as a web application signs them, made here by Python's own hashes."""

import hashlib
import hmac
import json
import secrets
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness import TIMEOUT

SECRET = "not this one, please"

EVENTS = r"""
function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) { tell("asked", $cookies); return true; }
function ws_server_text(&$connections,&$connection,$client_key,$msg) { send_text($client_key, json_encode(ws_server_stats()["refused"])); }
function ws_server_before_close(&$connections,&$connection) { tell("before_close", $connection["state"]); }
"""


def digest(algorithm, user, token, when):
    if algorithm == "md5":
        return hashlib.md5(f"{SECRET}{user}{token}{when}".encode()).hexdigest()
    return hmac.new(SECRET.encode(), f"{user}:{token}:{when}".encode(), hashlib.sha256).hexdigest()


def cookies(token, user="", when=None, algorithm="hmac-sha256"):
    when = int(time.time()) if when is None else when
    name = f"user={user}; " if user else ""
    return {"Cookie": f"{name}token={token}; time={when}; digest={digest(algorithm, user, token, when)}"}


@pytest.fixture
def guarded(serve):
    return lambda **options: serve(EVENTS, {"WEBSOCKET_TOKENS": json.dumps({"secret": SECRET, **options})})


def refused(server, headers):
    with pytest.raises(InvalidStatus) as refusal:
        server.connect(additional_headers=headers)
    response = refusal.value.response
    return response.status_code, response.headers.get("Retry-After"), response.body.decode()


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "md5"])
def test_only_who_has_a_good_token_is_asked_about(guarded, algorithm):
    server = guarded(algorithm=algorithm, max_per_user=2)
    token, other, third = (secrets.token_hex(16) for _ in range(3))
    good = cookies(token, "ada", algorithm=algorithm)
    for headers, problem in [
        ({"Cookie": "sid=1"}, "the token cookie is missing"),
        (cookies(token, "ada", int(time.time()) - 86_400, algorithm), "the token has expired"),
        (cookies(token, "ada", int(time.time()) + 3_600, algorithm), "the token is from the future"),
        ({"Cookie": good["Cookie"].replace("ada", "bob")}, "the token's digest is wrong"),
        ({"Cookie": f"token={token}; " + good["Cookie"]}, "the token cookie is there more than once"),
    ]:
        assert refused(server, headers) == (403, None, problem + "\r\n")
    with server.connect(additional_headers=good) as one:
        assert server.told("asked") == [good["Cookie"]]
        assert refused(server, good) == (429, "5", "the token is in use\r\n")
        with server.connect(additional_headers=cookies(other, "ada", algorithm=algorithm)):
            assert refused(server, cookies(third, "ada", algorithm=algorithm)) == (429, "5", "too many connections of this user\r\n")
            counted = {}
            while counted != {"token": 4, "token_expired": 1, "token_in_use": 1, "user": 1}:  # a thread's figures may come a moment later
                one.send("?")
                counted = {name: count for name, count in json.loads(one.recv(TIMEOUT)).items() if count}
    # Nobody but the two that came in has reached the application.
    assert len(server.all_told("asked")) == 2
    assert server.stop() == 0
    for text in (SECRET, token, other, third, good["Cookie"].rpartition("=")[2]):
        assert text not in server.stderr() + server.log()
    assert "a request was refused: the token is in use" in server.stderr()


def test_an_expired_token_ends_the_connection(guarded):
    server = guarded(lifetime=3)
    while True:
        try:
            client = server.connect(additional_headers=cookies("a", "ada"))
            break
        except InvalidStatus as refusal:  # a machine on which a handshake takes so long
            assert refusal.response.body == b"the token has expired\r\n"
    with client:
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(TIMEOUT)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "expired")
    server.told("before_close")


@pytest.mark.parametrize("tokens, problem", [
    ("{", "WEBSOCKET_TOKENS must be JSON"),
    ("{}", 'option "tokens.secret" is needed, and must not be empty'),
    ('{"secret":"s3cret","algorithm":"sha1"}', 'option "tokens.algorithm" must be "hmac-sha256" or "md5"'),
    ('{"secret":"s3cret","hash":"md5"}', 'option "tokens.hash" is unknown'),
])
def test_what_cannot_be_used_is_told_at_the_start(serve, tokens, problem):
    server = serve(EVENTS, {"WEBSOCKET_TOKENS": tokens}, ready=False)
    assert server.wait() == 1
    said = server.stderr() + server.output()
    assert problem in said and "s3cret" not in said
