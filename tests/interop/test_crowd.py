"""Many clients in one process; some that go away, some that never read."""

import os
import socket

from harness import ECHO
from raw import PING, PONG, TEXT, Raw, frame

CROWD = ECHO + r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) { broadcast_to_all($data); }
function ws_server_after_close(&$connections) { if (count($connections) === 0) tell("empty"); }
"""


def crowd(server, count):
    """That many clients, each after its handshake."""
    clients = []
    for start in range(0, count, 500):
        some = [server.tcp() for _ in range(min(500, count - start))]
        for client in some:
            client.send(client.request())
        for client in some:
            client.accepted()
        clients += some
    return clients


def test_a_thousand_clients_and_then_five_thousand(serve):
    """Fixes faults 1 and 7: five accepts a second, and the end at descriptor 1024."""
    server = serve(CROWD)
    clients = []
    for count in (1000, 5000):
        clients += crowd(server, count - len(clients))
        server.push(f'{{"to":{count}}}')
        for client in clients:
            assert client.recv_text() == f'{{"to":{count}}}'
        for number, client in enumerate(clients):
            client.text(f"I am {number}")
        for number, client in enumerate(clients):
            assert client.recv_text() == f"I am {number}"
    for client in clients:
        client.sock.close()
    server.told("empty")
    with server.connect() as client:
        client.send("and on")
        assert client.recv() == "and on"


def test_clients_that_vanish_during_a_broadcast_hurt_nobody(serve):
    """Fixes fault 4."""
    server = serve(r"""
function ws_server_fifo(&$server,&$sockets,&$connections,&$data) {
    broadcast_to_all("first");
    foreach (array_keys($connections) as $k) send_text($k, "second");
    tell("half");
    fgets(fopen(__DIR__ . "/gate", "r")); // until the test has made half of the clients vanish
    broadcast_to_all("third");
    foreach (array_keys($connections) as $k) send_text($k, "fourth");
}
function ws_server_after_close(&$connections) { tell("closed", count($connections)); }
""")
    os.mkfifo(server.folder / "gate")
    clients = crowd(server, 200)
    server.push("go")
    server.told("half")
    for client in clients[::2]:
        client.reset()
    (server.folder / "gate").write_text("on\n")
    for client in clients[1::2]:
        assert [client.recv_text() for _ in range(4)] == ["first", "second", "third", "fourth"]
    assert server.told("closed", 100)[-1] == [100]
    for client in clients[1::2]:
        client.sock.close()


def test_clients_that_never_read_are_closed_at_their_limit_and_their_memory_comes_back(serve):
    """Fixes fault 5."""
    server = serve(r"""
$message = str_repeat("x", 65536);
function ws_server_open(&$connections,&$connection,$client_key) { tell("open", $client_key); }
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    // One piece for each of the others and one for the sender, who reads: a slow client costs nobody his messages.
    foreach (array_keys($connections) as $k) if ($k !== $client_key) send_text($k, $GLOBALS["message"]);
    send_text($client_key, (string) count($connections));
}
function ws_server_after_close(&$connections) { tell("closed", count($connections)); }
""")
    memory = []
    with server.raw() as reader:
        for _ in range(6):
            slow = [slow_client(server) for _ in range(20)]
            count = len(slow) + 1
            rounds = 0
            while count > 1:
                reader.text("more")
                count = int(reader.recv_text())
                rounds += 1
                assert rounds < 2000, "the queue of a client that does not read is not limited"
            server.told("closed", len(slow))
            memory.append(server.rss())
            for client in slow:
                client.sock.close()
    # Each round queued 20 MiB for clients that never read. None of it stays.
    assert max(memory[1:]) < memory[0] + 20 * 2**20, memory


def slow_client(server):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(60)
    sock.connect(("127.0.0.1", server.port))
    client = Raw(sock, server.port)
    client.handshake()
    return client


def test_dead_peers_are_found_by_ping(serve):
    """Fixes fault 8."""
    server = serve(ECHO + r"""
function ws_server_after_close(&$connections) { tell("closed", count($connections)); }
""", {"WEBSOCKET_PING_INTERVAL": 0.2, "WEBSOCKET_PING_TIMEOUT": 0.2})
    with server.raw() as silent, server.connect() as alive:
        assert silent.recv()[0] == PING  # and does not answer
        server.told("closed")
        alive.send("alive")
        assert alive.recv() == "alive"


def test_a_client_that_answers_pings_stays(serve):
    """Preserves: pings and pongs. Fixes fault 8."""
    server = serve(ECHO, {"WEBSOCKET_PING_INTERVAL": 0.1, "WEBSOCKET_PING_TIMEOUT": 30})
    with server.raw() as client:
        for _ in range(5):
            opcode, payload = client.recv()
            assert opcode == PING
            client.send(frame(PONG, payload))
        client.send(frame(TEXT, b"here"))
        assert client.recv_text() == "here"
