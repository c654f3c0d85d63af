"""The bench works: every line of its table comes out. What the figures are is for nobody to assert here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench import isso
from bench.cases import CASES
from bench.row import Row, Target, at_least, at_most, met, pace, table
from tests import left_out

ROOT = Path(__file__).parents[1]
# Of a machine on which everything else runs too.
PATIENCE = 300


def bench(*arguments: str, of: str = "bench") -> subprocess.CompletedProcess[str]:
    return run("-m", of, *arguments)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, env=os.environ.copy())


def test_its_short_form_measures_every_case_that_needs_no_browser(tmp_path: Path) -> None:
    ran = bench("--short", "--to", str(tmp_path / "bench.json"))
    assert ran.returncode == 0, ran.stderr
    told = json.loads((tmp_path / "bench.json").read_text())
    assert told["complete"]
    assert told["pace"] > 0
    assert {"processor", "date"} <= set(told["machine"])
    names = [row["what"] for row in told["rows"]]
    for row, line in zip(told["rows"], ran.stdout.splitlines()[1:], strict=False):
        assert line.startswith(row["what"])
        assert row["ours"] >= 0
        assert (row["ratio"] is None) == (not row["floor"])
    assert len(names) == len(set(names)) > len(CASES)
    assert all(case.name in ran.stderr for case in CASES if case.in_short)
    assert {isso.READ, isso.POST, isso.POST_P50} <= set(names), "what Isso's figures stand beside"


def test_the_short_form_of_several_workers_measures_all_of_it(tmp_path: Path) -> None:
    """Behind nginx where there is one; elsewhere the workers are asked themselves."""
    left_out.program("postgresql")
    left_out.program("redis-server")
    ran = bench("--short", "--to", str(tmp_path / "bench.json"), of="bench.scale")
    assert ran.returncode == 0, ran.stderr
    told = json.loads((tmp_path / "bench.json").read_text())
    rows = {(row["what"], row["unit"]): row["ours"] for row in told["rows"]}
    assert told["complete"]
    assert len(rows) == len(told["rows"])
    assert all(figure >= 0 for figure in rows.values())
    wanted = ("GET 100 comments, hot: one reader of 1 worker", "GET 100 comments, hot: 2 workers beside 1")
    assert {(what, "per CPU-s") for what in wanted} <= rows.keys()
    assert ("restart of all, 20 readers: the last is back after", "wall s") in rows


def test_it_says_which_cases_there_are() -> None:
    ran = bench("nothing")
    assert ran.returncode == 2
    assert all(case.name in ran.stderr for case in CASES)
    assert all(f"  {case.name}" in bench("--help").stdout for case in CASES[:1])


# Ten comments are there, and eleven are waited for; beside that, a case that works and one that breaks.
STUCK = """
import sys
from bench import screen
from bench.__main__ import main
from bench.case import Case
from bench.row import Row

async def stuck(bench):
    async with screen.chromium() as browser:
        url = f"http://127.0.0.1:{bench.service.port}"
        async with screen.read(browser, url, "A hundred", 11, patience=2):
            return []

async def broken(bench):
    return [Row("what is never told", "CPU ms", [1 / 0])]

async def quick(bench):
    return [Row("what is quick", "CPU ms", [1.0])]

sys.exit(main(cases=[Case(each.__name__, "", each) for each in (stuck, broken, quick)]))
"""


def test_what_never_comes_is_named_and_the_others_are_measured(tmp_path: Path) -> None:
    left_out.program("chromium")
    ran = run("-c", STUCK, "--short", "--to", str(tmp_path / "bench.json"))
    assert ran.returncode == 1, ran.stderr
    _, row, *said = ran.stdout.splitlines()
    assert row.startswith("what is quick")
    assert any(line.startswith("“broken” was not measured: ") for line in said)
    waited = "waited 2 s for the rest of the thread; 10 of 11 comments were there: “"
    assert any(line.startswith("“stuck” was not measured: ") and waited in line for line in said), said
    assert "ZeroDivisionError" in ran.stderr
    told = json.loads((tmp_path / "bench.json").read_text())
    assert not told["complete"]
    assert [each["what"] for each in told["rows"]] == ["what is quick"]


def floor(rate: float) -> Row:
    return Row("a constant", "per CPU-s", [1.0], [rate], there=20_000)


@pytest.mark.parametrize(
    ("ours", "target", "answer"),
    [
        (1_000, at_least(1_000, "speed"), "yes"),
        (500, at_least(1_000, "speed"), "at its pace"),
        (499, at_least(1_000, "speed"), "no"),
        (1_400, at_most(700, "speed"), "at its pace"),
        (1_401, at_most(700, "speed"), "no"),
        (999, at_least(1_000, "ours"), "no"),
    ],
)
def test_a_bound_of_speed_is_the_other_machine_s(ours: float, target: Target, answer: str) -> None:
    row = Row("what is measured", "per CPU-s", [ours], target=target)
    assert pace([row, floor(10_000)]) == 0.5
    assert met(row, 0.5) == answer
    assert (" at its pace" in table([row, floor(10_000)])) == (answer == "at its pace")


def test_without_that_floor_nothing_is_converted() -> None:
    row = Row("what is measured", "per CPU-s", [500], target=at_least(1_000, "speed"))
    assert pace([row]) is None
    assert met(row, None) == "no"
