"""How a server ends: asked to, by accident, and not at all."""

import signal
import socket
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed

from harness import ECHO
from raw import CLOSE, frame

ENDS = ECHO + r"""
function ws_server_before_close(&$connections,&$connection) { tell("end", "before_close"); }
function ws_server_after_close(&$connections) { tell("end", "after_close"); }
function ws_server_shutdown(&$server,&$sockets,&$connections) { global $shutdown_flag; tell("end", "shutdown", $shutdown_flag); }
function ws_server_finalize() { tell("end", "finalize", file_exists(WEBSOCKET_XHR_PIPE_FILE)); }
"""


def end_cleanly(server, end):
    """Two clients see 1001; the callbacks run in order; FIFO gone, status 0."""
    earlier = len(server.all_told("end"))
    with server.connect() as one, server.connect() as two:
        end(server)
        for client in (one, two):
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "server shutting down")
    assert server.wait() == 0
    told = [data for _, data in server.all_told("end")][earlier:]
    assert told[-2:] == [["shutdown", True], ["finalize", False]]
    assert sorted(told[:-2]) == [["after_close"], ["after_close"], ["before_close"], ["before_close"]]
    assert not server.fifo.exists()
    assert "PUSH SERVER STOPPED" in server.output().splitlines()[-1]


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_signal_ends_it_cleanly(serve, signo):
    """Fixes: on SIGTERM the legacy server just went away."""
    end_cleanly(serve(ENDS), lambda server: server.process.send_signal(signo))


def test_q_on_stdin_ends_it_cleanly(serve):
    """Preserves: "q", and the order of the end."""
    def q(server):
        server.process.stdin.write(b"q\n")
        server.process.stdin.flush()
    end_cleanly(serve(ENDS, stdin=subprocess.PIPE), q)


@pytest.mark.parametrize("end", ["ws_server_stop();", "ws_server_stop(1001, 'server shutting down', 2.0);"])
def test_the_application_ends_it_cleanly(serve, end):
    """New: ws_server_stop()."""
    server = serve(ENDS + 'function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { %s }' % end)
    end_cleanly(server, lambda server: server.push("stop"))


@pytest.mark.parametrize("quit", ['"quit"', "true"])
def test_quit_from_read_ends_it_cleanly(serve, quit):
    """Preserves: == "quit", true too."""
    server = serve(ENDS + r"""
function ws_server_read(&$connections,&$connection,$client_key,$data) {
    return @unlink(__DIR__ . "/now") ? %s : ""; // the first bytes after the test has made that file
}""" % quit)

    def end(server):
        trigger = server.raw()
        (server.folder / "now").touch()
        trigger.text("end it")
        assert trigger.recv_close() == (1001, "server shutting down")
        trigger.sock.close()
    with server.connect() as one:
        end(server)
        with pytest.raises(ConnectionClosed) as closed:
            one.recv()
        assert closed.value.rcvd.code == 1001
    assert server.wait() == 0
    assert [data for _, data in server.all_told("end")][-1] == ["finalize", False]


def test_other_words_and_the_end_of_stdin_do_not_stop_it(serve):
    """Preserves: only "q" ends it."""
    server = serve(ENDS, stdin=subprocess.PIPE)
    server.process.stdin.write(b"hello\nquit\nqq\n\n")
    server.process.stdin.close()
    with server.connect() as client:
        for number in range(20):
            client.send(str(number))
            assert client.recv() == str(number)
    server.told("end", 2)
    end_cleanly(server, lambda server: server.process.send_signal(signal.SIGTERM))


def test_dev_null_on_stdin_does_not_stop_it(serve):
    """Preserves: STDIN at its end, as under systemd."""
    server = serve(ENDS + 'function ws_server_loop(&$server,&$sockets,&$connections) { tell("loop"); }',
                   {"WEBSOCKET_SELECT_TIMEOUT": 1000}, stdin=subprocess.DEVNULL)
    server.told("loop", 20)
    with server.connect() as client:
        client.send("here")
        assert client.recv() == "here"


def test_an_exception_closes_its_connection_with_1011_and_the_server_goes_on(serve):
    """Fixes fault 11."""
    server = serve(r"""
function thrower($msg) { throw new RuntimeException("trouble with $msg"); }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    if ($msg === "throw") thrower("this");
    if ($msg === "error") undefined_function();
    send_text($client_key,$msg);
}
function ws_server_after_close(&$connections) { tell("closed"); }
""")
    with server.connect() as other:
        for message in ("throw", "error"):
            with server.connect() as client:
                client.send(message)
                with pytest.raises(ConnectionClosed) as closed:
                    client.recv()
                assert closed.value.rcvd.code == 1011
            server.told("closed")
        other.send("on it goes")
        assert other.recv() == "on it goes"
    said = server.stderr() + server.output()
    assert "trouble with this" in said and "thrower" in said and "events.php" in said  # with its trace
    assert "undefined_function" in said


@pytest.mark.parametrize("callback, arguments", [
    ("loop", "&$server,&$sockets,&$connections"),
    ("fifo", "&$server,&$sockets,&$connections,&$data"),
    ("connect", "&$connections,&$connection,$client_key"),
    ("authenticate", "&$connection,$cookies,$user_agent,$remote_address"),
    ("open", "&$connections,&$connection,$client_key"),
    ("read", "&$connections,&$connection,$client_key,$data"),
    ("before_close", "&$connections,&$connection"),
    ("after_close", "&$connections"),
])
def test_an_exception_in_any_callback_leaves_the_server_serving(serve, callback, arguments):
    """Fixes fault 11."""
    after = {"authenticate": "return true;", "read": 'return "";'}.get(callback, "")
    server = serve(ECHO + r"""
$thrown = false;
function ws_server_%s(%s) {
    if (!$GLOBALS["thrown"]) { $GLOBALS["thrown"] = true; tell("throwing"); throw new LogicException("in %s"); }
    %s
}""" % (callback, arguments, callback, after))
    if callback == "fifo":
        server.push("now")
    first = server.tcp()
    first.send(first.request())
    if callback == "authenticate":
        assert first.response()[0] == 500
    if callback in ("before_close", "after_close"):
        first.accepted()
        first.reset()
    server.told("throwing")
    first.sock.close()
    with server.connect() as client:
        client.send("serving")
        assert client.recv() == "serving"
    assert f"in {callback}" in server.stderr() + server.output()


def ended(server, client):
    """The connection of a client to a server that ends for reasons of its own."""
    try:
        client.recv_end()
    except OSError:
        pass
    return server.wait()


@pytest.mark.parametrize("status", [0, 7, 255])
def test_exit_in_a_handler_keeps_its_status(serve, status):
    """Preserves: exit(7) is status 7. Fixes fault 13: the FIFO stayed."""
    server = serve("function ws_server_text(&$connections,&$connection,$client_key,$msg) { exit(%d); }" % status)
    with server.raw() as client:
        client.text("exit")
        assert ended(server, client) == status
    assert not server.fifo.exists()


@pytest.mark.parametrize("code", [
    'trigger_error("on purpose", E_USER_ERROR);',
    "eval('class Twice {} class Twice {}');",
    'ini_set("memory_limit", "256M"); $big = str_repeat("x", 300 << 20);',
    'ini_set("memory_limit", "64M"); for ($all = [];;) $all[] = str_repeat("x", 100000);',
])
def test_a_fatal_error_ends_it_cleanly_with_255(serve, code):
    """Preserves: PHP's status. Fixes fault 13: the FIFO stayed."""
    server = serve("""
register_shutdown_function(function () { tell("shutdown_function", file_exists(WEBSOCKET_XHR_PIPE_FILE)); });
function ws_server_text(&$connections,&$connection,$client_key,$msg) { %s }""" % code)
    with server.raw() as client:
        client.text("now")
        assert ended(server, client) == 255
    server.told("shutdown_function")
    assert not server.fifo.exists()


@pytest.mark.parametrize("callback", ["initialize", "finalize"])
@pytest.mark.parametrize("code, status, said", [
    ("exit(7);", 7, ""),
    ('throw new LogicException("on purpose");', 255, "Uncaught LogicException: on purpose"),
    ('trigger_error("on purpose", E_USER_ERROR);', 255, "on purpose"),
    ('ini_set("memory_limit", "64M"); for ($all = [];;) $all[] = str_repeat("x", 100000);', 255, "Allowed memory size"),
], ids=["exit", "exception", "fatal error", "memory limit"])
def test_an_end_in_initialize_or_finalize_keeps_its_status(serve, callback, code, status, said):
    """Preserves: PHP's own status. Fixes fault 13: the FIFO stayed."""
    server = serve(ECHO + """
register_shutdown_function(function () { tell("shutdown_function", file_exists(WEBSOCKET_XHR_PIPE_FILE)); });
function ws_server_%s() { tell("here", file_exists(WEBSOCKET_XHR_PIPE_FILE)); %s }""" % (callback, code), ready=callback == "finalize")
    if callback == "finalize":
        with server.raw() as client:
            server.process.send_signal(signal.SIGTERM)
            assert client.recv_close() == (1001, "server shutting down")
            client.send(frame(CLOSE, b"\x03\xe9"))
            client.recv_end()
            assert server.wait() == status
    else:
        assert server.wait() == status
        assert server.all_told("ready") == []
    assert server.all_told("here", "shutdown_function") == [("here", [False]), ("shutdown_function", [False])]
    assert said in server.stderr() + server.output()
    assert "PUSH SERVER STOPPED" not in server.output()
    assert not server.fifo.exists()


def test_a_busy_port_is_one_clear_message(serve):
    """Fixes fault 13: status 0, and the FIFO stayed."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        server = serve(ENDS, {"WEBSOCKET_LISTENING_PORT": port}, ready=False)
        assert server.wait() == 1
        assert f"127.0.0.1:{port}" in server.stderr() and "in use" in server.stderr()
        assert "Stack trace" not in server.stderr()
    assert not server.fifo.exists()
    assert server.all_told("end", "ready") == []
