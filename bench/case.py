"""What a case is, and what it is given. The cases themselves stand in bench/cases.py, a line each.

To add one: a function from a Bench to rows in the module of its noun (reads, posts, push, …), its rounds taken
`by_turns` with the floor's, each row with its target (`at_least`, `at_most`); a line in CASES where it is a case of its
own; and what its rows mean in docs/performance.md.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from bench.data import Seeded
from bench.processes import Server
from bench.row import Row

T = TypeVar("T")


@dataclass(frozen=True)
class Bench:
    """The running service over the seeded data, in its folder; and how long and how often is measured."""

    service: Server
    seeded: Seeded
    folder: Path
    seconds: float = 0.8
    rounds: int = 3
    sockets: Sequence[int] = (1_000, 10_000)
    large: Sequence[int] = (100_000,)
    is_short: bool = False

    async def by_turns(self, *measures: Callable[[], Awaitable[T]]) -> list[list[T]]:
        """Each measure's results, a round each, after one turn for the caches. What else this machine does falls on
        all of them.
        """
        for measure in measures:
            await measure()
        found: list[list[T]] = [[] for _ in measures]
        for _ in range(self.rounds):
            for results, measure in zip(found, measures, strict=True):
                results.append(await measure())
        return found


class Case(NamedTuple):
    """Some rows that are measured together; `python -m bench NAME` measures no others."""

    name: str
    about: str
    measure: Callable[[Bench], Awaitable[list[Row]]]
    in_short: bool = True


class Progress:
    """What is being measured now, on standard error, with the time since the start."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell, self.began = tell, time.perf_counter()

    def say(self, what: str) -> None:
        self.tell(f"{time.perf_counter() - self.began:5.0f} s  {what}")
