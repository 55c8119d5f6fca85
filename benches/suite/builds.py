"""The extension as it was at some commit. The builds are kept in target/history."""

import os
import pathlib
import subprocess
import tempfile

from servers import ROOT, TARGET


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
