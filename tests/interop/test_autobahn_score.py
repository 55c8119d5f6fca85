"""tests/autobahn/score.py passes a run of the suite only where every case ran and is good."""

import json
import subprocess
import sys

import pytest

from harness import ROOT

# As many as the suite has, by section; what they are called does not matter.
SECTIONS = {1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 9: 54, 10: 1, 12: 90, 13: 126}
CASES = [f"{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)]


def score(folder, changes=None, cases=CASES, everything=True):
    """Status and output for a report in which all cases are OK but those in `changes`; with None there, one is missing."""
    results = {case: ("OK", "OK") for case in cases} | (changes or {})
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps({"url": "ws://x", "cases": cases, "all": everything, "seconds": 1}))
    (folder / "index.json").write_text(json.dumps({"server": {
        case: {"behavior": result[0], "behaviorClose": result[1]} for case, result in results.items() if result}}))
    result = subprocess.run([sys.executable, ROOT / "tests/autobahn/score.py", folder], capture_output=True, text=True)
    assert result.stderr == ""
    return result.returncode, result.stdout


def test_all_cases_ok_or_informational(tmp_path):
    assert len(CASES) == 517
    status, text = score(tmp_path, {"7.1": ("INFORMATIONAL", "INFORMATIONAL"), "7.2": ("OK", "INFORMATIONAL")})
    assert status == 0 and "\nOK 515/517 INFORMATIONAL 2 NON-STRICT 0 UNIMPLEMENTED 0 " in text


@pytest.mark.parametrize("behaviour", [
    ("NON-STRICT", "OK"), ("UNIMPLEMENTED", "OK"), ("FAILED", "OK"), ("OK", "FAILED"), ("OK", "UNCLEAN"), ("OK", "WRONG CODE"),
    ("OK", "FAILED BY CLIENT"), ("NON-STRICT", "INFORMATIONAL"), None,
], ids=str)
def test_one_that_is_not(tmp_path, behaviour):
    status, text = score(tmp_path, {"12.7": behaviour})
    assert status == 1 and "OK 516/517" in text and "12.7" in text


def test_a_suite_of_which_some_is_missing(tmp_path):
    status, text = score(tmp_path, cases=CASES[:-1])
    assert status == 1 and "\nsections 12-13: 215 cases, and not 216\n" in text
    status, text = score(tmp_path, cases=[case for case in CASES if not case.startswith("9.")])
    assert status == 1 and "\nsections 1-10: 247 cases, and not 301\n" in text
    # Where only some were asked for that is no fault; nothing at all is.
    assert score(tmp_path, cases=CASES[:16], everything=False)[0] == 0
    assert score(tmp_path, cases=[], everything=False)[0] == 1
