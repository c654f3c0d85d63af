"""What a run leaves out is said, and `make test` gets what Debian has."""

import re
from pathlib import Path

import pytest
from tests import conftest, left_out

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)


def test_a_suite_that_was_left_out_is_named_with_the_way_to_get_it(bare_machine: None) -> None:
    with pytest.raises(pytest.skip.Exception) as skipped:
        left_out.program("chromium")

    (said,) = left_out.sentences([str(skipped.value)] * 59)

    assert said == ("Left out: the browser suite (59 tests), for want of chromium. To get it: apt-get install chromium")


def test_in_ci_leaving_out_is_a_failure(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install strace"):
        left_out.program("strace")


def test_other_skips_are_not_counted_as_left_out() -> None:
    assert left_out.sentences(["some other reason"]) == []


def test_the_shared_sets_are_named_where_they_are_missing() -> None:
    assert "7 tests that read ../shared" in left_out.sentences([left_out.SHARED] * 7)[0]


def test_what_is_sqlites_own_is_told_with_what_it_is_about() -> None:
    skipped = [f"{left_out.SQLITES}the one writer"] * 3
    assert left_out.sentences(skipped) == ["Left to SQLite: 3 tests about the one writer."]


def test_the_pages_list_what_is_sqlites_own() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    about = set(re.findall(r'mark\.sqlite_only\("([^"]+)"\)', tests))
    page = " ".join((ROOT / "docs" / "scaling.md").read_text().split())
    assert len(about) > 3 and {each for each in about if each not in page} == set()


def test_make_installs_every_program_that_tests_want() -> None:
    found = re.search(r"^PROGRAMS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found and set(found[1].split()) == set(left_out.PROGRAMS)


def test_the_files_that_begin_first_are_there() -> None:
    assert [name for name in conftest.LONGEST if not (ROOT / "tests" / f"{name}.py").exists()] == []
