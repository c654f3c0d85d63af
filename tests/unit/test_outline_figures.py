"""The figures that docs/sections.md promises, on histories of real pages and on made edits, where ../shared is."""

import importlib.util
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from bench.sections import match

SHARED = Path(__file__).parents[3] / "shared" / "outlines"
PAIRS = SHARED / "public.jsonl.gz"
EVERY, EVERY_MADE = 4, 6

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not PAIRS.exists(), reason="../shared is not here")]


@pytest.fixture(scope="module")
def score() -> ModuleType:
    spec = importlib.util.spec_from_file_location("outlines_score", SHARED / "score.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def changed(score: ModuleType, path: Path, every: int) -> tuple[int, list[float]]:
    """How many rows that changed there are, and the per cent of them that are wrong, lost, asked and right."""
    kinds, *_ = score.score([str(path)], match, every)
    rows: Counter[str] = sum((counts for kind, counts in kinds.items() if kind != "same"), Counter())
    count, per_cent = score.rates(rows)
    return count, per_cent


def test_real_histories_are_followed(score: ModuleType) -> None:
    count, (wrong, lost, human, _) = changed(score, PAIRS, EVERY)
    assert count > 300
    assert wrong <= 0.2 and lost <= 0.5 and human <= 2.5


def test_made_edits_are_followed(score: ModuleType, tmp_path: Path) -> None:
    made = tmp_path / "made.jsonl.gz"
    subprocess.run([sys.executable, SHARED / "synthesize.py", PAIRS, "--seed", "1", "--out", made], check=True)
    count, (wrong, lost, human, _) = changed(score, made, EVERY_MADE)
    assert count > 200
    assert wrong <= 0.3 and lost <= 2 and human <= 12
