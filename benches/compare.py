"""One load on several builds of the extension, in turn: python3 benches/compare.py LOAD EXTENSION...

What a change has brought is measured beside what it was before, round after round: ratios are to the first one. FLOOR stands
for the floor. ROUNDS (7) is how many rounds there are.
"""

import os
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "suite"))

from loads import LOADS
from servers import BENCHES, FLOOR, PHP, Kind

ROUNDS = int(os.environ.get("ROUNDS", "7"))


def kind(extension):
    if extension == "FLOOR":
        return FLOOR
    script = str(BENCHES / "suite/php/class.php")
    return Kind(extension, lambda port, fifo, mode: [PHP, "-d", f"extension={pathlib.Path(extension).resolve()}", script, str(port), "0"])


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    load = next((load for load in LOADS if load.name == sys.argv[1]), None) or sys.exit(f"there is no load {sys.argv[1]}")
    found = {extension: [] for extension in sys.argv[2:]}
    with tempfile.TemporaryDirectory() as folder:
        running = {extension: kind(extension).start(pathlib.Path(folder), load.mode) for extension in found}
        try:
            for _ in range(ROUNDS):
                for extension, server in running.items():
                    found[extension].append(load.ask(server))
        finally:
            for server in running.values():
                server.stop()
    first = next(iter(found.values()))
    for extension, samples in found.items():
        line = f"{load.name:12} {pathlib.Path(extension).stem:24} {column(samples, first, lambda sample: sample.value)} {load.unit}"
        if samples[0].own is not None:
            line += f"   CPU of the server {column(samples, first, lambda sample: (sample.own + sample.kernel) * 1e9)} ns a message"
            line += f", in the program itself {column(samples, first, lambda sample: sample.own * 1e9)} ns"
        print(line)


def column(samples, first, figure):
    """The median, and the median of the ratios to the first one's of the same round."""
    ratios = [figure(sample) / figure(other) for sample, other in zip(samples, first) if figure(other)]
    ratio = f" ({statistics.median(ratios):.2f})" if ratios else ""
    return f"{statistics.median(map(figure, samples)):.0f}{ratio}"


main()
