"""Loads on several builds of the extension, in turn: python3 benches/compare.py [LOADS BUILD...].

What a change has brought is measured beside what was there before, round after round; ratios are to the first build. LOADS are
names of loads, with commas between. A BUILD is a commit, a library, or FLOOR. Without any, those that docs/performance.md
tells of are measured, and written to benches/results/compare.txt. ROUNDS (15) is how many rounds there are.
"""

import os
import pathlib
import statistics
import sys
import tempfile

BENCHES = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCHES / "suite"))

from builds import build
from loads import LOADS
from servers import FLOOR, Kind, php

ROUNDS = int(os.environ.get("ROUNDS", "15"))
# Before and after turns of 64 kernel events, larger first buffers, and direct calls of PHP's functions.
TOLD = ("echo-32,echo-256k,crowd-1000", ["FLOOR", "aa2c98d", "58a496e"])


def kind(name):
    if name == "FLOOR":
        return FLOOR
    library = pathlib.Path(name)
    return Kind(name, php("class", 0, extension=library.resolve() if library.exists() else build(name)))


def measure(load, kinds):
    """The samples of each build, one a round."""
    found = {kind.name: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        running = [kind.start(pathlib.Path(folder), load.mode) for kind in kinds]
        try:
            for _ in range(ROUNDS):
                for server in running:
                    found[server.name].append(load.ask(server))
        finally:
            for server in running:
                server.stop()
    return found


def lines(load, found):
    first = next(iter(found.values()))
    for name, samples in found.items():
        line = f"{load.name:12}{name:12}{column(samples, first, lambda sample: sample.value)} {load.unit:12}"
        if samples[0].own is not None:
            line += column(samples, first, lambda sample: (sample.own + sample.kernel) * 1e9) + " ns of CPU a message"
        yield line.rstrip()


def column(samples, first, figure):
    """The median, and the median of the ratios to the first one's of the same round."""
    ratio = statistics.median(figure(sample) / figure(other) for sample, other in zip(samples, first))
    return f"{statistics.median(map(figure, samples)):>10.0f} ({ratio:.2f})"


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 1:
        sys.exit(__doc__)
    names, builds = (arguments[0], arguments[1:]) if arguments else TOLD
    loads = {load.name: load for load in LOADS}
    unknown = [name for name in names.split(",") if name not in loads]
    if unknown:
        sys.exit(f"there is no load {unknown[0]}; there are: {' '.join(loads)}")
    kinds = [kind(name) for name in builds]
    told = []
    for name in names.split(","):
        for line in lines(loads[name], measure(loads[name], kinds)):
            print(line, flush=True)
            told.append(line)
    if not arguments:
        (BENCHES / "results/compare.txt").write_text("\n".join(told) + "\n")


main()
