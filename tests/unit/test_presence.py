"""A thousand at one page: what it costs when they all come at once, and when all of them type."""

import asyncio

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


async def told(heard: list[list[str]]) -> list[str]:
    """What each is told next."""
    async with asyncio.timeout(5):
        while not all(heard):  # noqa: ASYNC110 - it has no event of its own
            await asyncio.sleep(0.001)
    return [texts.pop() for texts in heard]


def crowd(page: Presence) -> tuple[list[Seat], list[list[str]]]:
    heard: list[list[str]] = [[] for _ in range(CROWD)]
    return [page.sit(shows, texts.append) for texts in heard], heard


async def test_a_thousand_who_enter_at_once_hear_once_and_it_is_encoded_once(
    encodings: list[presence.Numbers],
) -> None:
    page = Presence()
    seats, heard = crowd(page)

    texts = await told(heard)

    assert encodings == [(CROWD, 0)]
    assert len({id(text) for text in texts}) == 1, "the same bytes for all"
    leave(page, seats)


async def test_a_thousand_who_write_at_once_make_two_messages(encodings: list[presence.Numbers]) -> None:
    page = Presence()
    seats, heard = crowd(page)
    await told(heard)
    for seat in seats[: CROWD // 2]:
        for _ in range(10):
            page.write(seat, "here")

    await told(heard)

    assert sorted(encodings[1:]) == [(CROWD, CROWD // 2 - 1), (CROWD, CROWD // 2)], "those who write, and the others"
    leave(page, seats)


async def test_the_last_who_leaves_leaves_no_timer() -> None:
    page = Presence()
    seat = page.sit(shows, lambda _: None)
    page.write(seat, "here")
    assert page._timer is not None

    page.stand(seat)

    assert page._timer is None
    assert not page.seats


def leave(page: Presence, seats: list[Seat]) -> None:
    for seat in seats:
        page.stand(seat)
