"""Starting: the settings file, and one clear message where it can't be used."""

import os

from harness import ECHO, EXTENSION, ROOT, Server, php

SERVER = ROOT / "php/server.php"
WITH = ("-d", f"extension={EXTENSION}")


def prepare(tmp_path, **options):
    return Server(tmp_path, ECHO, **options)


def test_without_the_extension_it_says_how_to_load_it(tmp_path):
    result = php("-n", SERVER, prepare(tmp_path).conf)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1 and "-d extension=" in result.stderr
    assert result.stdout == ""


def test_a_settings_file_that_is_not_there(tmp_path):
    result = php(*WITH, SERVER, tmp_path / "none.conf")
    assert (result.returncode, result.stderr) == (1, f"server.php: settings file not found: {tmp_path}/none.conf\n")


def test_missing_keys_are_all_listed_in_one_message(tmp_path):
    conf = tmp_path / "x.conf"
    conf.write_text("WEBSOCKET_LISTENING_ADDRESS=localhost\nWEBSOCKET_LOG_PATH=%s/\n" % tmp_path)
    result = php(*WITH, SERVER, conf)
    assert result.returncode == 1
    for key in ("LISTENING_PORT", "SELECT_TIMEOUT", "SERVER_HEADER", "XHR_PIPE_FILE", "EVENTS_INCLUDE_FILE"):
        assert f"WEBSOCKET_{key}" in result.stderr
    assert "LISTENING_ADDRESS" not in result.stderr and len(result.stderr.splitlines()) == 1


def test_bad_values_are_all_listed_with_their_keys(tmp_path):
    server = prepare(tmp_path, settings={"WEBSOCKET_LISTENING_PORT": "http", "WEBSOCKET_MAX_MESSAGE_SIZE": "1 MB",
                                         "WEBSOCKET_REUSE_PORT": "perhaps"})
    result = php(*WITH, SERVER, server.conf)
    assert result.returncode == 1
    for key in ("WEBSOCKET_LISTENING_PORT", "WEBSOCKET_MAX_MESSAGE_SIZE", "WEBSOCKET_REUSE_PORT"):
        assert key in result.stderr


def test_a_value_that_the_extension_refuses_is_named(tmp_path):
    server = prepare(tmp_path, settings={"WEBSOCKET_SLOW_CLIENT": "sometimes"})
    result = php(*WITH, SERVER, server.conf)
    assert result.returncode == 1 and "slow_client" in result.stderr


def test_a_server_that_is_not_enabled_says_so_and_ends_well(tmp_path):
    result = php(*WITH, SERVER, prepare(tmp_path, settings={"WEBSOCKET_ENABLE": "0"}).conf)
    assert result.returncode == 0 and "not enabled" in result.stdout


def test_events_file_missing(tmp_path):
    result = php(*WITH, SERVER, prepare(tmp_path, settings={"WEBSOCKET_EVENTS_INCLUDE_FILE": tmp_path / "no.php"}).conf)
    assert result.returncode == 1 and f"{tmp_path}/no.php" in result.stderr


def test_authenticate_missing(tmp_path):
    server = prepare(tmp_path)
    server.events.write_text("<?php function ws_server_open(&$a,&$b,$c) {}")
    result = php(*WITH, SERVER, server.conf)
    assert result.returncode == 1 and "ws_server_authenticate" in result.stderr
    assert not server.fifo.exists()


def test_crlf_comments_duplicates_and_lines_without_equals_sign(serve, tmp_path):
    server = serve(ECHO + 'function ws_server_open(&$connections,&$connection,$client_key) { tell("c", FLAG, TWICE, SPACE, defined("NOBODY")); }',
                   {"# a comment": "x", "FLAG\r\nTWICE": "1\r", "TWICE": "2", "SPACE": " a", "\r\nWEBSOCKET_ENABLE": "1"})
    with server.connect():
        assert server.told("c") == ["", "1", " a", False]


def test_the_environment_names_the_settings_file(tmp_path):
    conf = tmp_path / "of-the-environment.conf"
    result = php(*WITH, SERVER, env={**os.environ, "WS_SERVER_SETTINGS": str(conf)})
    assert result.returncode == 1 and str(conf) in result.stderr


def test_options_of_the_extension_override_the_legacy_keys(serve, tmp_path):
    other = tmp_path / "other_fifo"
    server = serve(ECHO, {"WEBSOCKET_FIFO": other, "WEBSOCKET_XHR_PIPE_FILE": tmp_path / "unused"})
    assert other.is_fifo() and not (tmp_path / "unused").exists()
    with server.connect() as client:
        client.send("x")
        assert client.recv() == "x"


def test_localhost_and_ipv6_addresses(serve):
    import socket
    server = serve(ECHO, {"WEBSOCKET_LISTENING_ADDRESS": "localhost"})
    with socket.create_connection(("localhost", server.port), 60):
        pass
    if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
        server = serve(ECHO, {"WEBSOCKET_LISTENING_ADDRESS": "::1"})
        with socket.create_connection(("::1", server.port), 60):
            pass


def test_an_unknown_websocket_key_is_a_constant_and_worth_a_line(serve):
    server = serve(ECHO + 'function ws_server_open(&$connections,&$connection,$client_key) { tell("c", WEBSOCKET_MAX_MESAGE_SIZE); }',
                   {"WEBSOCKET_MAX_MESAGE_SIZE": "5"})
    with server.connect():
        assert server.told("c") == ["5"]
    assert "WEBSOCKET_MAX_MESAGE_SIZE is not an option" in server.output()
