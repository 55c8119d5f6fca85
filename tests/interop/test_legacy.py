"""The legacy contract: callbacks, references, globals and helper functions as applications know them."""

import json
import os
import socket
import stat

import pytest

from harness import ECHO
from raw import Raw


def test_callbacks_run_in_order_with_their_arguments(serve):
    """Preserves: when each callback runs, and what it gets."""
    server = serve(r"""
function ws_server_initialize() { tell("cb", "initialize", file_exists(WEBSOCKET_XHR_PIPE_FILE)); }
function ws_server_started(&$server,&$sockets,&$connections) {
    tell("cb", "started", count($sockets), $sockets[0] === $server, $connections); tell("ready");
}
function ws_server_connect(&$connections,&$connection,$client_key) {
    tell("cb", "connect", $client_key, array_keys($connections), array_keys($connection), $connection["state"],
        $connection["ping_time"], $connection["pong_time"]);
}
function ws_server_read(&$connections,&$connection,$client_key,$data) { return ""; }
function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) {
    tell("cb", "authenticate", $connection["state"], $cookies, $remote_address, send_text(1, "too early"), do_reply(1, encode_frame(9)));
    return true;
}
function ws_server_open(&$connections,&$connection,$client_key) {
    tell("cb", "open", $client_key, $connection["state"], $connection["buffer"], send_text($client_key, "welcome"));
}
function ws_server_text(&$connections,&$connection,$client_key,$msg) { tell("cb", "text", $client_key, $msg, is_string($msg)); }
function ws_server_before_close(&$connections,&$connection) { tell("cb", "before_close", count($connections)); }
function ws_server_after_close(&$connections) { tell("cb", "after_close", count($connections)); }
function ws_server_shutdown(&$server,&$sockets,&$connections) { tell("cb", "shutdown", $connections); }
function ws_server_finalize() { tell("cb", "finalize"); }
""")
    with server.connect() as client:
        assert client.recv() == "welcome"
        client.send("hi")
        server.told("cb", 6)
    server.told("cb", 2)
    assert server.stop() == 0
    assert [data for _, data in server.all_told("cb")] == [
        ["initialize", False],
        ["started", 1, True, []],
        ["connect", 1, [1], ["peer_name", "state", "ping_time", "pong_time"], "CONNECTING", False, False],
        ["authenticate", "CONNECTING", "sid=1; theme=dark", "127.0.0.1", False, False],
        ["open", 1, "OPEN", [], True],
        ["text", 1, "hi", True],
        ["before_close", 1],
        ["after_close", 0],
        ["shutdown", []],
        ["finalize"],
    ]


def test_keys_count_from_one_and_are_never_reused(serve):
    """Preserves: keys are ints from 1, never reused."""
    server = serve('function ws_server_open(&$connections,&$connection,$client_key) { tell("open", $client_key, array_keys($connections)); }'
                   'function ws_server_after_close(&$connections) { tell("closed"); }')
    for key in range(1, 6):
        with server.connect():
            assert server.told("open") == [key, [key]]
        server.told("closed")


def test_what_an_application_stores_is_still_there_in_every_later_callback(serve):
    """Preserves: the application's keys, whichever way they were written."""
    server = serve(r"""
function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) { $connection["user"]="ann"; return true; }
function ws_server_open(&$connections,&$connection,$client_key) { $connections[$client_key]["room"]=["a"]; by_global($client_key); }
function by_global($k) { global $connections; $connections[$k]["seen"]=1; }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    $connection["seen"]++;
    $connections[$client_key]["room"][]=$msg;
    tell("data", $connection["user"], $connection["room"], $connection["seen"], $GLOBALS["connections"][$client_key]["seen"]);
}
function ws_server_before_close(&$connections,&$connection) { tell("gone", $connection["user"], $connection["room"], $connection["seen"]); }
""")
    with server.connect() as client:
        client.send("b")
        assert server.told("data") == ["ann", ["a", "b"], 2, 2]
        client.send("c")
        assert server.told("data") == ["ann", ["a", "b", "c"], 3, 3]
    assert server.told("gone") == ["ann", ["a", "b", "c"], 3]


def test_handlers_as_the_readme_shows_them(serve):
    """Preserves: the documented form, where the code passed $client_key too."""
    server = serve(r"""
function ws_server_read(&$connections,&$connection,$data) { tell("read", is_array($connection), strncmp($data, "GET", 3) === 0); return ""; }
function ws_server_text(&$connections,&$connection,$msg) { tell("text", $connection["state"], $msg); broadcast_to_all("got $msg"); }
""")
    with server.connect() as client:
        assert server.told("read") == [True, True]
        client.send("three parameters")
        assert server.told("text") == ["OPEN", "three parameters"]
        assert client.recv() == "got three parameters"


@pytest.mark.parametrize("head, call", [
    ("$connections,$connection,$client_key,$msg", "send_text($client_key,$msg);"),
    ("...$all", "send_text($all[2],$all[3]);"),
    ("&$connections,&$connection,$client_key,$msg,$more=1", "send_text($client_key,$msg);"),
])
def test_handlers_by_value_variadic_and_with_more_parameters(serve, head, call):
    """Preserves: any declaration that PHP accepts."""
    with serve("function ws_server_text(%s) { %s }" % (head, call)).connect() as client:
        client.send("any shape")
        assert client.recv() == "any shape"


@pytest.mark.parametrize("result", ["null", '"x"', "false", "0"])
def test_what_read_does_not_let_through_is_not_processed(serve, result):
    """Preserves: exactly "" goes on, null too does not."""
    server = serve(ECHO + r"""
function ws_server_read(&$connections,&$connection,$client_key,$data) {
    $mine = $connection["state"] === "OPEN" && !isset($connection["taken"]);
    if ($mine) { $connection["taken"] = true; tell("taken"); return %s; }
    return "";
}""" % result)
    with server.connect() as client:
        client.send("swallowed")
        server.told("taken")
        client.send("let through")
        assert client.recv() == "let through"


def test_helper_functions_return_what_they_always_did(serve):
    """Preserves: return values. Fixes fault 5: a key that is gone was fatal."""
    server = serve(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    tell("returns", send_text($client_key,"a"), send_text("$client_key","b"), send_text(999,"x"),
        broadcast_to_all("c"), do_reply($client_key,encode_text_data_frame("d")), do_reply(999,encode_frame(1,"x")));
    tell("close", close_client($client_key,4000,"over"), isset($connections[$client_key]), send_text($client_key,"x"),
        do_reply($client_key,encode_frame(1,"x")), close_client(999));
}
""")
    with server.raw() as client:
        client.text("go")
        assert [client.recv_text() for _ in range(4)] == ["a", "b", "c", "d"]
        assert client.recv_close() == (4000, "over")
    assert server.told("returns") == [True, True, False, None, None, False]
    assert server.told("close") == [None, False, False, False, None]


def test_close_client_closes_with_1000_where_no_code_is_given(serve):
    """Preserves: code and reason are optional. Fixes fault 9: without a code there was no Close frame."""
    server = serve('function ws_server_text(&$connections,&$connection,$client_key,$msg) { tell("returns", close_client($client_key,...json_decode($msg))); }')
    for arguments, seen in (([], (1000, "")), ([False, "not told"], (1000, "not told")), (["4001"], (4001, ""))):
        with server.raw() as client:
            client.text(json.dumps(arguments))
            assert client.recv_close() == seen
            assert server.told("returns") == [None]


def test_closing_another_client_and_everyone_inside_a_callback(serve):
    """Preserves: close_client() takes effect before it returns."""
    server = serve(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    foreach (array_keys($connections) as $k) close_client($k,4000,"all out");
}
function ws_server_after_close(&$connections) { tell("closed", count($connections)); }
""")
    clients = [server.raw() for _ in range(3)]
    clients[1].text("out")
    for client in clients:
        assert client.recv_close() == (4000, "all out")
    assert server.told("closed", 3) == [[2], [1], [0]]


def test_before_and_after_close_run_for_refused_clients_too(serve):
    """Preserves: the close callbacks, also for clients that were never let in."""
    server = serve(r"""
function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) { return 0; }
function ws_server_before_close(&$connections,&$connection) { tell("before", $connection["state"]); }
function ws_server_after_close(&$connections) { tell("after", count($connections)); }
""")
    with server.tcp() as client:
        client.send(client.request())
        assert client.response()[0] == 403
    with server.tcp():
        pass
    server.told("before", 2)
    server.told("after", 2)


def test_globals_constants_and_the_global_scope(serve):
    """Preserves: the events file's scope, the globals, settings as constants."""
    server = serve(r"""
$mine = "a global of the events file";
$status = $options = $argv = "these names are the application's";
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    global $server, $sockets, $settings, $shutdown_flag, $mine;
    tell("scope", $mine, $sockets[0] === $server, is_array($settings), $shutdown_flag, DB_HOST, DB_PASSWORD, constant("X_EMPTY"),
        isset($GLOBALS["connections"][$client_key]), $GLOBALS["connections"] === $connections);
}
""", {"DB_HOST": "localhost", "DB_PASSWORD": "a=b=c", "X_EMPTY": ""})
    with server.connect() as client:
        client.send("tell")
        assert server.told("scope") == ["a global of the events file", True, True, False, "localhost", "a=b=c", "", True, True]


def test_the_loop_callback_runs_without_traffic(serve):
    """Preserves: ws_server_loop at least every WEBSOCKET_SELECT_TIMEOUT."""
    server = serve('function ws_server_loop(&$server,&$sockets,&$connections) { tell("loop", count($connections)); }',
                   {"WEBSOCKET_SELECT_TIMEOUT": 10000})
    assert server.told("loop", 5) == [[0]] * 5


def test_messages_go_to_the_output_and_to_a_log_file_that_is_not_for_all(serve):
    """Preserves: show_message(). Fixes fault 12: cookies in a log that everybody could write."""
    server = serve('function ws_server_text(&$connections,&$connection,$client_key,$msg) { show_message($msg); show_message($msg,true); tell("done"); }')
    with server.connect(additional_headers={"Cookie": "sid=secret-token"}) as client:
        client.send("for the log")
        server.told("done")
    [log] = server.logs.glob("ws_*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o640
    lines = [line[1:].split("]  ", 1)[1] for line in server.log().splitlines()]
    assert "for the log" in lines and "*** for the log" in lines
    assert "secret-token" not in server.log() + server.output() + server.stderr()


def test_a_log_path_that_is_missing_is_said_once_and_does_not_hurt(serve, tmp_path):
    """Fixes fault 11: a warning about the log file ended the server."""
    server = serve('function ws_server_text(&$connections,&$connection,$client_key,$msg) { show_message($msg); send_text($client_key,$msg); }',
                   {"WEBSOCKET_LOG_PATH": f"{tmp_path}/nowhere/"})
    with server.connect() as client:
        for _ in range(3):
            client.send("x")
            assert client.recv() == "x"
    assert server.stderr().count("nowhere") == 1


def test_a_notice_is_logged_and_not_deadly(serve):
    """Fixes fault 11."""
    server = serve('function ws_server_text(&$connections,&$connection,$client_key,$msg) { $x = $connection["no such key"]; @$y = $no["key"]; send_text($client_key,"on"); }')
    with server.connect() as client:
        client.send("x")
        assert client.recv() == "on"
    assert server.log().count("no such key") == 1


def test_an_error_handler_of_the_application_replaces_ours(serve):
    """Preserves: an error handler that the events file sets replaces the server's."""
    server = serve(r"""
set_error_handler(function ($no, $text) { tell("mine", $text); return true; });
function ws_server_text(&$connections,&$connection,$client_key,$msg) { $x = $connection["missing"]; send_text($client_key,"on"); }
""")
    with server.connect() as client:
        client.send("x")
        assert client.recv() == "on"
    assert "missing" in server.told("mine")[0]


def test_pings_and_pongs_reach_the_application(serve):
    """New: ws_server_ping and ws_server_pong."""
    server = serve(ECHO + r"""
function ws_server_ping(&$connections,&$connection,$client_key,$payload) { tell("ping", $client_key, $payload); }
function ws_server_pong(&$connections,&$connection,$client_key,$payload) { tell("pong", $client_key, $payload); }
""")
    with server.connect() as client:
        assert client.ping("one").wait(60)
        assert server.told("ping") == [1, "one"]
        client.pong("two")
        assert server.told("pong") == [1, "two"]


def test_on_msg_hands_frames_of_the_application_to_its_callbacks(serve):
    """Preserves: on_msg(). Fixes fault 2: all frames, not only the first."""
    server = serve(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    tell("text", $msg);
    if ($msg === "start") on_msg($client_key, encode_frame(1,"by hand") . encode_frame(1,"and again"));
}""")
    with server.connect() as client:
        client.send("start")
        assert server.told("text", 3) == [["start"], ["by hand"], ["and again"]]


def test_the_last_lines_of_a_conversation_are_json_of_the_application(serve):
    """A small chat as applications have it: names, a list of who is there, messages to the others."""
    server = serve(r"""
function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) {
    $connection["name"] = explode("=", $cookies)[1];
    return $connection["name"] !== "";
}
function names($connections) { return array_values(array_map(fn($c) => $c["name"], array_filter($connections, fn($c) => $c["state"] === "OPEN"))); }
function ws_server_open(&$connections,&$connection,$client_key) { broadcast_to_all(json_encode(["here" => names($connections)])); }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    foreach ($connections as $key => $other) if ($key !== $client_key) send_text($key, json_encode([$connection["name"] => $msg]));
}
function ws_server_after_close(&$connections) { broadcast_to_all(json_encode(["here" => names($connections)])); }
""")
    with server.connect(additional_headers={"Cookie": "name=ann"}) as ann:
        assert json.loads(ann.recv()) == {"here": ["ann"]}
        with server.connect(additional_headers={"Cookie": "name=bob"}) as bob:
            assert json.loads(ann.recv()) == json.loads(bob.recv()) == {"here": ["ann", "bob"]}
            bob.send("hello\n漢字")
            assert json.loads(ann.recv()) == {"bob": "hello\n漢字"}
        assert json.loads(ann.recv()) == {"here": ["ann"]}


def test_an_events_file_may_bring_its_own_helpers(serve):
    """Ours must not be defined then: PHP binds the functions of a file before anything in it runs. The rest is there."""
    server = serve(r"""
send_email("nobody", "at the inclusion", template_fill("greeting", ["name"=>"ann"], [], ["greeting"=>"hello %%name%%"]));
function send_email($to, $subject, $message, $from=false, $reply_to=false) { tell("mail", $to, $subject, $message); }
function SHOW_MESSAGE($msg, $star=false) { tell("own", $msg); }
class Chat { public static function send_text() { return "not the helper"; } }
if (!function_exists("unix_to_iso_timestamp")) { function unix_to_iso_timestamp($ts) { return "own time"; } }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    show_message($msg);
    send_text($client_key, Chat::send_text() . "," . unix_to_iso_timestamp(0));
}
""")
    assert server.told("mail") == ["nobody", "at the inclusion", "hello ann"]
    with server.connect() as client:
        client.send("for the own log")
        assert client.recv() == "not the helper,1970-01-01T00:00:00Z"
    assert ["for the own log"] in [data for _, data in server.all_told("own")]
    assert server.log() == ""


def test_names_that_the_legacy_server_only_called_are_free(serve):
    """The 2019 version called term_echo() at its end and had none: applications may define it."""
    server = serve('function term_echo($msg) {} function shutdown_handler() {} function error_handler() {} function signal_handler() {} function handle_process() {}')
    assert server.stop() == 0


def test_shutdown_flag_is_only_looked_at_by_the_application(serve):
    """Preserves: setting $shutdown_flag ends nothing."""
    server = serve(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) { global $shutdown_flag; $shutdown_flag = true; send_text($client_key, $msg); }
""")
    with server.connect() as client:
        for message in ("set", "and still there"):
            client.send(message)
            assert client.recv() == message


@pytest.mark.parametrize("address, remote", [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_the_remote_address_is_peer_name_up_to_its_last_colon(serve, address, remote):
    """Preserves: peer_name, and $remote_address made of it."""
    if address == "::1" and not os.path.exists("/proc/net/if_inet6"):
        address, remote = "127.0.0.1", "127.0.0.1"
    server = serve(r"""
function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address) { tell("auth", $connection["peer_name"], $remote_address); return true; }
""", {"WEBSOCKET_LISTENING_ADDRESS": address})
    with Raw(socket.create_connection((address, server.port), 60), server.port) as client:
        client.handshake()
        port = client.sock.getsockname()[1]
        assert server.told("auth") == [f"{remote}:{port}", remote]
