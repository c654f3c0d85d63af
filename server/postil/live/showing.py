"""What sockets show: the sections whose bodies they get, and those that their readers' outline has."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

from postil.answers import ChangesAnswer
from postil.cursors import Since
from postil.live.wire import EVERYTHING, Frames, PlaceIn, Resync, SectionRef, encode, framed
from postil.places import Places, standing
from postil.viewer import Audience, Viewer

log = logging.getLogger("postil.live")

# A step that is larger goes piece by piece, as fast as each reader takes it. With what a transport holds before it
# says that it is full, this bounds what is buffered for one who reads slowly.
MOST_AT_ONCE = 64 * 1024
# So many are written to before anything else can get its turn: a millisecond or two.
MOST_IN_RANK = 200

Write = Callable[[bytes], object]


class Watcher(Protocol):
    """Somebody at a page, as its room knows him. Where he stands in a rank, his `since` is the rank's."""

    viewer: Viewer
    since: Since
    showing: "Showing"
    rank: "Rank | None"

    def wake(self) -> None:
        """There is something to ask."""


class Rank:
    """Some who show the same, stand at one revision, and can be written to at once. They are told in one go, and
    nothing of any of them is looked at but the way to write to him: whoever cannot be told has fallen out before.
    """

    __slots__ = ("since", "writes")

    def __init__(self, since: Since) -> None:
        self.since = since
        self.writes: dict[Watcher, Write] = {}

    def tell(self, step: bytes, since: Since) -> None:
        """Write a step to all of them; they are at `since` then."""
        self.since = since  # first: whose buffer is full by it falls out meanwhile, and has been told
        for write in tuple(self.writes.values()):
            try:
                write(step)
            except Exception:  # his line is broken, and theirs are not
                log.exception("A ready frame could not be written.")


class Told(Protocol):
    """The page as far as this matters: what it last told an audience, and where its threads stand in an outline."""

    @property
    def told(self) -> dict[Audience, ChangesAnswer]: ...

    def standing_in(self, outline: str) -> Awaitable[Places | None]: ...


class Showing:
    """The sections whose bodies some readers get, and those that their outline shows them: one for all of them.

    A section named by its place in an outline may have no id yet. `mine` is None where they showed no outline.
    """

    def __init__(self, page: Told, audience: Audience, outline: str | None, named: tuple[SectionRef, ...] = ()) -> None:
        self.page, self.audience, self.outline, self.named = page, audience, outline, named
        self.watchers: set[Watcher] = set()
        self.ranks: list[Rank] = []
        self.loose: set[Watcher] = set()  # those who stand in none
        self.ids: frozenset[str] = frozenset()
        self.placed: frozenset[str] = frozenset()
        self.mine: frozenset[str] | None = None
        self.is_complete = True
        self.is_unknown = False
        self._asked = self._found = 0

    @property
    def key(self) -> tuple[Audience, str | None, tuple[SectionRef, ...]]:
        return self.audience, self.outline, self.named

    def has(self, section: str) -> bool:
        return section in self.ids or EVERYTHING in self.ids

    def gets(self, section: str, told: ChangesAnswer) -> bool:
        """Whether its bodies are for them: it was named, or they want all and `told` has it for such as them."""
        return self.has(section) and (section in self.ids or told.is_for(section, self.mine))

    def shows_readers(self, section: str) -> bool:
        """Whether they show a section in which every reader of it sees a comment: of others no sign is given."""
        told = self.page.told.get(self.audience)
        return told is not None and told.tallies.get(section, 0) > 0 and self.gets(section, told)

    # Where they stand

    def enter(self, watcher: Watcher) -> None:
        self.watchers.add(watcher)
        if watcher.rank is None:
            self.loose.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        self.fall_out(watcher)
        self.watchers.discard(watcher)
        self.loose.discard(watcher)

    def line_up(self, watcher: Watcher, write: Write) -> None:
        """From now on he is told with the others of a rank, by `write`, which must work until he falls out."""
        rank = self._rank_at(watcher.since)
        rank.writes[watcher] = write
        watcher.rank = rank
        self.loose.discard(watcher)

    def fall_out(self, watcher: Watcher) -> None:
        """He is told nothing from now on but what he asks for himself."""
        rank = watcher.rank
        if rank is None:
            return
        watcher.rank, watcher.since = None, rank.since
        del rank.writes[watcher]
        if not rank.writes:
            self.ranks.remove(rank)
        self.loose.add(watcher)

    def behind(self, revision: int) -> Iterator[Watcher]:
        """Who has not been told of a revision."""
        for rank in self.ranks:
            if rank.since.revision < revision:
                yield from rank.writes
        yield from (watcher for watcher in self.loose if watcher.since.revision < revision)

    def _rank_at(self, since: Since) -> Rank:
        for rank in self.ranks:
            if len(rank.writes) < MOST_IN_RANK and rank.since == since:
                return rank
        self.ranks.append(rank := Rank(since))
        return rank

    # What they are told

    def texts(self, frames: Frames, since: Since) -> list[str]:
        """What one who was at `since` is told of a step: bodies first, then the counts, which end it."""
        if frames.changes.resync:
            return [frames.resync]
        if frames.since.revision <= since.revision:
            return []
        shown = [parts for section, parts in frames.bodies.items() if self.gets(section, frames.changes)]
        return [*(part for parts in shown for part in parts), frames.counts(self.mine)]

    async def step(self, frames: Frames, since: Since) -> bytes | None:
        """The same as bytes for the wire, one for all of them; None where that is too much at once."""
        asks = [resync(since)] if await self.is_lost(frames) else []
        made = framed([*asks, *self.texts(frames, since)])
        return made if len(made) <= MOST_AT_ONCE else None

    # Where their sections are

    async def settle(self) -> None:
        """Find the sections that were named, and which threads stand in the readers' outline."""
        await self._resolve()
        await self._look()

    async def is_lost(self, frames: Frames) -> bool:
        """Look again if a step needs it; whether it has just turned out that nobody knows the readers' outline."""
        was_unknown = self.is_unknown
        if not frames.changes.resync:
            await self._look_again(frames)
        return self.is_unknown and not was_unknown

    async def _look_again(self, frames: Frames) -> None:
        """A section that came into being may be one that was named by its place, or stand in the readers' outline."""
        sections = {section.id for section in frames.changes.sections}
        if not self.is_complete and not sections <= self.ids | self.placed:
            await self._resolve()
        if self.mine is not None and not sections <= self.mine | frames.changes.shared:
            await self._look()

    async def _look(self) -> None:
        if self.outline is not None:
            places = await self.page.standing_in(self.outline)
            self.is_unknown = places is None
            self.mine = frozenset(standing(places or ()))

    async def _resolve(self) -> None:
        self._asked += 1
        turn = self._asked
        places = [name for name in self.named if isinstance(name, PlaceIn)]
        outlines = {place.outline for place in places}
        found = {outline: await self.page.standing_in(outline) or () for outline in outlines}
        if turn < self._found:
            return  # somebody asked after us, and knows better
        self._found = turn
        here = [_at(found[place.outline], place.index) for place in places]
        self.ids = frozenset(name for name in [*self.named, *here] if isinstance(name, str))
        self.placed = frozenset(id for each in found.values() for id in standing(each))
        self.is_complete = None not in here


def resync(since: Since) -> str:
    """Nobody has told this process what the outline is, or it has forgotten: who loads afresh sends it again."""
    return encode(Resync(type="resync", since=str(since)))


def _at(places: Places, index: int) -> str | None:
    return places[index].id if index < len(places) else None
