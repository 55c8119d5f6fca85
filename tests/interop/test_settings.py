"""Starting: the settings file, and one clear message where it can't be used."""

import json
import os
import re
import socket
import ssl
import subprocess

from websockets.sync.client import connect

from control import Control, unix
from harness import ECHO, EXTENSION, HEADERS, ROOT, Server, php

SERVER = ROOT / "php/server.php"
WITH = ("-d", f"extension={EXTENSION}")


def prepare(tmp_path, **options):
    return Server(tmp_path, ECHO, **options)


def test_without_the_extension_it_says_how_to_load_it(tmp_path):
    """New: there is an extension to load."""
    result = php("-n", SERVER, prepare(tmp_path).conf)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1 and "-d extension=" in result.stderr
    assert result.stdout == ""


def test_a_settings_file_that_is_not_there(tmp_path):
    """Preserves: it can't start, and says so; with status 1, where it was 0 (fault 13)."""
    result = php(*WITH, SERVER, tmp_path / "none.conf")
    assert (result.returncode, result.stderr) == (1, f"server.php: settings file not found: {tmp_path}/none.conf\n")


def test_missing_keys_are_all_listed_in_one_message(tmp_path):
    """Fixes fault 11: an undefined constant was an error at its first use."""
    conf = tmp_path / "x.conf"
    conf.write_text("WEBSOCKET_LISTENING_ADDRESS=localhost\nWEBSOCKET_LOG_PATH=%s/\n" % tmp_path)
    result = php(*WITH, SERVER, conf)
    assert result.returncode == 1
    for key in ("LISTENING_PORT", "SELECT_TIMEOUT", "SERVER_HEADER", "XHR_PIPE_FILE", "EVENTS_INCLUDE_FILE"):
        assert f"WEBSOCKET_{key}" in result.stderr
    assert "LISTENING_ADDRESS" not in result.stderr and len(result.stderr.splitlines()) == 1


def test_bad_values_are_all_listed_with_their_keys(tmp_path):
    """New: values are looked at before anything starts."""
    server = prepare(tmp_path, settings={"WEBSOCKET_LISTENING_PORT": "http", "WEBSOCKET_MAX_MESSAGE_SIZE": "1 MB",
                                         "WEBSOCKET_REUSE_PORT": "perhaps"})
    result = php(*WITH, SERVER, server.conf)
    assert result.returncode == 1
    for key in ("WEBSOCKET_LISTENING_PORT", "WEBSOCKET_MAX_MESSAGE_SIZE", "WEBSOCKET_REUSE_PORT"):
        assert key in result.stderr


def test_a_value_that_the_extension_refuses_is_named(tmp_path):
    """New: values are looked at before anything starts."""
    server = prepare(tmp_path, settings={"WEBSOCKET_SLOW_CLIENT": "sometimes"})
    result = php(*WITH, SERVER, server.conf)
    assert result.returncode == 1 and "slow_client" in result.stderr


def test_a_server_that_is_not_enabled_says_so_and_ends_well(tmp_path):
    """Preserves: WEBSOCKET_ENABLE of 2019."""
    result = php(*WITH, SERVER, prepare(tmp_path, settings={"WEBSOCKET_ENABLE": "0"}).conf)
    assert result.returncode == 0 and "not enabled" in result.stdout


def test_events_file_missing(tmp_path):
    """Preserves: it says so; with status 1, where it was 0 (fault 13)."""
    result = php(*WITH, SERVER, prepare(tmp_path, settings={"WEBSOCKET_EVENTS_INCLUDE_FILE": tmp_path / "no.php"}).conf)
    assert result.returncode == 1 and f"{tmp_path}/no.php" in result.stderr


def test_authenticate_missing(tmp_path):
    """Preserves: the required function. The legacy server noticed with the first client, and died."""
    server = prepare(tmp_path)
    server.events.write_text("<?php function ws_server_open(&$a,&$b,$c) {}")
    result = php(*WITH, SERVER, server.conf)
    assert result.returncode == 1 and "ws_server_authenticate" in result.stderr
    assert not server.fifo.exists()


def test_crlf_comments_duplicates_and_lines_without_equals_sign(serve, tmp_path):
    """Preserves: trimmed lines, "X= a" keeps its space. Fixes fault 11: a key that stood twice was deadly."""
    server = serve(ECHO + 'function ws_server_open(&$connections,&$connection,$client_key) { tell("c", FLAG, TWICE, SPACE, defined("NOBODY")); }',
                   {"# a comment": "x", "FLAG\r\nTWICE": "1\r", "TWICE": "2", "SPACE": " a", "\r\nWEBSOCKET_ENABLE": "1"})
    with server.connect():
        assert server.told("c") == ["", "1", " a", False]


def test_the_environment_names_the_settings_file(tmp_path):
    """Preserves: the legacy path, where nobody names another one."""
    conf = tmp_path / "of-the-environment.conf"
    result = php(*WITH, SERVER, env={**os.environ, "WS_SERVER_SETTINGS": str(conf)})
    assert result.returncode == 1 and str(conf) in result.stderr
    # Neither an argument nor the environment: the path that the legacy script had in its source.
    result = php(*WITH, SERVER, env={key: value for key, value in os.environ.items() if key != "WS_SERVER_SETTINGS"})
    legacy = "/var/include/vhosts/default/inc/data/server_shared.conf"
    assert os.path.exists(legacy) or (result.returncode, result.stderr) == (1, f"server.php: settings file not found: {legacy}\n")


def test_options_of_the_extension_override_the_legacy_keys(serve, tmp_path):
    """New: options as WEBSOCKET_...."""
    other = tmp_path / "other_fifo"
    server = serve(ECHO, {"WEBSOCKET_FIFO": other, "WEBSOCKET_XHR_PIPE_FILE": tmp_path / "unused"})
    assert other.is_fifo() and not (tmp_path / "unused").exists()
    with server.connect() as client:
        client.send("x")
        assert client.recv() == "x"


def test_localhost_and_ipv6_addresses(serve):
    """Preserves: WEBSOCKET_LISTENING_ADDRESS as stream_socket_server() took it."""
    server = serve(ECHO, {"WEBSOCKET_LISTENING_ADDRESS": "localhost"})
    with socket.create_connection(("localhost", server.port), 60):
        pass
    if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
        server = serve(ECHO, {"WEBSOCKET_LISTENING_ADDRESS": "::1"})
        with socket.create_connection(("::1", server.port), 60):
            pass


def test_an_unknown_websocket_key_is_a_constant_and_worth_a_line(serve):
    """Preserves: unknown keys become constants."""
    server = serve(ECHO + 'function ws_server_open(&$connections,&$connection,$client_key) { tell("c", WEBSOCKET_MAX_MESAGE_SIZE); }',
                   {"WEBSOCKET_MAX_MESAGE_SIZE": "5"})
    with server.connect():
        assert server.told("c") == ["5"]
    assert "WEBSOCKET_MAX_MESAGE_SIZE is not an option" in server.output()


# Every option of the extension, as it is written in a settings file.
OPTIONS = {
    "LISTEN": None, "BACKLOG": 128, "REUSE_PORT": 1, "MAX_CONNECTIONS": 1000, "FIFO": None, "FIFO_MODE": "0640",
    "FIFO_FRAMING": "line", "PID": None, "IO_THREADS": 0, "TICK_INTERVAL": 0.05, "MAX_MESSAGE_SIZE": 5000, "MAX_FRAME_SIZE": 4000,
    "MAX_HANDSHAKE_SIZE": 8192, "MAX_BUFFERED": 100000, "SLOW_CLIENT": "drop", "SEND_TIMEOUT": 7, "HANDSHAKE_TIMEOUT": 30,
    "PING_INTERVAL": 12.5, "PING_TIMEOUT": 6, "IDLE_TIMEOUT": 0, "CLOSE_TIMEOUT": 3, "SUBPROTOCOLS": "chat, superchat",
    "SERVER_HEADER": "every option", "BUFFER_MESSAGES": "yes", "MAX_OUT_FRAME": 1000,
    "ORIGINS": "https://a.example https://b.example", "ALLOW": "127.0.0.0/8,::1", "DENY": "10.0.0.0/8", "TRUSTED_PROXIES": "127.0.0.1",
    "MAX_CONNECTIONS_PER_IP": 50, "HANDSHAKE_RATE_PER_IP": 99.5, "MESSAGE_RATE": 1000,
    "COMPRESSION": '{"level":6,"window_bits":12,"context_takeover":false,"threshold":100}',
    "TCP": '{"nodelay":true,"keepalive":{"time":60,"interval":10,"retries":3},"recv_buffer":65536,"send_buffer":65536}',
    "CONTROL": None, "CONTROL_SECRET": "uhD27usx m2F61p", "DOMAINS": "ws.example.com",
    "LOG": "stderr", "LOG_LEVEL": "debug", "SLOW_CALLBACK": 0.5,
    "METRICS": None, "STALL_AFTER": 2.5,
}
ELSEWHERE = {"TLS", "TOKENS"}  # they need files and cookies: test_tls_from_the_settings_file, test_tokens.py


def names_in_the_source():
    source = (ROOT / "src/server/options.rs").read_text()
    body = re.search(r"fn set\(&mut self.*?\n    }\n", source, re.S)[0]
    return {name.upper() for name in re.findall(r'"(\w+)" =>', body)}


def names_in_settings():
    """What php/legacy/options.php hands on."""
    code = "require $argv[1]; echo json_encode(array_keys((new ReflectionClassConstant('WsLegacy\\\\Options', 'TYPES'))->getValue()));"
    return {name.upper() for name in json.loads(php("-n", "-r", code, ROOT / "php/legacy/options.php").stdout)}


def test_every_option_of_the_extension_can_be_set(serve, tmp_path):
    """New: options as WEBSOCKET_...."""
    assert names_in_the_source() == names_in_settings() == set(OPTIONS) | ELSEWHERE
    fifo = tmp_path / "own_fifo"
    server = serve(ECHO, prepare=lambda server: server.write_settings(
        {f"WEBSOCKET_{name}": value for name, value in OPTIONS.items()}
        | {"WEBSOCKET_LISTEN": f"tcp://127.0.0.1:{server.port}", "WEBSOCKET_FIFO": fifo,
           "WEBSOCKET_CONTROL": f"unix://{tmp_path}/a.sock, unix://{tmp_path}/b.sock", "WEBSOCKET_PID": tmp_path / "pid",
           "WEBSOCKET_METRICS": f"unix://{tmp_path}/status"}))
    assert (tmp_path / "pid").read_text() == f"{server.process.pid}\n"
    assert fifo.stat().st_mode & 0o777 == 0o640
    for name in ("a.sock", "b.sock"):
        with Control(unix(tmp_path / name)) as control:
            assert control.ask(b"15kuhD27usx m2F61p") == b"0a"
            assert control.ask(b"0m") == b"14Mws.example.com"
    with server.tcp() as client:
        client.send(client.request({"Origin": "https://b.example", "Sec-WebSocket-Protocol": "superchat"}))
        status, headers = client.response()[:2]
        assert status == 101
        assert headers["server"] == "every option" and headers["sec-websocket-protocol"] == "superchat"
    with server.tcp() as client:
        client.send(client.request({"Origin": "https://c.example"}))
        assert client.response()[0] == 403
    assert (tmp_path / "status").is_socket()


def test_a_value_of_the_wrong_kind_is_refused_for_every_option(tmp_path):
    """Whatever reads it: the settings file's side, or the extension. The message names the option."""
    for name in sorted(set(OPTIONS) - {"SUBPROTOCOLS", "SERVER_HEADER", "LOG", "FIFO", "CONTROL_SECRET", "PID"}):
        folder = tmp_path / name
        folder.mkdir()
        server = prepare(folder, settings={f"WEBSOCKET_{name}": "{no such thing"})
        result = php(*WITH, SERVER, server.conf)
        assert result.returncode == 1, name
        assert name in result.stderr or f'"{name.lower()}"' in result.stderr, (name, result.stderr)
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_tls_from_the_settings_file(serve, tmp_path):
    """New: TLS."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem",
                    "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    server = serve(ECHO, prepare=lambda server: server.write_settings({
        "WEBSOCKET_LISTEN": f"tls://127.0.0.1:{server.port}",
        # Why there are no tickets: see test_tls.py.
        "WEBSOCKET_TLS": json.dumps({"cert": f"{tmp_path}/cert.pem", "key": f"{tmp_path}/key.pem", "tickets": False})}))
    trusting = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    with connect(f"wss://localhost:{server.port}/", ssl=trusting, sock=socket.create_connection(("127.0.0.1", server.port), 60),
                 additional_headers=HEADERS) as client:
        client.send("in secret")
        assert client.recv() == "in secret"
