"""Where a server's processor time goes, by perf: python3 benches/where.py [LOAD...]. Needs perf (Debian: linux-perf).

Each row is one load on one face: nanoseconds of the server's processor for a message, and how they are spent. What the
compiler has put into a caller counts for that. The results are written to benches/results/where.txt.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "suite"))

from loads import WSLOAD
from servers import BENCHES, CLASS, FLOOR, LEGACY

SECONDS = float(os.environ.get("SECONDS_EACH", "4"))
LOADS = {
    "echo-1": ["echo", "-c", "64", "-p", "1", "-s", "64"],
    "echo-32": ["echo", "-c", "64", "-p", "32", "-s", "64"],
    "echo-16k": ["echo", "-c", "64", "-p", "1", "-s", "16384"],
    "echo-256k": ["echo", "-c", "8", "-p", "1", "-s", "262144"],
}
# The first that matches "OBJECT SYMBOL" counts.
KINDS = {
    "kernel": r"^\[kernel",
    "clock": r"^\[vdso\]| clock_gettime",
    "allocation": r"_emalloc|_efree|_erealloc|zend_mm_| malloc| _int_| free$| cfree|ws_string_alloc",
    "copies": r"memcpy|memmove|xor_copy",
    "framing": r"ws_server::protocol|simdutf8",
    "sockets": r"ws_server::(net|server)|mio::",
    "bridge": r"libws_server|sigsetjmp|sigjmp",
    "PHP": r"^php",
}


def spent(process):
    """The shares of a process's time by kind, as it runs."""
    with tempfile.NamedTemporaryFile() as data:
        perf("record", "-q", "-e", "cpu-clock", "-F", "4999", "-o", data.name, "-p", str(process.pid), "--", "sleep", str(SECONDS * 0.7))
        listing = perf("report", "-q", "-i", data.name, "--stdio", "--percentage", "relative", "--sort", "dso,symbol", "--percent-limit", "0")
    shares = dict.fromkeys([*KINDS, "rest"], 0.0)
    for share, place, symbol in re.findall(r"^\s*([\d.]+)%\s+(\S+)\s+\[.\]\s+(.*?)\s*$", listing, re.M):
        kind = next((kind for kind, pattern in KINDS.items() if re.search(pattern, f"{place} {symbol}")), "rest")
        shares[kind] += float(share)
    return shares


def perf(*arguments):
    return subprocess.run(["perf", *arguments], check=True, capture_output=True, text=True).stdout


def row(kind, name, folder):
    server = kind.start(folder)
    try:
        load = LOADS[name]
        command = [WSLOAD, load[0], "--url", server.url, *load[1:], "-d", str(SECONDS), "--warmup", "0.3", "--json", "--allow-errors"]
        before = sum(server.cpu())
        client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        shares = spent(server.process)
        rate = float(re.search(r'"messages_per_s":([\d.]+)', client.communicate()[0])[1])
        nanoseconds = (sum(server.cpu()) - before) / (rate * (SECONDS + 0.3)) * 1e9
    finally:
        server.stop()
    return f"{name:10} {kind.name:8} {nanoseconds:>10.0f} " + "".join(f"{share:>11.1f}%" for share in shares.values())


def main():
    if not shutil.which("perf"):
        sys.exit("where: perf is missing (Debian: linux-perf)")
    lines = [f"{'':19} {'ns/message':>10} " + "".join(f"{kind:>12}" for kind in [*KINDS, "rest"])]
    print(lines[0], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or LOADS:
            for kind in (FLOOR, CLASS, LEGACY):
                lines.append(row(kind, name, pathlib.Path(folder)))
                print(lines[-1], flush=True)
    if not sys.argv[1:]:
        (BENCHES / "results/where.txt").write_text("\n".join(lines) + "\n")


main()
