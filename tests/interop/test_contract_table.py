"""The table of the legacy contract names tests that are there."""

import re

from harness import ROOT

FOLDER = ROOT / "tests/phpt/legacy"


def test_every_test_that_the_table_names_is_there():
    _, _, table = (FOLDER / "README.md").read_text().partition("\n## ")
    named = re.findall(r"(?:\.\./helpers/)?[a-z0-9_]+\.phpt", table)
    assert named and [name for name in named if not (FOLDER / name).exists()] == []
    for line in table.splitlines():
        module = None
        for name, test in re.findall(r"\b([a-z]*)::([a-z0-9_]+)", line):
            module = name or module
            assert f"def test_{test}(" in (ROOT / f"tests/interop/test_{module}.py").read_text(), (module, test)
