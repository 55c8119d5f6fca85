"""Instructions for an echo, as callgrind counts them.

What counts is code of the extension (and what the compiler put into it) and PHP's way into a function, which the extension can
take or go around; nothing else of PHP's, and nothing of the kernel's.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parent / "echo.php"
# PHP's way into a function.
ENTRY = "zend_call_function"
# Clients and messages in flight for each.
SHAPES = {"32 in flight": (16, 32), "1 in flight": (64, 1)}
# Two runs, so that what is done once does not count: the difference is 10,240 echoes.
FEW, MORE = 10_240, 20_480


def an_echo(extension, face, shape):
    few, more = (run(extension, face, messages, shape) for messages in (FEW, MORE))
    return (more - few) / (MORE - FEW)


def run(extension, face, messages, shape):
    """Of the whole script, with so many messages."""
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", os.environ.get("PHP", "php"), "-n",
                   "-d", f"extension={extension}", str(SCRIPT), face, str(messages), *map(str, shape)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0 or done.stdout:
            sys.exit(f"instructions: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        listing = subprocess.run(["callgrind_annotate", "--threshold=100", out.name], capture_output=True, text=True, check=True).stdout
    counted = re.compile(rf"{re.escape(f'[{extension}]')}$|:{ENTRY} \[")
    return sum(int(line.split()[0].replace(",", "")) for line in listing.splitlines() if counted.search(line))
