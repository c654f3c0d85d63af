"""Bytes that are kept on PostgreSQL are the bytes that would be made, in every worker, after every step of any history:
test_bytes_at_hand's comparison, with two workers that share nothing but the database. Whoever writes is a third.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import databases
from tests.laws.test_bytes_at_hand import (
    Compared,
    Pair,
    blind_to_changes,
    blind_to_edits,
    blind_to_hiding,
    blind_to_threads,
    blind_to_where_they_stand,
    pair_over,
    without_old_questions,
)
from tests.laws.test_one_question import HISTORY, OPS, Op
from tests.world import world_over

from postil import stamps
from postil.web.front import Front, Sent, Soon
from postil.windows import Stamp


class Workers(Pair):
    """Several workers, each compared with the one that makes everything anew."""

    def __init__(self, pairs: list[Pair]) -> None:
        super().__init__(pairs[0].fast, pairs[0].plain)
        self.pairs = pairs

    async def compare(self, address: str) -> None:
        for pair in self.pairs:
            await pair.compare(address)


async def live(ops: list[Op], premoderate: bool) -> None:
    with databases.on_postgresql() as url:
        async with world_over(url, premoderate=premoderate) as here, AsyncExitStack() as workers:
            pairs = [await workers.enter_async_context(pair_over(here)) for _ in range(2)]
            await Compared(here, Workers(pairs)).run(ops)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each that waited for the database was answered before the router."""
    seen: list[bool] = []
    end = Front.end

    def watched(self: Front, soon: Soon) -> Sent | None:
        said = end(self, soon)
        seen.append(said is not None)
        return said

    monkeypatch.setattr(Front, "end", watched)
    return seen


def test_a_fixed_history_is_at_hand_in_every_worker(answered: list[bool]) -> None:
    asyncio.run(live(HISTORY[:24], premoderate=True))
    assert answered.count(True) > 50, "nothing was kept"


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPS, st.booleans())
def test_what_is_at_hand_is_what_would_be_made(ops: list[Op], premoderate: bool) -> None:
    asyncio.run(live(ops, premoderate))


def test_the_comparison_catches_one_that_is_blind_to_revisions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told once is told for ever."""
    told, stamped = dict[str, Stamp](), stamps._stamps
    monkeypatch.setattr(
        stamps, "_stamps", lambda result: {id: told.setdefault(id, each) for id, each in stamped(result).items()}
    )
    with pytest.raises(AssertionError):
        asyncio.run(live(HISTORY, premoderate=True))


BLIND = (blind_to_changes, blind_to_edits, blind_to_hiding, blind_to_threads, blind_to_where_they_stand)


@pytest.mark.usefixtures(without_old_questions.__name__)
@pytest.mark.parametrize("blind", BLIND)
def test_the_comparison_catches_windows_that_are_made_blindly(
    blind: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    blind(monkeypatch)
    with pytest.raises(AssertionError):
        asyncio.run(live(HISTORY, premoderate=True))
