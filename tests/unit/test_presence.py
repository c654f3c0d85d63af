"""A thousand at one page: what it costs when they all come at once, and when all of them type."""

import asyncio
from contextlib import ExitStack

import pytest

from postil.live import presence
from postil.live.presence import Presence, Seat

CROWD = 1_000
CALM = 0.05


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "CALM_SECONDS", CALM)


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> list[presence.Numbers]:
    """Every message that is made, as it is made."""
    made: list[presence.Numbers] = []
    encoded = presence._encoded

    def note(numbers: presence.Numbers) -> str:
        made.append(numbers)
        return encoded(numbers)

    monkeypatch.setattr(presence, "_encoded", note)
    return made


def shows(section: str) -> bool:
    return section == "here"


async def news(seats: list[Seat]) -> list[str]:
    async with asyncio.timeout(5):
        return [await seat.news() for seat in seats]


async def test_a_thousand_who_enter_at_once_hear_once_and_it_is_encoded_once(
    encodings: list[presence.Numbers],
) -> None:
    page = Presence()
    with ExitStack() as stack:
        seats = [stack.enter_context(page.seat(shows)) for _ in range(CROWD)]

        told = await news(seats)

        assert encodings == [(CROWD, 0)]
        assert len({id(text) for text in told}) == 1, "the same bytes for all"


async def test_a_thousand_who_write_at_once_make_two_messages(encodings: list[presence.Numbers]) -> None:
    page = Presence()
    with ExitStack() as stack:
        seats = [stack.enter_context(page.seat(shows)) for _ in range(CROWD)]
        await news(seats)
        for seat in seats[: CROWD // 2]:
            for _ in range(10):
                page.write(seat, "here")

        await news(seats)

        assert sorted(encodings[1:]) == [(CROWD, CROWD // 2 - 1), (CROWD, CROWD // 2)], (
            "those who write, and the others"
        )


async def test_the_last_who_leaves_leaves_no_timer() -> None:
    page = Presence()
    with page.seat(shows) as seat:
        page.write(seat, "here")
        assert page._timer is not None

    assert page._timer is None
    assert not page.seats
