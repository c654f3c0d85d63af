"""What one reader is told on his socket. The page's room writes to him directly as long as he keeps up.

A task of his own runs only to begin with, and while he is behind: it asks, and sends as fast as he takes it. It ends
when there is nothing more, so that an idle socket has none.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from starlette.websockets import WebSocket

from postil.answers import Answer
from postil.cursors import Since
from postil.live.presence import Seat
from postil.live.room import Room
from postil.live.showing import Rank, Showing, resync
from postil.live.wire import SectionRef, Watching, encode, framed
from postil.viewer import Viewer
from postil.web import transport

Start = Callable[[Coroutine[Any, Any, None]], object]


class Teller:
    """One reader at a page, as its room knows him (live.room.Watcher). `start` runs what ends with the socket."""

    __slots__ = (
        *("socket", "room", "viewer", "outline", "named", "showing", "rank", "seat"),
        *("_since", "_start", "_presence", "_is_telling", "_is_over"),
    )

    def __init__(
        self, socket: WebSocket, room: Room, viewer: Viewer, since: Since, outline: str | None, start: Start
    ) -> None:
        self.socket, self.room, self.viewer, self._since, self.outline = socket, room, viewer, since, outline
        self.named: Sequence[SectionRef] = ()
        self.showing = Showing(room, viewer.audience, None)
        self.rank: Rank | None = None
        self.seat: Seat | None = None
        self._start = start
        self._presence: str | None = None
        self._is_telling, self._is_over = True, False

    @property
    def since(self) -> Since:
        return self._since if self.rank is None else self.rank.since

    @since.setter
    def since(self, since: Since) -> None:
        self._since = since

    async def begin(self, named: Sequence[SectionRef], *, presence: bool) -> None:
        """Everything missed, then the word that the watch is understood, then whatever comes."""
        await self._show(named)
        if self.showing.is_unknown:
            await self._send(resync(self.since))
        await self._step()
        await self.say(Watching(type="watching", since=str(self.since)))
        if presence and not self._is_over:
            self.seat = self.room.presence.sit(self.shows_readers, self._hear)
        await self._tell()

    def end(self) -> None:
        """The socket is over."""
        self._is_over = True
        self.room.forget(self)
        if self.seat is not None:
            self.room.presence.stand(self.seat)

    async def show(self, named: Sequence[SectionRef]) -> None:
        """Other sections are in sight now."""
        await self._show(named)
        await self.say(Watching(type="watching", since=str(self.since)))
        # A step that was being made meanwhile may have passed him by: for what he showed he was gone, and what he shows
        # now was not there yet.
        self.wake()
        self._line_up()
        if self.seat is not None:
            self.room.presence.changed()

    def shows_readers(self, section: str) -> bool:
        return self.showing.shows_readers(section)

    def write_in(self, section: str) -> None:
        """He presses keys in a section, which counts where readers know of it."""
        if self.seat is not None and self.shows_readers(section):
            self.room.presence.write(self.seat, section)

    async def say(self, answer: Answer) -> None:
        await self._send(encode(answer))

    # What the room asks of him

    def wake(self) -> None:
        if not (self._is_telling or self._is_over) and (self._is_behind(0) or self._presence is not None):
            self._fall_out()
            self._is_telling = True
            self._start(self._tell())

    def _line_up(self) -> None:
        """Be told with others from now on, if nothing hinders it."""
        if self.rank is None and not (self._is_telling or self._is_over):
            write = transport.lend(self.socket.scope, self._fall_out)
            if write is not None:
                self.showing.line_up(self, write)

    def _fall_out(self) -> None:
        self.showing.fall_out(self)

    def _hear(self, text: str) -> None:
        """How many are here. If he is slow only the latest is kept for him."""
        if self._is_telling or not transport.write(self.socket.scope, framed([text])):
            self._presence = text
            self.wake()

    # The plain way

    async def _show(self, named: Sequence[SectionRef]) -> None:
        self.named = named
        await self.room.show(self, named, self.outline)
        while self.named is not named:  # he has changed his mind meanwhile
            named = self.named
            await self.room.show(self, named, self.outline)

    async def _tell(self) -> None:
        asked = 0
        while self._is_behind(asked) or self._presence is not None:
            if self._is_behind(asked):
                asked = self.room.revisions[self.viewer.audience]
                await self._step()
            if (text := self._presence) is not None:
                self._presence = None
                await self._send(text)
        # No await since the last look: who has news from now on finds him ready, or starts this again.
        self._is_telling = False
        self._line_up()

    def _is_behind(self, asked: int) -> bool:
        return self.room.revisions[self.viewer.audience] > max(self.since.revision, asked)

    async def _step(self) -> None:
        """Send what changed since a revision, bodies first: the counts end the step and move the reader's cursor."""
        frames = await self.room.ask(self.room, self.viewer, self.since)
        if await self.showing.is_lost(frames):
            await self._send(resync(self.since))
        for text in self.showing.texts(frames, self.since):
            await self._send(text)
        self.since = frames.since

    async def _send(self, text: str) -> None:
        """Waits for a reader who is slow; the transport lets go of one who has stopped (transport.py)."""
        await self.socket.send_text(text)
