"""Asks servers in turn: throughput.py WSLOAD "NAME echo|broadcast PORT PID"... Prints medians, and ratios to "floor"."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time

SECONDS = os.environ["SECONDS_EACH"]
ROUNDS = int(os.environ["ROUNDS"])
ECHO = [("64 clients, 1 in flight, 64 B", "-c 64 -p 1 -s 64"), ("64 clients, 32 in flight, 64 B", "-c 64 -p 32 -s 64"),
        ("64 clients, 1 in flight, 16 KiB", "-c 64 -p 1 -s 16384"), ("8 clients, 1 in flight, 256 KiB", "-c 8 -p 1 -s 262144"),
        ("1 client, 1 in flight, 64 B", "-c 1 -p 1 -s 64")]
FANOUT = [("1,000 clients, one at a time", "-c 1000 -n 300 -s 64"), ("1,000 clients, 4,000/s offered", "-c 1000 -n 4000 -s 64 --rate 4000")]


def wait_for(port):
    """Until somebody listens; a server that never does ends the run."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise


def cpu(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(wsload, mode, port, pid, options):
    """Messages per second, and the server's CPU seconds per message."""
    extra = ["-d", SECONDS] if mode == "echo" else []
    command = [wsload, "echo" if mode == "echo" else "fanout", "--url", f"ws://127.0.0.1:{port}/", *options.split(), *extra,
               "--json", "--allow-errors"]
    before, start = cpu(pid), time.monotonic()
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    used = cpu(pid) - before
    rate = result.get("messages_per_s") or result.get("deliveries_per_s")
    count = rate * (float(SECONDS) if mode == "echo" else time.monotonic() - start)
    return rate, used / count


def main():
    wsload, *servers = sys.argv[1:]
    servers = [server.split() for server in servers]
    for _, _, port, _ in servers:
        wait_for(int(port))
    names = [name for name, mode, _, _ in servers if mode == "echo"]
    print(f"{'':10}{'':34}" + "".join(f"{name:>16}" for name in names))
    for mode, cases in (("echo", ECHO), ("broadcast", FANOUT)):
        for title, options in cases:
            found = {name: [] for name in names}
            for _ in range(ROUNDS):
                for name, kind, port, pid in servers:
                    if kind == mode:
                        found[name].append(ask(wsload, mode, port, pid, options))
            rates = {name: statistics.median(rate for rate, _ in values) for name, values in found.items()}
            cells = [f"{rates['floor']:>14.0f}/s"] + [f"{rates[name] / rates['floor']:>16.2f}" for name in names[1:]]
            print(f"{mode:10}{title:34}" + "".join(cells), flush=True)


main()
