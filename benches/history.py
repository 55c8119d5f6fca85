"""What changes have brought: python3 benches/history.py [COMMIT...], oldest first; without any, those of CHANGES.

Builds the extension as it was at each commit and measures all of them in one run: instructions for an echo (as
tools/instructions counts them), and memory of an idle client. The results are written to benches/results/history.txt.
"""

import pathlib
import sys
import tempfile

BENCHES = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(BENCHES / "suite"), str(BENCHES / "instructions")]

from builds import build
from count import SHAPES, an_echo
from loads import idle
from servers import Kind, php

FACES = ("class", "legacy")
# The commit behind which something has become faster or smaller, and what it was.
CHANGES = {
    "05d4384": "before",
    "4dcfa69": "a short way, no thread-locals",
    "3fd66bb": "rare parts of a connection apart",
    "3b6113c": "packed head of the request",
    "6a1b162": "stages of a connection apart",
    "4c35fa9": "ids without a table of their own",
    "e848e4b": "fewer readings of the clock",
    "58a496e": "PHP's functions called directly",
}


def memory(extension, face, folder):
    server = Kind(extension.stem, php(face, 0, extension=extension)).start(folder)
    try:
        return idle(server).value
    finally:
        server.stop()


def main():
    commits = {commit: "" for commit in sys.argv[1:]} or CHANGES
    built = {commit: build(commit) for commit in commits}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lines = [f"{'':8} {'':40} {'instructions':>16} {'bytes when idle':>20}",
                 f"{'commit':8} {'':40} " + f"{'class':>8}{'legacy':>8}" + f"{'class':>12}{'legacy':>8}"]
        print("\n".join(lines), flush=True)
        for commit, extension in built.items():
            counts = "".join(f"{an_echo(extension, face, SHAPES['32 in flight']):>8.0f}" for face in FACES)
            idle_bytes = "".join(f"{memory(extension, face, folder):>{width}.0f}" for face, width in zip(FACES, (12, 8)))
            lines.append(f"{commit:8} {commits[commit]:40} {counts}{idle_bytes}")
            print(lines[-1], flush=True)
    if not sys.argv[1:]:
        (BENCHES / "results/history.txt").write_text("\n".join(lines) + "\n")


main()
