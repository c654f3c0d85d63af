"""A thousand at one page: what it costs when they all come at once, and when all of them type."""

import asyncio
from collections.abc import Callable

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


async def test_other_processes_hear_numbers_seldom_and_of_the_last_who_leaves() -> None:
    said: list[tuple[int, tuple[tuple[str, int], ...]]] = []
    page = Presence(lambda *numbers: said.append(numbers))
    seats = [page.sit(shows, lambda text: None) for _ in range(CROWD)]
    await until(lambda: said)
    for number, seat in enumerate(seats):
        page.write(seat, f"section {number}")
    await until(lambda: len(said) == 2)
    leave(page, seats)
    assert [reading for reading, _ in said] == [CROWD, CROWD, 0]
    assert [len(writing) for _, writing in said] == [0, presence.MOST_SECTIONS, 0]


async def test_two_that_hear_of_each_other_say_it_once_more_and_are_silent_then() -> None:
    pages: list[Presence] = []
    said: list[str] = []

    def tell(name: str, to: int) -> Callable[[int, tuple[tuple[str, int], ...]], None]:
        def telling(reading: int, writing: tuple[tuple[str, int], ...]) -> None:
            said.append(name)
            if to < len(pages):
                pages[to].hear(name, reading, writing)

        return telling

    heard: list[list[str]] = [[], []]
    for name, to in (("a", 1), ("b", 0)):
        pages.append(Presence(tell(name, to)))
        pages[-1].sit(shows, heard[len(pages) - 1].append)
        await until(lambda: heard[len(pages) - 1])
    await until(lambda: all('"reading":2' in texts[-1] for texts in heard))
    later = asyncio.get_running_loop().time() + presence.AGAIN_SECONDS / 2
    await until(lambda: all(page._timer and page._timer.when() > later for page in pages))
    assert 3 <= len(said) <= 4
    for page in pages:
        leave(page, list(page.seats))


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - it has no event of its own
            await asyncio.sleep(0.001)
