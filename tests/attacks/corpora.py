"""Hostile strings of others, collected: a fixed fifth of them here, all of them where ../shared is."""

import json
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "data" / "corpora"
SHARED = Path(__file__).parents[3] / "shared" / "corpora"

ADDRESSES = {"wpt_urltestdata", "patt_redirect", "patt_ssrf"}
# What is neither markup nor an address has its own tests.
ELSEWHERE = {"json_parsing", "patt_sqli", "patt_crlf", "patt_csv", "patt_cors", "patt_proto_unicode"}
# The whole of the sets, where they lie beside the project: for `make soak`.
EVERYTHING = pytest.param(
    SHARED,
    marks=[
        pytest.mark.soak,
        pytest.mark.shared,
        pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here"),
    ],
)
BOMB = 10_000


@cache
def strings(folder: Path) -> dict[str, str]:
    """Every string of the folder's sets, by its id. Rows that name a bomb are made at BOMB characters."""
    return {
        row["id"]: payload(row)
        for path in sorted(folder.glob("*.jsonl"))
        if path.stem not in ELSEWHERE
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    }


def addresses(folder: Path) -> dict[str, str]:
    return {key: text for key, text in strings(folder).items() if key.split(":")[0] in ADDRESSES}


def payload(row: dict[str, str]) -> str:
    if "gen" in row:
        return str(eval(row["gen"], {"N": BOMB, "range": range}))  # our own rows: expressions of N
    return row.get("payload") or row.get("input") or ""
