"""python -m bench: what the service does beside the floor below it, measured in the same run.

Nothing leaves this machine, everything that is started is stopped, and nothing is judged: the numbers are the answer.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.case import Case, Progress
from bench.cases import CASES, Missing, run
from bench.machine import Ear, Noise
from bench.row import Row, keep, table

TOLD = Path("build/bench.json")
EXAMPLES = """examples:
  python -m bench                       everything, in about ten minutes
  python -m bench push memory           these alone
  python -m bench post --rounds 9       more rounds, on a machine that is not quiet
  python -m bench --short               whether it works at all, in half a minute; its figures say nothing
  python -m bench large --large 100000 1000000    a million takes some minutes to make, and two gigabytes
  python -m bench --sockets 1000        no more sockets than that (each needs a file descriptor at both ends)

cases:
"""


def main(arguments: Sequence[str] | None = None, cases: Sequence[Case] = CASES) -> int:
    """0 where all was measured, 1 where a case failed, 130 where somebody interrupted it: a table in each."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if unknown := set(given.cases) - {case.name for case in cases}:
        parser.error(f"There is no case “{min(unknown)}”. There are: {', '.join(case.name for case in cases)}.")
    how = {"seconds": given.seconds, "rounds": given.rounds, "sockets": given.sockets, "large": given.large}
    if given.short:
        how = {"seconds": 0.05, "rounds": 1, "sockets": (20,)}
    progress = Progress(lambda line: print(line, file=sys.stderr, flush=True))
    rows: list[Row] = []
    missing: list[Missing] = []
    ear = Ear()
    is_interrupted = False
    try:
        asyncio.run(_measure(rows, missing, given.cases, progress, cases=cases, is_short=given.short, **how))
    except KeyboardInterrupt:
        is_interrupted = True
    noise = ear.heard()
    keep(rows, noise, given.to, is_complete=not (missing or is_interrupted))
    print(_told(rows, noise, given.to))
    for case, reason in missing:
        print(f"“{case}” was not measured: {reason}")
    if is_interrupted:
        print("It was interrupted: what had been measured stands above. Name the cases that are missing to go on.")
    return 130 if is_interrupted else int(bool(missing))


def _parser() -> argparse.ArgumentParser:
    cases = "".join(f"  {case.name:<9} {case.about}\n" for case in CASES)
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="What the service does beside the floor below it, measured in the same run.",
        epilog=EXAMPLES + cases + "\nHow to read it: docs/performance.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help="[all]")
    parser.add_argument("--short", action="store_true", help="small, quick, and good for nothing but to see it work")
    parser.add_argument("--seconds", type=float, default=0.8, help="how long each load runs [0.8]")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated, by turns [3]")
    parser.add_argument("--sockets", type=int, nargs="+", default=(1_000, 10_000), help="who hears a push [1000 10000]")
    parser.add_argument("--large", type=int, nargs="+", default=(100_000,), help="comments to post among [100000]")
    parser.add_argument("--to", type=Path, default=TOLD, metavar="FILE", help=f"where the JSON goes [{TOLD}]")
    return parser


async def _measure(
    rows: list[Row], missing: list[Missing], names: Sequence[str], progress: Progress, **how: Any
) -> None:
    async for found in run(names, progress.say, **how):
        if isinstance(found, Missing):
            missing.append(found)
        else:
            rows.append(found)


def _told(rows: list[Row], noise: Noise, to: Path) -> str:
    lines = [table(rows), ""]
    if any(row.is_noisy for row in rows):
        lines.append("~ the floor came out very differently from round to round: measure that again.")
    if noise.is_loud:
        lines.append(f"The machine was noisy: {noise}. Trust the CPU rows; measure the wall again when it is quiet.")
    return "\n".join([*lines, f"The same, with every round: {to}"])


if __name__ == "__main__":
    sys.exit(main())
