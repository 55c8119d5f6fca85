"""The loads: what is asked of each server, and which figure of the answer counts."""

import json
import os
import subprocess
import time

from servers import ALL, CLASS, CLASS_1, CLASS_2, CLASS_4, FLOOR, LEGACY, LEGACY_1, PEERS, TARGET

SECONDS = float(os.environ.get("SECONDS_EACH", "0.6"))
WSLOAD = str(TARGET / "wsload/release/wsload")


class Sample:
    """One measurement: the figure, and the server's seconds of processor per message, in the program and in the kernel."""

    def __init__(self, value, own=None, kernel=None):
        self.value, self.own, self.kernel = value, own, kernel


class Load:
    """`less`: less is better. `fresh`: each measurement has a server of its own. `once`: it takes long, and varies little.
    `absolute`: the table has the figures instead of ratios. `goals`: of the ratio to the floor, by server."""

    def __init__(self, name, title, unit, ask, servers, goals=None, less=False, fresh=False, once=False, absolute=False, mode="echo"):
        self.name, self.title, self.unit, self.ask, self.servers, self.mode = name, title, unit, ask, servers, mode
        self.goals, self.less, self.fresh, self.once, self.absolute = goals or {}, less, fresh, once, absolute


def wsload(server, *arguments):
    command = [WSLOAD, arguments[0], "--url", server.url, "--pid", server.process.pid, *arguments[1:], "--json", "--allow-errors"]
    return json.loads(subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout)


def echo(clients, in_flight, size):
    def ask(server):
        answer = wsload(server, "echo", "-c", clients, "-p", in_flight, "-s", size, "-d", SECONDS, "--warmup", 0.2)
        rate, cores = answer["messages_per_s"], answer["cores"]
        return Sample(rate, cores["server_own"] / rate, cores["server_kernel"] / rate)

    return ask


def round_trip(server):
    return Sample(wsload(server, "echo", "-c", 1, "-p", 1, "-s", 64, "-d", SECONDS, "--warmup", 0.2)["latency_us"]["p50"])


def fan_out(clients, messages, rate=0):
    def ask(server):
        answer = wsload(server, "fanout", "-c", clients, "-n", messages, "-s", 64, "--rate", rate)
        return Sample(answer["deliveries_per_s"])

    return ask


def idle(server):
    answer = wsload(server, "idle", "-c", 10_000, "--hold", 0.1)
    memory = answer["rss_kib"]
    return Sample((memory["after"] - memory["before"]) * 1024 / answer["connections"])


def handshakes(server):
    return Sample(wsload(server, "handshake", "-c", 64, "-n", 5_000)["connections_per_s"])


def fifo(server):
    return Sample(wsload(server, "fanout", "-c", 1, "-n", 500, "-s", 64, "--trigger", f"fifo:{server.fifo}")["each_us"]["p50"])


def crowd(clients):
    """The server's processor time for a message, with so many clients of which each sends in turn."""
    ask = echo(clients, 1, 64)

    def cost(server):
        sample = ask(server)
        return Sample((sample.own + sample.kernel) * 1e9)

    return cost


FAN_OUT = [FLOOR, CLASS, CLASS_1, CLASS_2, CLASS_4, LEGACY]
LOADS = [
    Load("echo-1", "64 clients, 1 in flight, 64 B", "messages/s", echo(64, 1, 64), ALL, {"class": 0.95, "legacy": 0.76}),
    Load("echo-32", "64 clients, 32 in flight, 64 B", "messages/s", echo(64, 32, 64), ALL, {"class": 0.6, "legacy": 0.48}),
    Load("echo-16k", "64 clients, 1 in flight, 16 KiB", "messages/s", echo(64, 1, 16 << 10), ALL, {"class": 0.95, "legacy": 0.76}),
    Load("echo-256k", "8 clients, 1 in flight, 256 KiB", "messages/s", echo(8, 1, 256 << 10), ALL, {"class": 0.95, "legacy": 0.76}),
    Load("round-trip", "one client, a round trip", "µs", round_trip, ALL, {"class": 1.05, "class 1t": 1.6}, less=True),
    Load("fan-out-1k", "to 1,000 clients, one at a time", "deliveries/s", fan_out(1000, 200), [*FAN_OUT, *PEERS], {"class": 0.95, "legacy": 0.95}, mode="broadcast"),
    Load("fan-out-5k", "to 5,000 clients, one at a time", "deliveries/s", fan_out(5000, 30), [kind for kind in FAN_OUT if kind is not CLASS_4],
         {"class": 0.95, "legacy": 0.95}, mode="broadcast"),
    Load("burst", "to 1,000 clients, 4,000/s offered", "deliveries/s", fan_out(1000, 400, 4000), [*FAN_OUT, *PEERS],
         {"class": 10, "legacy": 10}, mode="broadcast"),
    Load("handshakes", "with a PHP callback that decides", "per second", handshakes, [FLOOR, CLASS, CLASS_1, LEGACY, LEGACY_1, *PEERS], {"class": 0.95, "legacy": 0.95}, mode="application"),
    Load("idle", "memory of an idle client", "bytes", idle, [FLOOR, CLASS, CLASS_1, LEGACY, LEGACY_1, *PEERS], less=True, fresh=True, once=True, absolute=True),
    Load("fifo", "from a FIFO to a client", "µs", fifo, [CLASS, CLASS_1, LEGACY, LEGACY_1], less=True, mode="application"),
    *(Load(f"crowd-{clients}", f"CPU a message, {clients:,} clients", "ns", crowd(clients), [FLOOR, CLASS], less=True)
      for clients in (100, 1_000, 10_000, 19_000)),
]
