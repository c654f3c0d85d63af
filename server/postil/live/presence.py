"""How many are at a page and how many of them write, in numbers and of this process alone.

Nothing here has a name, is written down, or moves a revision. However many come, go and type, a page's seats are looked
at once in CALM_SECONDS at most, and only those are told anything whose numbers are other than before.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from postil.live.wire import PresenceSaid, encode

CALM_SECONDS = 5.0
# A browser says at most every five seconds that keys are pressed: one such message may come late.
WRITING_SECONDS = 8.0

# So many are told before anything else gets its turn.
TOLD_AT_ONCE = 200

Shows = Callable[[str], bool]
Hear = Callable[[str], None]


class Numbers(NamedTuple):
    reading: int
    writing: int


class Seat:
    """One who asked for it. `shows` says of a section in which somebody writes whether it is before his eyes; `hear`
    tells him a message: of what he is too slow to hear, only the latest need be kept.
    """

    def __init__(self, shows: Shows, hear: Hear) -> None:
        self.shows, self.hear = shows, hear
        self.section, self.until = "", 0.0
        self.told: Numbers | None = None


class Presence:
    """The seats at one page."""

    def __init__(self) -> None:
        self.seats: set[Seat] = set()
        self._looked_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def sit(self, shows: Shows, hear: Hear) -> Seat:
        """Be counted, and hear of others, until one stands up."""
        seat = Seat(shows, hear)
        self.seats.add(seat)
        self.changed()
        return seat

    def stand(self, seat: Seat) -> None:
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
        told = [(seat, Numbers(len(self.seats), self._others(seat, writers))) for seat in self.seats]
        news = [(seat, numbers) for seat, numbers in told if numbers != seat.told]
        self._tell(news, {numbers: _encoded(numbers) for numbers in {numbers for _, numbers in news}})
        if writers:
            fall_silent = min(seat.until for seat in self.seats if self._writes(seat))
            self._look_at(max(fall_silent, self._looked_at + CALM_SECONDS))

    def _tell(self, news: Sequence[tuple[Seat, Numbers]], texts: Mapping[Numbers, str]) -> None:
        for seat, numbers in news[:TOLD_AT_ONCE]:
            seat.told = numbers
            seat.hear(texts[numbers])
        if len(news) > TOLD_AT_ONCE:
            asyncio.get_running_loop().call_soon(self._tell, news[TOLD_AT_ONCE:], texts)

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
