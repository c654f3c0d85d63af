"""What is told of a step at a glance (postil.steps) is what reading.changes tells: after every step of any history, to
whoever asks from any revision lately. Whoever writes does so through connections of his own.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.databases import ON_POSTGRESQL
from tests.laws.test_one_question import HISTORY, OPS, History, Op
from tests.world import PAGE, World, world

from postil import reading, steps
from postil.answers import ChangesAnswer
from postil.cursors import Since
from postil.glance import Glance


class Looker:
    """Whoever asks at a glance: on SQLite by a connection of his own, on PostgreSQL by one of the pool's."""

    def __init__(self, here: World) -> None:
        self.database = here.database
        self._glance = Glance(Path(str(here.database.url.database))) if here.database.is_sqlite else None

    async def read(self, epoch: str, site: str, key: str, since: Since) -> ChangesAnswer | None:
        if self._glance is not None:
            return steps.read(self._glance, epoch, site, key, since)
        return await self.database.look(lambda look: steps.read(look, epoch, site, key, since))

    def close(self) -> None:
        if self._glance is not None:
            self._glance.close()


class Compared(History):
    """A history in which what changed is asked both ways after every step."""

    def __init__(self, here: World, looker: Looker) -> None:
        super().__init__(here)
        self.looker, self.told = looker, 0

    async def remember(self) -> None:
        await super().remember()
        site = self.here.site.id
        async with self.here.database.read() as snapshot:
            page = await reading.find_page(snapshot, site, PAGE.key)
            now = page.public_revision if page else 0
            for behind in (0, 1, 2, 5, steps.MOST_BEHIND, steps.MOST_BEHIND + 1, -1):
                since = Since(snapshot.epoch, now - behind)
                plain = await reading.changes(snapshot, self.here.public, PAGE.key, since)
                self._compare(plain, await self.looker.read(snapshot.epoch, site, PAGE.key, since), behind)

    def _compare(self, plain: ChangesAnswer, told: ChangesAnswer | None, behind: int) -> None:
        if told is None:
            assert plain.resync or behind == 0 or behind > steps.MOST_BEHIND or not plain.tallies
            return
        assert told == plain
        assert told.encode() == plain.encode()
        self.told += 1


async def live(ops: list[Op], premoderate: bool) -> int:
    async with world(premoderate=premoderate) as here:
        looker = Looker(here)
        try:
            history = Compared(here, looker)
            await history.run(ops)
            return history.told
        finally:
            looker.close()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPS, st.booleans())
def test_a_step_at_a_glance_is_the_step(ops: list[Op], premoderate: bool) -> None:
    asyncio.run(live(ops, premoderate))


@pytest.mark.parametrize("premoderate", [False, True])
def test_the_fixed_history_is_told_alike(premoderate: bool) -> None:
    assert asyncio.run(live(HISTORY, premoderate)) > 20


async def test_another_epoch_another_page_and_what_is_to_come_are_for_the_plain_form() -> None:
    async with world() as here:
        await here.post("Ines")
        looker = Looker(here)
        try:
            epoch, site = here.database.lineage.epoch, here.site.id
            assert await looker.read(epoch, site, PAGE.key, Since(epoch, 0)) is not None
            for since in (Since("0" * 8, 0), Since(epoch, 1), Since(epoch, 2)):
                assert await looker.read(epoch, site, PAGE.key, since) is None
            assert await looker.read(epoch, site, "nowhere.example/", Since(epoch, 0)) is None
            assert await looker.read(epoch, "P00000000_A", PAGE.key, Since(epoch, 0)) is None
        finally:
            looker.close()


async def test_a_step_of_many_comments_is_for_the_plain_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_COMMENTS", 2)
    async with world() as here:
        looker = Looker(here)
        try:
            told = []
            for _ in range(3):
                await here.post("Ines")
                epoch = here.database.lineage.epoch
                told.append(await looker.read(epoch, here.site.id, PAGE.key, Since(epoch, 0)))
        finally:
            looker.close()
    assert [len(each.comments) if each else None for each in told] == [1, 2, None]


# What it must catch.


def blind_to_hiding(patching: pytest.MonkeyPatch) -> None:
    """What is out of sight is told as if it were not."""
    question = steps._CHANGED.on_postgresql if ON_POSTGRESQL else steps._CHANGED
    asked = question.read

    def read(raw: Any) -> list[Any]:
        return [row._replace(shown=True) for row in asked(raw)]

    patching.setattr(question, "read", read)


def blind_to_what_left(patching: pytest.MonkeyPatch) -> None:
    patching.setattr(steps, "_gone", lambda *_: {})


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "hiding": blind_to_hiding,
    "what left": blind_to_what_left,
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_comparison_catches_one_that_is_blind(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)
    with pytest.raises(AssertionError):
        asyncio.run(live(HISTORY, premoderate=True))
