"""Everything that is measured, a line each. A case is a function from a Bench to rows: see bench/case.py."""

import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bench import browsing, data, holds, isso, large, posts, push, reads, start
from bench.case import Bench, Case
from bench.processes import pin, serving
from bench.row import Row
from bench.waiting import Overdue, within

# The last resort: a million comments are made and posted to in less.
HOUR = 3600
CASES: tuple[Case, ...] = (
    Case("read", "a thread, hot, and unchanged", reads.threads),
    Case("cold", "a thread after a write; a long one; its bytes", reads.cold),
    Case("post", "a durable comment", posts.comments),
    Case("large", "a comment among very many", large.posts, in_short=False),
    Case("holds", "the worst that is accepted", holds.longest),
    Case("push", "one reply to all open sockets", push.replies),
    Case("memory", "what an idle socket keeps", push.memory),
    Case("screen", "a long thread in Chromium", browsing.thread, in_short=False),
    Case("start", "from nothing to the first answer", start.cold),
)


class Missing(NamedTuple):
    """A case that gave no rows, and why."""

    case: str
    reason: str


async def run(
    names: Sequence[str],
    progress: Callable[[str], None],
    *,
    cases: Sequence[Case] = CASES,
    is_short: bool = False,
    **how: object,
) -> AsyncIterator[Row | Missing]:
    """The rows of the named cases (of all, where none is), as they come. A case that fails leaves the others alone.

    The measuring process keeps to one core, the measured one to another.
    """
    pin(1)
    wanted = [case for case in cases if (case.name in names if names else case.in_short or not is_short)]
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as folder:
        progress("making the data")
        seeded = await data.seed(Path(folder), (10, 20, 30) if is_short else (100, 1_000, 10_000))
        async with serving("service", folder) as service:
            figures = {} if is_short else await _peer(wanted, Path(folder), progress)
            bench = Bench(service, seeded, Path(folder), is_short=is_short, **how)  # type: ignore[arg-type]
            for number, case in enumerate(wanted, 1):
                progress(f"{number} of {len(wanted)}: {case.name}, {case.about}")
                for row in await _measured(case, bench):
                    yield replace(row, isso=figures.get(row.name)) if isinstance(row, Row) else row


async def _measured(case: Case, bench: Bench) -> Sequence[Row | Missing]:
    try:
        async with within(HOUR, f"all of {case.name}"):
            return await case.measure(bench)
    except Exception as error:  # whatever it is, what was measured before is told, and the rest is measured
        if not isinstance(error, Overdue):
            traceback.print_exception(error, file=sys.stderr)
        return [Missing(case.name, str(error).partition("\n")[0] or type(error).__name__)]


async def _peer(wanted: Sequence[Case], folder: Path, progress: Callable[[str], None]) -> dict[str, float]:
    """Isso's figures, where a case is measured that it can be beside."""
    if not {"read", "post"} & {case.name for case in wanted}:
        return {}
    progress("Isso, beside us")
    return await isso.beside(folder, progress)
