"""wss with the clients that people use: Python's websockets, node's ws, openssl; with and without compression."""

import contextlib
import json
import os
import re
import socket
import ssl
import subprocess

import pytest
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from harness import ECHO, EXTENSION, HEADERS, PHP, ROOT, TIMEOUT, free_port
from pki import Authority


# Python's websockets reads and writes an SSL object from two threads at once. When a ticket arrives while it sends its
# request, OpenSSL may forget the request; so there are none where that client is used. Others resume sessions in
# tests/tls/negotiation.rs.
NO_TICKETS = {"tickets": False}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def secure(serve, authority):
    """secure(events, tls={}, settings={}) starts a server with a plain and a TLS port: server.wss is the latter's URL."""
    def start(events=ECHO, tls=None, settings=None):
        cert, key = authority.issue("server")
        port = free_port()
        plain = free_port()
        tls = {"cert": str(cert), "key": str(key), **NO_TICKETS, **(tls or {})}
        server = serve(events, {"WEBSOCKET_LISTEN": f"tcp://127.0.0.1:{plain} tls://127.0.0.1:{port}",
                                "WEBSOCKET_TLS": json.dumps(tls), **(settings or {})})
        server.tls_port, server.wss = port, f"wss://localhost:{port}/"
        server.port = plain
        return server
    return start


def context(authority, client=None):
    trust = ssl.create_default_context(cafile=authority.cert)
    if client:
        trust.load_cert_chain(*client)
    return trust


def dial(server, trust, **options):
    return connect(server.wss, ssl=trust, additional_headers=HEADERS, open_timeout=TIMEOUT, max_size=None, **options)


def s_client(server, *args):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-servername", "localhost", *args]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)


@pytest.mark.parametrize("compression", ["", "1"])
def test_python_echo(secure, authority, compression):
    server = secure(settings={"WEBSOCKET_COMPRESSION": compression})
    with dial(server, context(authority)) as client:
        assert bool(client.protocol.extensions) == bool(compression)
        for message in ["hello", "é 漢字 😀", "x" * 1_000_000, b"", os.urandom(300_000)]:
            client.send(message)
            assert client.recv(TIMEOUT) == message


def test_the_same_server_speaks_plain_beside(secure, authority):
    server = secure("""
function ws_server_text(&$connections,&$connection,$client_key,$msg) { broadcast_to_all($msg); }
""")
    with dial(server, context(authority)) as one, server.connect() as two:
        one.send("to both")
        assert [one.recv(TIMEOUT), two.recv(TIMEOUT)] == ["to both"] * 2


@pytest.mark.parametrize("compression", ["", "1"])
def test_node_clients(secure, authority, compression):
    server = secure(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    if (str_starts_with($msg, "all: ")) broadcast_to_all(substr($msg, 5)); else send_text($client_key,$msg);
}
function ws_server_binary(&$connections,&$connection,$client_key,$data) { ws_server_send_binary($client_key,$data); }
""", settings={"WEBSOCKET_COMPRESSION": compression})
    result = subprocess.run(["node", ROOT / "tests/interop/node_client.mjs", f"wss://127.0.0.1:{server.tls_port}/"],
                            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(authority.cert)},
                            capture_output=True, text=True, timeout=TIMEOUT)
    assert (result.returncode, result.stdout) == (0, "ok\n"), result.stderr


def test_openssl_sees_the_certificate_and_a_modern_protocol(secure, authority):
    server = secure()
    seen = s_client(server, "-CAfile", str(authority.cert), "-alpn", "http/1.1")
    assert "Verify return code: 0 (ok)" in seen.stdout and "ALPN protocol: http/1.1" in seen.stdout
    assert "New, TLSv1.3" in seen.stdout
    assert s_client(server, "-tls1_2").returncode == 0
    assert s_client(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0").returncode != 0


def test_an_unknown_authority_is_refused_by_the_client_and_hurts_nobody(secure, authority):
    server = secure()
    with pytest.raises(ssl.SSLCertVerificationError):
        dial(server, ssl.create_default_context())
    with dial(server, context(authority)) as client:
        client.send("still here")
        assert client.recv(TIMEOUT) == "still here"


def test_handshakes_are_told_to_the_log_and_to_handlers(secure, authority):
    server = secure("""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    $tls = ws_server_connection($client_key)->tls;
    send_text($client_key, json_encode([$tls["version"], $tls["sni"], $tls["resumed"]]));
}
""", settings={"WEBSOCKET_LOG_LEVEL": "debug"})
    assert s_client(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0").returncode != 0
    with pytest.raises(ssl.SSLCertVerificationError):
        dial(server, ssl.create_default_context())
    with dial(server, context(authority)) as client:
        # The others' ends may come later, by way of other threads.
        while server.stderr().count(" closed: 1006 TLS: ") < 2:
            client.send("?")
            assert json.loads(client.recv(TIMEOUT)) == ["TLSv1.3", "localhost", False]
    log = server.stderr()
    assert re.search(r"client \d+ has TLSv1\.3, TLS_\w+, X25519\w*$", log, re.M), log
    assert re.search(r"client \d+ closed: 1006 TLS: peer is incompatible", log), log
    assert re.search(r"client \d+ closed: 1006 TLS: received fatal alert: UnknownCA", log), log


def test_clients_that_are_turned_away_are_told_so(secure, authority):
    server = secure(settings={"WEBSOCKET_DENY": "127.0.0.0/8"})
    assert "alert access denied" in s_client(server).stderr
    with pytest.raises(ssl.SSLError) as error:
        dial(server, context(authority))
    assert error.value.reason == "TLSV1_ALERT_ACCESS_DENIED"
    server = secure(settings={"WEBSOCKET_MAX_CONNECTIONS": 1})
    with dial(server, context(authority)):
        with pytest.raises(ssl.SSLError) as error:
            dial(server, context(authority))
        assert error.value.reason == "TLSV1_ALERT_INTERNAL_ERROR"


def test_client_certificates(secure, authority):
    server = secure(tls={"client_ca": str(authority.cert), "verify_client": "required"})
    good = authority.issue("alice", names="email:alice@example.com", usage="clientAuth")
    with dial(server, context(authority, good)) as client:
        client.send("known")
        assert client.recv(TIMEOUT) == "known"
    # With TLS 1.3 the refusal comes after the client's side of the handshake is done.
    with pytest.raises((OSError, EOFError, WebSocketException)):
        with dial(server, context(authority)) as client:
            client.recv(TIMEOUT)


def test_http_on_the_tls_port_and_tls_on_the_plain_port(secure):
    server = secure()
    with socket.create_connection(("127.0.0.1", server.tls_port), TIMEOUT) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    with pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(socket.create_connection(("127.0.0.1", server.port), TIMEOUT),
                                                 server_hostname="localhost")


def test_a_new_certificate_is_taken_up_and_open_clients_stay(secure, authority, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    def install(pair):
        for source, place in zip(pair, (cert, key)):
            scratch = place.with_suffix(".new")
            scratch.write_bytes(source.read_bytes())
            scratch.rename(place)
    install(authority.issue("first"))
    server = secure(tls={"cert": str(cert), "key": str(key)})
    with dial(server, context(authority)) as early:
        install(authority.issue("second"))
        # The server looks at its files by itself; each try is a whole handshake.
        while "CN = second" not in (seen := s_client(server).stdout):
            assert "CN = first" in seen
        early.send("still here")
        assert early.recv(TIMEOUT) == "still here"


@pytest.mark.parametrize("tls, problem", [
    ({"cert": "/nonexistent.pem"}, "/nonexistent.pem"),
    ({"key": "CERT"}, "tls.key"),
    ({"ciphers": "RC4-MD5"}, "tls.ciphers"),
    ({"speed": "fast"}, "tls.speed"),
])
def test_what_is_wrong_is_told_at_the_start(serve, authority, tls, problem):
    cert, key = authority.issue("server")
    tls = {"cert": str(cert), "key": str(key), **{k: str(cert) if v == "CERT" else v for k, v in tls.items()}}
    server = serve(ECHO, {"WEBSOCKET_LISTEN": f"tls://127.0.0.1:{free_port()}", "WEBSOCKET_TLS": json.dumps(tls)},
                   ready=False)
    assert server.wait() != 0
    assert problem in server.stderr() + server.output()


MODERN = r"""<?php
$server = new WsServer(json_decode($argv[1], true) + ['origins' => 'any', 'log' => null]);
$server->on('start', fn ($s) => print($s->addresses()[0] . "\n"));
$server->on('request', function ($s, WsRequest $r) {
    $certificate = $r->clientCertificate;
    if ($certificate === null) { $r->reject(403); return; }
    $r->accept(data: ['subject' => $certificate['subject'], 'serial' => strlen($certificate['serial']) > 0,
        'fingerprint' => strlen($certificate['fingerprint']), 'pem' => str_starts_with($certificate['pem'], '-----BEGIN CERTIFICATE'),
        'names' => $certificate['alternativeNames'], 'tls' => $r->tls['version']]);
});
$server->on('text', function (WsConnection $c, string $m) {
    $c->sendText(json_encode([$c->data, $c->tls]));
});
exit($server->run());
"""


@contextlib.contextmanager
def modern(folder, code, **options):
    """Runs a script with a WsServer, which prints its first address; the URL. WS_IO_THREADS is respected."""
    options["io_threads"] = int(os.environ.get("WS_IO_THREADS", 0))
    (folder / "server.php").write_text(code)
    process = subprocess.Popen([PHP, "-d", f"extension={EXTENSION}", folder / "server.php", json.dumps(options)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        yield re.sub(r"^(tls|tcp)://127.0.0.1", lambda match: {"tls": "wss", "tcp": "ws"}[match[1]] + "://localhost",
                     process.stdout.readline().strip())
    finally:
        process.terminate()
        assert process.wait(TIMEOUT) == 0


def test_the_class_sees_the_client_and_may_refuse_it(authority, tmp_path):
    cert, key = authority.issue("server")
    tls = {"cert": str(cert), "key": str(key), "client_ca": str(authority.cert), "verify_client": "optional", **NO_TICKETS}
    with modern(tmp_path, MODERN, listen="tls://127.0.0.1:0", tls=tls) as url:
        alice = authority.issue("alice", names="email:alice@example.com", usage="clientAuth")
        with connect(url, ssl=context(authority, alice), open_timeout=TIMEOUT) as client:
            client.send("look")
            data, seen = json.loads(client.recv(TIMEOUT))
            assert "alice" in data["subject"] and "alice@example.com" in json.dumps(data["names"])
            assert (data["serial"], data["pem"]) == (True, True) and data["fingerprint"] >= 64
            assert "1.3" in data["tls"] and "1.3" in seen["version"]
            assert seen["cipher"] and seen["keyExchange"] and seen["sni"] == "localhost" and seen["resumed"] is False
        # The request handler refuses whoever shows no certificate.
        with pytest.raises(InvalidStatus) as refused:
            connect(url, ssl=context(authority), open_timeout=TIMEOUT)
        assert refused.value.response.status_code == 403


CHANGING = r"""<?php
$server = new WsServer(json_decode($argv[1], true) + ['origins' => 'any', 'log' => null]);
$server->on('start', fn ($s) => print($s->addresses()[0] . "\n"));
$server->setOption('log_level', 'debug');
$server->on('log', function (string $level, string $message) use (&$log) { $log .= "$level $message\n"; });
$server->on('text', function (WsConnection $c, string $m) use ($server, &$log) {
    if ($m === 'log') { $c->sendText($log); return; }
    $before = $server->getOption('tls');
    try {
        if (str_starts_with($m, 'tls://')) {
            $c->sendText($server->listen($m)->addresses()[1]);
        } else {
            $server->setOption('tls', json_decode($m, true));
            $c->sendText('done');
        }
    } catch (WsException $e) {
        $c->sendText($e->getMessage() . ($server->getOption('tls') === $before ? '' : ' BUT IT WAS CHANGED'));
    }
});
exit($server->run());
"""


def files(pair):
    return {"cert": str(pair[0]), "key": str(pair[1]), **NO_TICKETS}


def common_name(url, trust):
    """Whose certificate a new client is shown, which then is let in."""
    with connect(url, ssl=trust, open_timeout=TIMEOUT) as client:
        subject = client.socket.getpeercert()["subject"]
        return dict(pair for part in subject for pair in part)["commonName"]


def ask(client, message):
    client.send(message if isinstance(message, str) else json.dumps(message))
    return client.recv(TIMEOUT)


def test_the_class_changes_certificates_under_open_connections(authority, tmp_path):
    first, second, third = (authority.issue(name) for name in ("first", "second", "third"))
    trust = context(authority)
    with modern(tmp_path, CHANGING, listen="tls://127.0.0.1:0", tls=files(first)) as url, \
            connect(url, ssl=trust, open_timeout=TIMEOUT) as early, connect(url, ssl=trust, open_timeout=TIMEOUT) as other:
        assert common_name(url, trust) == "first"
        # What can't be used is named with its file, and changes nothing.
        for tls, option, problem in [
            ({"cert": "/nonexistent.pem", "key": str(first[1])}, "tls.cert", "/nonexistent.pem: not found"),
            ({"cert": str(second[0]), "key": str(first[1])}, "tls.key", f"{first[1]}: the key does not match the certificate"),
            ({**files(second), "key": str(second[0])}, "tls.key", f"{second[0]}: there is no key in it"),
            ({**files(second), "speed": "fast"}, "tls.speed", "is unknown"),
            ({**files(second), "client_ca": "/no-ca.pem", "verify_client": "required"}, "tls.client_ca", "/no-ca.pem: not found"),
            (None, "tls.cert", 'is needed for "tls://127.0.0.1:0"'),
            ({}, "tls.cert", "is needed"),
        ]:
            answer = ask(early, tls)
            assert answer.startswith(f'option "{option}" ') and problem in answer and "BUT" not in answer
            assert common_name(url, trust) == "first"
        assert ask(early, files(second)) == "done"
        assert common_name(url, trust) == "second"
        # From now on these are the files that are looked at.
        for source, place in zip(third, second):
            scratch = place.with_suffix(".new")
            scratch.write_bytes(source.read_bytes())
            scratch.rename(place)
        while (name := common_name(url, trust)) != "third":
            assert name == "second"
        # A policy is part of it: from now on nobody comes in without a certificate. Who is in stays.
        assert ask(early, {**files(second), "client_ca": str(authority.cert), "verify_client": "required"}) == "done"
        with pytest.raises((OSError, EOFError, WebSocketException)):
            common_name(url, trust)
        assert common_name(url, context(authority, authority.issue("alice", usage="clientAuth"))) == "third"
        assert ask(other, files(first)) == "done"
        assert ask(early, files(first)) == "done"
        # What became of each handshake is in the log.
        assert re.search(r"^debug client \d+ has TLSv1\.3, TLS_\w+, \w+$", log := ask(early, "log"), re.M), log
        assert re.search(r"^debug client \d+ was not let in: TLS: .*", log, re.M), log
        assert "info the TLS certificates were loaded again" in log


def test_the_class_can_get_certificates_for_listeners_that_come_later(authority, tmp_path):
    cert = authority.issue("late")
    trust = context(authority)
    with modern(tmp_path, CHANGING, listen="tcp://127.0.0.1:0") as url, connect(url, open_timeout=TIMEOUT) as client:
        assert ask(client, "tls://127.0.0.1:0").startswith('option "tls.cert" ')
        assert ask(client, "null") == "done"
        assert ask(client, {"cert": "/nonexistent.pem"}).startswith('option "tls.cert" cannot be used: /nonexistent.pem')
        assert ask(client, files(cert)) == "done"
        address = ask(client, "tls://127.0.0.1:0").replace("tls://127.0.0.1", "wss://localhost")
        assert common_name(address, trust) == "late"
        assert ask(client, "null") == 'option "tls" cannot be taken away from a server that listens'
        assert common_name(address, trust) == "late"
