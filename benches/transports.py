"""What TLS and compression cost: idle memory, and messages per second of the server's CPU, as ratios to plain.

Usage: transports.py [CONNECTIONS] [MESSAGES]. The clients are Python's, and slower than the server; so the rates are
those of the server's own CPU time, which does not depend on how fast it is asked. Each kind has a server of its own.
"""

import asyncio
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile

from websockets.asyncio.client import connect

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXTENSION = os.environ.get("EXTENSION") or str(ROOT / "target/release/libws_server.so")
PHP = os.environ.get("PHP", "php")
TICKS = os.sysconf("SC_CLK_TCK")
KINDS = {"plain": (False, False), "TLS": (True, False), "deflate": (False, True), "both": (True, True)}
# A notification as web applications send them: JSON with words in it, about 1 KiB.
MESSAGE = '{"operation":"doc_record_lock","fields":[' + ",".join(
    f'{{"id":{i},"name":"field {i}","value":"some text of a person"}}' for i in range(17)) + "]}"

SERVER = r"""<?php
$server = new WsServer(json_decode($argv[1], true) + ['log' => null, 'ping_interval' => 0, 'max_buffered' => 1 << 26]);
$server->on('start', fn ($s) => print($s->addresses()[0] . "\n"));
$server->on('text', fn ($c, $m) => $m[0] === '!' ? $server->broadcast(substr($m, 1)) : $c->sendText($m));
exit($server->run());
"""


class Server:
    def __init__(self, folder, tls, deflate):
        import json
        script = folder / "server.php"
        script.write_text(SERVER)
        options = {"listen": f"{'tls' if tls else 'tcp'}://127.0.0.1:0", "compression": deflate, "origins": "any"}
        if tls:
            options["tls"] = {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
        self.process = subprocess.Popen([PHP, "-d", f"extension={EXTENSION}", str(script), json.dumps(options)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        address = self.process.stdout.readline().strip()
        self.url = address.replace("tls://", "wss://").replace("tcp://", "ws://")
        self.options = {"compression": "deflate" if deflate else None, "max_size": None, "open_timeout": 60,
                        "max_queue": None, "ping_interval": None}
        if tls:
            trust = ssl.create_default_context(cafile=folder / "cert.pem")
            trust.check_hostname = False
            self.options["ssl"] = trust

    def connect(self):
        return connect(self.url, **self.options)

    def memory(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self):
        self.process.terminate()
        self.process.wait()


async def open_all(server, count):
    clients = []
    for start in range(0, count, 100):
        clients += await asyncio.gather(*(server.connect() for _ in range(start, min(start + 100, count))))
    return clients


async def idle(server, count):
    """Bytes of resident memory per connection. Each has sent and got one message, as any real one has."""
    warm = await open_all(server, 50)  # what the process allocates once is there now
    before = server.memory()
    clients = await open_all(server, count)
    for client in clients:
        await client.send("x" * 300)
        await client.recv()
    grown = server.memory() - before
    await asyncio.gather(*(client.close() for client in warm + clients))
    return grown / count


async def echo(server, messages):
    clients = await open_all(server, 10)

    async def run(client):
        for _ in range(messages // len(clients) // 50):
            for _ in range(50):
                await client.send(MESSAGE)
            for _ in range(50):
                await client.recv()

    before = server.cpu()
    await asyncio.gather(*map(run, clients))
    used = server.cpu() - before
    await asyncio.gather(*(client.close() for client in clients))
    return messages / used


async def broadcast(server, messages):
    clients = await open_all(server, 100)
    before = server.cpu()
    for _ in range(messages // len(clients)):
        await clients[0].send("!" + MESSAGE)
        await asyncio.gather(*(client.recv() for client in clients))
    used = server.cpu() - before
    await asyncio.gather(*(client.close() for client in clients))
    return messages / used


async def main():
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    messages = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    print(f"{'':8} {'idle bytes':>11} {'ratio':>6}   {'echoes/CPU s':>13} {'ratio':>6}   {'deliveries/CPU s':>16} {'ratio':>6}")
    first = None
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
        for kind, (tls, deflate) in KINDS.items():
            figures = []
            for measure, size in ((idle, connections), (echo, messages), (broadcast, messages)):
                server = Server(folder, tls, deflate)
                try:
                    figures.append(await measure(server, size))
                finally:
                    server.stop()
            first = first or figures
            columns = [f"{figures[i]:>{width}.0f} {figures[i] / first[i]:>6.2f}" for i, width in enumerate((11, 13, 16))]
            print(f"{kind:8} " + "   ".join(columns), flush=True)


asyncio.run(main())
