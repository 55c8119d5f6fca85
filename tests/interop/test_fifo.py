"""The pipe by which web applications push."""

import json
import os
import stat
import subprocess
import threading

import pytest

from harness import php

FIFO = r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    tell("fifo", strlen($data) > 1000 ? [strlen($data), md5($data)] : $data);
    broadcast_to_all($data);
}
"""
LEGACY_WRITER = '$f = fopen($argv[1], "w+"); fwrite($f, json_encode(["n" => $argv[2], "s" => "é \\"}{\\" 漢字"])); fclose($f);'


def test_two_documents_in_one_write_are_two_messages(serve):
    """Fixes fault 6: they merged."""
    server = serve(FIFO)
    server.push('{"a":1}{"b":[2,"}{"]}')
    assert server.told("fifo", 2) == [['{"a":1}'], ['{"b":[2,"}{"]}']]


def test_a_document_of_300000_bytes_is_one_message(serve):
    """Fixes fault 6: it arrived torn."""
    server = serve(FIFO)
    document = json.dumps({"text": "é{[\\\"" * 60000})[:-2].ljust(299998, "x") + '"}'
    assert len(document) >= 300000 and json.loads(document)
    with server.connect() as client:
        server.push(document)
        [length, _] = server.told("fifo")[0]
        assert length == len(document)
        assert client.recv() == document


def test_a_document_in_many_small_writes_is_one_message(serve):
    """Fixes fault 6: it arrived torn."""
    server = serve(FIFO)
    with open(server.fifo, "wb", buffering=0) as pipe:
        for byte in '{"k":"é\\n"}'.encode():
            pipe.write(bytes([byte]))
    assert server.told("fifo") == ['{"k":"é\\n"}']


@pytest.mark.parametrize("text", ["hello", "two words, no JSON", "漢字 😀", "123abc"])
def test_plain_text_arrives_as_it_came(serve, text):
    """Preserves: commands need not be JSON."""
    server = serve(FIFO)
    with server.connect() as client:
        server.push(text)
        assert server.told("fifo") == [text]
        assert client.recv() == text


def test_lines_from_a_shell_arrive_trimmed(serve):
    """Preserves: messages are trimmed."""
    server = serve(FIFO)
    subprocess.run(["sh", "-c", 'echo "  hello  " > "$0"', server.fifo], check=True)
    assert server.told("fifo") == ["hello"]


def test_a_legacy_web_application_writes_as_it_always_did(serve):
    """Preserves: opened "w+", JSON without a delimiter, closed."""
    server = serve(FIFO)
    for number in range(3):
        assert php("-r", LEGACY_WRITER, server.fifo, number).returncode == 0
        [data] = server.told("fifo")
        assert json.loads(data) == {"n": str(number), "s": 'é "}{" 漢字'}


def test_many_writers_at_once_lose_nothing(serve):
    """Fixes fault 6."""
    server = serve(FIFO)
    def write(writer):
        for number in range(100):
            server.push(json.dumps({"writer": writer, "number": number, "filler": "x" * 900}))
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(5)]
    for thread in threads:
        thread.start()
    got = [json.loads(data) for [data] in server.told("fifo", 500)]
    for thread in threads:
        thread.join()
    for writer in range(5):
        assert [m["number"] for m in got if m["writer"] == writer] == list(range(100))


def test_the_fifo_is_0660_and_gone_afterwards(serve):
    """Fixes faults 12 and 13: it was writable for everybody, and stayed."""
    server = serve(FIFO)
    assert stat.S_ISFIFO(server.fifo.stat().st_mode)
    assert stat.S_IMODE(server.fifo.stat().st_mode) == 0o660
    assert server.stop() == 0
    assert not server.fifo.exists()


def test_its_mode_is_an_option(serve):
    """New: fifo_mode."""
    server = serve(FIFO, {"WEBSOCKET_FIFO_MODE": "0622"})
    assert stat.S_IMODE(server.fifo.stat().st_mode) == 0o622


def test_a_stale_fifo_is_replaced(serve, tmp_path):
    """Preserves: one that was left behind is no obstacle."""
    stale = tmp_path / "stale"
    os.mkfifo(stale, 0o600)
    inode = stale.stat().st_ino
    server = serve(FIFO, {"WEBSOCKET_XHR_PIPE_FILE": stale})
    assert stat.S_IMODE(stale.stat().st_mode) == 0o660 and inode
    server.fifo = stale
    server.push("fresh")
    assert server.told("fifo") == ["fresh"]


def test_a_regular_file_at_its_path_is_refused_and_kept(serve, tmp_path):
    """Fixes fault 12: it was deleted."""
    precious = tmp_path / "precious"
    precious.write_text("data")
    server = serve(FIFO, {"WEBSOCKET_XHR_PIPE_FILE": precious}, ready=False)
    assert server.wait() == 1
    assert str(precious) in server.stderr()
    assert precious.read_text() == "data"


def test_without_a_handler_the_pipe_is_drained(serve):
    """Preserves: ws_server_fifo is optional, and writers are not held up."""
    server = serve()
    server.push("x" * 300000)  # would block for ever if nobody read it
    server.push("y")
    with server.connect() as client:
        assert client.ping().wait(60)


def test_framing_by_line(serve):
    """New: fifo_framing."""
    server = serve(FIFO, {"WEBSOCKET_FIFO_FRAMING": "line"})
    server.push('{"a":\n1}\nlast')
    server.push(" part\n")
    assert server.told("fifo", 3) == [['{"a":'], ["1}"], ["last part"]]
