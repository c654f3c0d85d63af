"""python -m bench: what the service does beside the floor below it, measured in the same run.

Nothing leaves this machine, everything that is started is stopped, and nothing is judged: the numbers are the answer.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from bench.cases import Row, run


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=0.8, help="how long each load runs [0.8]")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated; the median is told [3]")
    parser.add_argument("--sockets", type=int, default=1000, help="how many sockets hear the push [1000]")
    parser.add_argument("--json", action="store_true", help="print JSON, with every figure")
    given = parser.parse_args(arguments)
    rows = asyncio.run(run(given.seconds, given.rounds, given.sockets))
    print(json.dumps([asdict(row) for row in rows], indent=1) if given.json else table(rows))
    return 0


def table(rows: list[Row]) -> str:
    heads = ["", "Postil", "floor", "unit", "ratio", "p50 ms", "floor p50", "p99 ms"]
    lines = [[row.name, *map(figure, (row.ours, row.floor)), row.unit, figure(row.ratio)] for row in rows]
    for line, row in zip(lines, rows, strict=True):
        line += [figure(row.p50), figure(row.floor_p50), figure(row.p99)]
    widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
    return "\n".join("  ".join(_padded(line, widths)) for line in [heads, *lines])


def _padded(line: list[str], widths: list[int]) -> list[str]:
    name, *cells = [cell.rjust(width) for cell, width in zip(line, widths, strict=True)]
    return [name.strip().ljust(widths[0]), *cells]


def figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
