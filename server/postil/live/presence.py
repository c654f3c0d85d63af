"""How many are at a page and how many of them write, in numbers and of this process alone.

Nothing here has a name, is written down, or moves a revision. However many come, go and type, a page's seats are looked
at once in CALM_SECONDS at most, and only those are told anything whose numbers are other than before.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from postil.live.wire import PresenceSaid, encode

CALM_SECONDS = 5.0
# A browser says at most every five seconds that keys are pressed: one such message may come late.
WRITING_SECONDS = 8.0

Shows = Callable[[str], bool]


class Numbers(NamedTuple):
    reading: int
    writing: int


class Seat:
    """One who asked for it. `shows` says of a section in which somebody writes whether it is before his eyes."""

    def __init__(self, shows: Shows) -> None:
        self.shows = shows
        self.section, self.until = "", 0.0
        self.told: Numbers | None = None
        self.text = ""
        self._news = asyncio.Event()

    def tell(self, numbers: Numbers, text: str) -> None:
        """Of what he is too slow to hear, only the latest is kept."""
        self.told, self.text = numbers, text
        self._news.set()

    async def news(self) -> str:
        """What he is to be told next, once there is anything."""
        await self._news.wait()
        self._news.clear()
        return self.text


class Presence:
    """The seats at one page."""

    def __init__(self) -> None:
        self.seats: set[Seat] = set()
        self._looked_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def seat(self, shows: Shows) -> Iterator[Seat]:
        """Be counted, and hear of others, inside."""
        seat = Seat(shows)
        self.seats.add(seat)
        self.changed()
        try:
            yield seat
        finally:
            self.seats.discard(seat)
            self.changed()

    def write(self, seat: Seat, section: str) -> None:
        """Keys were pressed, in a section that its readers know of."""
        seat.section, seat.until = section, self._now() + WRITING_SECONDS
        self.changed()

    def changed(self) -> None:
        """Something may be other than it was told: look, as soon as that may be."""
        self._look_at(max(self._now(), self._looked_at + CALM_SECONDS))

    def _look_at(self, when: float) -> None:
        if self._timer is not None:
            if self.seats and self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._look) if self.seats else None

    def _look(self) -> None:
        self._timer, self._looked_at = None, self._now()
        writers = Counter(seat.section for seat in self.seats if self._writes(seat))
        texts: dict[Numbers, str] = {}
        for seat in self.seats:
            numbers = Numbers(len(self.seats), self._others(seat, writers))
            if numbers != seat.told:
                seat.tell(numbers, texts.get(numbers) or texts.setdefault(numbers, _encoded(numbers)))
        if writers:
            fall_silent = min(seat.until for seat in self.seats if self._writes(seat))
            self._look_at(max(fall_silent, self._looked_at + CALM_SECONDS))

    def _writes(self, seat: Seat) -> bool:
        return seat.until > self._looked_at

    def _others(self, seat: Seat, writers: Counter[str]) -> int:
        """How many write in the sections that one shows, himself apart."""
        shown = {section for section in writers if seat.shows(section)}
        return sum(writers[section] for section in shown) - (self._writes(seat) and seat.section in shown)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _encoded(numbers: Numbers) -> str:
    return encode(PresenceSaid(type="presence", reading=numbers.reading, writing=numbers.writing))
