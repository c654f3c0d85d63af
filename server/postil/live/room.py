"""A page that somebody watches: who is there, what they show, and one task that tells all of them what is new.

Nearly all stand at the same revision and show one of few things. What they missed is asked once, framed once for each
thing that is shown, and the same bytes go to every one of them, with no task of his own woken for it. Whoever stands
elsewhere, or cannot take it now, is woken and asks for himself: that is the plain way, and nobody else waits for it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from postil.answers import ChangesAnswer
from postil.cursors import Since
from postil.errors import Unavailable
from postil.live.presence import Presence
from postil.live.shared import Shared
from postil.live.showing import Rank, Showing, Watcher
from postil.live.wire import Frames, SectionRef
from postil.places import Places
from postil.viewer import Audience, Viewer

log = logging.getLogger("postil.live")

# Readers who keep up ask from one revision, those who come back from a few; each answer may hold 500 comments.
FRAMES_KEPT = 4
# Copies of a page differ, but not by so much at once: an edit, a variant, a translation.
OUTLINES_KEPT = 16
# So many are written to before anything else gets its turn: two milliseconds or three.
WRITTEN_AT_ONCE = 200


Ask = Callable[["Room", Viewer, Since], Awaitable[Frames]]
FindPlaces = Callable[["Room", str], Awaitable[Places | None]]


@dataclass(eq=False)
class Room:
    """A page that somebody watches, whether or not it has a row yet. `ask` and `find` are the hub's."""

    site: str
    key: str
    ask: Ask
    find: FindPlaces
    revisions: dict[Audience, int] = field(default_factory=lambda: dict.fromkeys(Audience, 0))
    watchers: int = 0
    showings: dict[tuple[Audience, str | None, tuple[SectionRef, ...]], Showing] = field(default_factory=dict)
    frames: Shared[tuple[Audience, Since], Frames] = field(default_factory=lambda: Shared(FRAMES_KEPT))
    places: Shared[str, Places | None] = field(default_factory=lambda: Shared(OUTLINES_KEPT))
    presence: Presence = field(default_factory=Presence)
    told: dict[Audience, ChangesAnswer] = field(default_factory=dict)
    calm_until: float = 0.0
    waiting: asyncio.TimerHandle | None = None
    pushes: dict[Audience, asyncio.Task[None]] = field(default_factory=dict)

    def advance(self, public: int, staff_revision: int) -> None:
        """Tell those whose answer has changed, if it has."""
        for audience, revision in ((Audience.PUBLIC, public), (Audience.STAFF, staff_revision)):
            if revision > self.revisions[audience]:
                self.revisions[audience] = revision
                self.frames.forget()
                self.places.forget()
                if audience not in self.pushes:
                    self.pushes[audience] = asyncio.create_task(self._push(audience))

    def catch_up(self) -> None:
        """Wake whoever is behind while nobody tells him, by whatever turn of events."""
        for showing in self.showings.values():
            if showing.audience not in self.pushes:
                for watcher in list(showing.behind(self.revisions[showing.audience])):
                    watcher.wake()

    def end(self) -> None:
        """Nobody is here any more."""
        if self.waiting is not None:
            self.waiting.cancel()
        for task in self.pushes.values():
            task.cancel()

    async def show(self, watcher: Watcher, named: Sequence[SectionRef], outline: str | None) -> None:
        """What somebody shows from now on; those who show the same share it."""
        key = (watcher.viewer.audience, outline, tuple(named))
        showing = self.showings.get(key) or Showing(self, *key)
        await showing.settle()
        while (shared := self.showings.setdefault(key, showing)) is not showing:
            showing = shared
            await showing.settle()
        if watcher.showing is not showing:  # else his leaving would end the very one that he shows again
            self.forget(watcher)
            watcher.showing = showing
        showing.enter(watcher)

    def forget(self, watcher: Watcher) -> None:
        """He shows nothing any more."""
        showing = watcher.showing
        showing.leave(watcher)
        if not showing.watchers and self.showings.get(showing.key) is showing:
            del self.showings[showing.key]

    async def standing_in(self, outline: str) -> Places | None:
        """What stands where in an outline; None for one that is not known."""
        return await self.find(self, outline)

    # Telling all of them

    async def _push(self, audience: Audience) -> None:
        told = 0
        try:
            while (wanted := self.revisions[audience]) > told:
                told = wanted
                await self._push_step(audience)
        except Exception as error:
            # Each of them asks for himself now, and learns what is wrong.
            for watcher in [each for showing in self._showings(audience) for each in showing.watchers]:
                watcher.wake()
            if not isinstance(error, Unavailable):
                log.exception("A push failed.")
        finally:
            # No await since the last look at the revision: who moves it from now on starts another.
            self.pushes.pop(audience, None)

    async def _push_step(self, audience: Audience) -> None:
        wanted = self.revisions[audience]
        ranks = [rank for showing in self._showings(audience) for rank in showing.ranks]
        if behind := [rank for rank in ranks if rank.since.revision < wanted]:
            since = _where_most_stand(behind)
            frames = await self.ask(self, next(iter(behind[0].writes)).viewer, since)
            steps = [(showing, await showing.step(frames, since)) for showing in self._showings(audience)]
            await _write(steps, since, frames.since)
        for watcher in [each for showing in self._showings(audience) for each in showing.behind(wanted)]:
            watcher.wake()

    def _showings(self, audience: Audience) -> list[Showing]:
        return [showing for showing in self.showings.values() if showing.audience is audience]


def _where_most_stand(ranks: Iterable[Rank]) -> Since:
    standing: Counter[Since] = Counter()
    for rank in ranks:
        standing[rank.since] += len(rank.writes)
    return standing.most_common(1)[0][0]


async def _write(steps: Iterable[tuple[Showing, bytes | None]], since: Since, then: Since) -> None:
    """Tell a step to every rank that stands where it begins; where it is too much at once, to none."""
    written = 0
    for rank, step in [(rank, step) for showing, step in steps for rank in showing.ranks]:
        if step is not None and rank.since == since:
            rank.tell(step, then)
            written += len(rank.writes)
        if written >= WRITTEN_AT_ONCE:
            await asyncio.sleep(0)
            written = 0
