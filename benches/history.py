"""What changes have brought: python3 benches/history.py [COMMIT...], oldest first; without any, those of CHANGES.

Builds the extension as it was at each commit and measures all of them in one run: instructions of the extension for an echo
(valgrind counts them), PHP's `zend_call_function` included, and memory of an idle client. The results are written to benches/results/history.txt. The builds
are kept in target/history.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "suite"))

from loads import idle
from servers import BENCHES, PHP, ROOT, TARGET, Kind

FEW, MORE = 10_240, 20_480
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


def build(commit):
    """The extension as it was then."""
    extension = TARGET / "history" / f"{commit}.so"
    if not extension.exists():
        extension.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder) / "tree"
            subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(tree), commit], cwd=ROOT, check=True)
            try:
                subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=tree, check=True,
                               env=os.environ | {"CARGO_TARGET_DIR": str(TARGET / "history/target")})
                (TARGET / "history/target/release/libws_server.so").rename(extension)
            finally:
                subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)
    return extension


def instructions(extension, face):
    """Of the extension, for an echo, with 32 in flight."""

    def count(messages):
        with tempfile.NamedTemporaryFile() as out:
            command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", PHP, "-n", "-d", f"extension={extension}",
                       str(BENCHES / "instructions/echo.php"), face, str(messages), "16", "32"]
            subprocess.run(command, check=True, capture_output=True)
            listing = subprocess.run(["callgrind_annotate", "--threshold=100", out.name], capture_output=True, text=True, check=True).stdout
        # As tools/instructions counts.
        lines = (line for line in listing.splitlines() if line.endswith(f"[{extension}]") or ":zend_call_function [" in line)
        return sum(int(line.split()[0].replace(",", "")) for line in lines)

    return (count(MORE) - count(FEW)) / (MORE - FEW)


def kind(extension, face):
    script = str(BENCHES / f"suite/php/{face}.php")
    return Kind(extension.stem, lambda port, fifo, mode: [PHP, "-d", f"extension={extension}", script, str(port), "0"])


def memory(extension, face, folder):
    server = kind(extension, face).start(folder)
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
            counts = "".join(f"{instructions(extension, face):>8.0f}" for face in FACES)
            idle_bytes = "".join(f"{memory(extension, face, folder):>{width}.0f}" for face, width in zip(FACES, (12, 8)))
            lines.append(f"{commit:8} {commits[commit]:40} {counts}{idle_bytes}")
            print(lines[-1], flush=True)
    if not sys.argv[1:]:
        (BENCHES / "results/history.txt").write_text("\n".join(lines) + "\n")


main()
