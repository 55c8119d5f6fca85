"""The table of the legacy contract names tests that are there, and these say what they show."""

import ast
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


def test_every_test_of_the_legacy_face_says_what_of_the_contract_it_shows():
    """What it preserves, which fault it fixes, or that it is new."""
    tests = [*FOLDER.glob("*.phpt"), *FOLDER.parent.glob("helpers/*.phpt")]
    assert tests and [path.name for path in tests if "\n--DESCRIPTION--\n" not in path.read_text()] == []
    for module in ("legacy", "settings", "fifo", "processes", "ends", "hostile", "messages", "crowd", "handshake"):
        tree = ast.parse((ROOT / f"tests/interop/test_{module}.py").read_text())
        functions = [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name.startswith("test_")]
        assert [test.name for test in functions if not ast.get_docstring(test)] == []
