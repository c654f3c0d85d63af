"""The bench works: every line of its table comes out. What the figures are is for nobody to assert here."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench import isso
from bench.cases import CASES

ROOT = Path(__file__).parents[1]
# Of a machine on which everything else runs too.
PATIENCE = 300


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, env=os.environ.copy())


def test_its_short_form_measures_every_case_that_needs_no_browser(tmp_path: Path) -> None:
    ran = bench("--short", "--to", str(tmp_path / "bench.json"))
    assert ran.returncode == 0, ran.stderr
    told = json.loads((tmp_path / "bench.json").read_text())
    assert told["complete"]
    assert {"processor", "date"} <= set(told["machine"])
    names = [row["what"] for row in told["rows"]]
    for row, line in zip(told["rows"], ran.stdout.splitlines()[1:], strict=False):
        assert line.startswith(row["what"])
        assert row["ours"] >= 0
        assert (row["ratio"] is None) == (not row["floor"])
    assert len(names) == len(set(names)) > len(CASES)
    assert all(case.name in ran.stderr for case in CASES if case.in_short)
    assert {isso.READ, isso.POST, isso.POST_P50} <= set(names), "what Isso's figures stand beside"


def test_it_says_which_cases_there_are() -> None:
    ran = bench("nothing")
    assert ran.returncode == 2
    assert all(case.name in ran.stderr for case in CASES)
    assert all(f"  {case.name}" in bench("--help").stdout for case in CASES[:1])
