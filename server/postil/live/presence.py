"""How many are at a page and how many of them write, in numbers.

Nothing here has a name, is written down, or moves a revision. However many come, go and type, a page's seats are looked
at once in CALM_SECONDS at most, and only those are told anything whose numbers are other than before.

Where several processes serve, each tells the others its own numbers as it looks, and again after AGAIN_SECONDS. What
one said is forgotten after LONGEST_SECONDS: nobody has to notice that it died.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from postil.live.wire import PresenceSaid, encode

CALM_SECONDS = 5.0
# A browser says at most every five seconds that keys are pressed: one such message may come late.
WRITING_SECONDS = 8.0
# Of a page at which anybody is: a message in that time from each process, where nothing happens.
AGAIN_SECONDS = 20.0
LONGEST_SECONDS = 2.5 * AGAIN_SECONDS
# Sections that others are told of, where somebody writes, and processes that are listened to.
MOST_SECTIONS, MOST_PROCESSES = 50, 1_000

# So many are told before anything else gets its turn.
TOLD_AT_ONCE = 200

Shows = Callable[[str], bool]
Hear = Callable[[str], None]
Tell = Callable[[int, tuple[tuple[str, int], ...]], None]


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


class Elsewhere(NamedTuple):
    """What another process said, which holds until then."""

    reading: int
    writing: tuple[tuple[str, int], ...]
    until: float


class Presence:
    """The seats at one page; `tell` is how other processes hear of them, where there are any."""

    def __init__(self, tell: Tell | None = None) -> None:
        self.seats: set[Seat] = set()
        self._tell_others = tell
        self._said: tuple[int, tuple[tuple[str, int], ...]] = (0, ())
        self._say_again_at = float("-inf")
        self._elsewhere: dict[str, Elsewhere] = {}
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
        if not self.seats:
            self._say(Counter())

    def hear(self, process: str, reading: int, writing: tuple[tuple[str, int], ...]) -> None:
        """So many are here by another process."""
        if process not in self._elsewhere:
            if not reading or len(self._elsewhere) >= MOST_PROCESSES:
                return
            self._say_again_at = self._now()  # it may not have heard of us
        self._elsewhere[process] = Elsewhere(reading, writing, self._now() + LONGEST_SECONDS)
        if not reading:
            del self._elsewhere[process]
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
        own = Counter(seat.section for seat in self.seats if self._writes(seat))
        self._say(own)
        self._elsewhere = {name: each for name, each in self._elsewhere.items() if each.until > self._looked_at}
        writers, reading = self._with_others(own)
        told = [(seat, Numbers(reading, self._others(seat, writers))) for seat in self.seats]
        news = [(seat, numbers) for seat, numbers in told if numbers != seat.told]
        self._tell(news, {numbers: _encoded(numbers) for numbers in {numbers for _, numbers in news}})
        if changes := [*self._silences()]:
            self._look_at(max(min(changes), self._looked_at + CALM_SECONDS))

    def _silences(self) -> Iterator[float]:
        """When something is other than it was though nobody says anything, or is to be said again."""
        yield from (seat.until for seat in self.seats if self._writes(seat))
        yield from (each.until for each in self._elsewhere.values())
        if self._tell_others is not None:
            yield self._say_again_at

    def _say(self, own: Counter[str]) -> None:
        """Tell other processes of ours, where they do not know or may have forgotten."""
        numbers = len(self.seats), tuple(sorted(own.most_common(MOST_SECTIONS)))
        is_due = bool(self.seats) and self._now() >= self._say_again_at
        if self._tell_others is not None and (is_due or numbers != self._said):
            self._said, self._say_again_at = numbers, self._now() + AGAIN_SECONDS
            self._tell_others(*numbers)

    def _with_others(self, own: Counter[str]) -> tuple[Counter[str], int]:
        """Who writes where, and how many there are, in all processes."""
        writers = Counter(own)
        for each in self._elsewhere.values():
            writers.update(dict(each.writing))
        return writers, len(self.seats) + sum(each.reading for each in self._elsewhere.values())

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
