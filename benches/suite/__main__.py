"""Throughput of ws_server beside the floor and beside servers of others: python3 benches/suite [LOAD...].

The floor is benches/floor/raw.c, a C server that does the least a server can do. All servers run on this machine and are
asked in turn, round after round; what is printed are medians, and ratios to the floor of the same run, because absolute
figures differ from hour to hour. SECONDS_EACH (0.6) is the length of one measurement, ROUNDS (3) how many there are of each; the
servers of others, which are much slower in some loads, have one.
The results are written to benches/results: throughput.txt, throughput.csv, throughput.svg, and summary.txt
for the README.
"""

import os
import sys
import tempfile
import pathlib

import report
import servers
from loads import LOADS

ROUNDS = int(os.environ.get("ROUNDS", "3"))


def main():
    names = sys.argv[1:]
    unknown = [name for name in names if name not in {load.name for load in LOADS}]
    if unknown:
        sys.exit(f"there is no load {unknown[0]}; there are: {' '.join(load.name for load in LOADS)}")
    chosen = [load for load in LOADS if not names or load.name in names]
    rows = []
    print(report.head(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for load in chosen:
            rows += measure(load, pathlib.Path(folder))
            print(report.line(load, rows), flush=True)
    if not names:
        report.write(LOADS, rows)


def measure(load, folder):
    """(load, server, round, Sample) for each round of each server."""
    running, rows = {}, []
    try:
        for number in range(1 if load.once else ROUNDS):
            for kind in load.servers if number == 0 else [kind for kind in load.servers if kind not in servers.PEERS]:
                if kind.name not in running:
                    running[kind.name] = kind.start(folder, load.mode)
                rows.append((load.name, kind.name, number, load.ask(running[kind.name])))
                if load.fresh:
                    running.pop(kind.name).stop()
    finally:
        for server in running.values():
            server.stop()
    return rows


main()
