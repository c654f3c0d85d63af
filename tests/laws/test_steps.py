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
from tests.laws.test_one_question import HISTORY, OPS, History, Op
from tests.world import PAGE, World, world

from postil import reading, steps
from postil.answers import ChangesAnswer
from postil.cursors import Since
from postil.glance import Glance

pytestmark = pytest.mark.sqlite_only("a glance")


class Compared(History):
    """A history in which what changed is asked both ways after every step."""

    def __init__(self, here: World, glance: Glance) -> None:
        super().__init__(here)
        self.glance, self.told = glance, 0

    async def remember(self) -> None:
        await super().remember()
        site = self.here.site.id
        async with self.here.database.read() as snapshot:
            page = await reading.find_page(snapshot, site, PAGE.key)
            now = page.public_revision if page else 0
            for behind in (0, 1, 2, 5, steps.MOST_BEHIND, steps.MOST_BEHIND + 1, -1):
                since = Since(snapshot.epoch, now - behind)
                plain = await reading.changes(snapshot, self.here.public, PAGE.key, since)
                self._compare(
                    plain, steps.read(self.glance, snapshot.epoch, self.here.site.id, PAGE.key, since), behind
                )

    def _compare(self, plain: ChangesAnswer, told: ChangesAnswer | None, behind: int) -> None:
        if told is None:
            assert plain.resync or behind == 0 or behind > steps.MOST_BEHIND or not plain.tallies
            return
        assert told == plain
        assert told.encode() == plain.encode()
        self.told += 1


async def live(ops: list[Op], premoderate: bool) -> int:
    async with world(premoderate=premoderate) as here:
        glance = Glance(Path(str(here.database.url.database)))
        try:
            history = Compared(here, glance)
            await history.run(ops)
            return history.told
        finally:
            glance.close()


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
        glance = Glance(Path(str(here.database.url.database)))
        try:
            epoch, site = here.database.lineage.epoch, here.site.id
            assert steps.read(glance, epoch, site, PAGE.key, Since(epoch, 0)) is not None
            for since in (Since("0" * 8, 0), Since(epoch, 1), Since(epoch, 2)):
                assert steps.read(glance, epoch, site, PAGE.key, since) is None
            assert steps.read(glance, epoch, site, "nowhere.example/", Since(epoch, 0)) is None
            assert steps.read(glance, epoch, "P00000000_A", PAGE.key, Since(epoch, 0)) is None
        finally:
            glance.close()


async def test_a_step_of_many_comments_is_for_the_plain_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_COMMENTS", 2)
    async with world() as here:
        glance = Glance(Path(str(here.database.url.database)))
        try:
            told = []
            for _ in range(3):
                await here.post("Ines")
                epoch = here.database.lineage.epoch
                told.append(steps.read(glance, epoch, here.site.id, PAGE.key, Since(epoch, 0)))
        finally:
            glance.close()
    assert [len(each.comments) if each else None for each in told] == [1, 2, None]


# What it must catch.


def blind_to_hiding(patching: pytest.MonkeyPatch) -> None:
    """What is out of sight is told as if it were not."""
    asked = steps._CHANGED.read

    def read(raw: Any) -> list[Any]:
        return [row._replace(shown=True) for row in asked(raw)]

    patching.setattr(steps._CHANGED, "read", read)


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
