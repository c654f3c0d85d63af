"""Who watches which page, in this process, and what they hear.

There is no queue. A watcher holds a revision; when the page has moved past it he is told the step from there (room.py),
and holds the next. Somebody slow asks late and gets one larger step; he costs nobody else anything. Frames are made
once for each audience and revision asked from, however many ask.
"""

import asyncio
import secrets
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from postil import reading, steps
from postil.answers import ChangesAnswer
from postil.auth import staff
from postil.cursors import Since
from postil.db import Database, Hint, News
from postil.glance import Busy, Glance, Look
from postil.live.bus import Bus, Seated
from postil.live.presence import Presence, Tell
from postil.live.queues import Queues
from postil.live.room import Room
from postil.live.shared import Shared
from postil.live.wire import Frames
from postil.migrate import sqlite_file
from postil.models import Page, PageAlias
from postil.places import Outlines, Places
from postil.viewer import Audience, Viewer

# Reactions come in bursts and nobody waits for them: what they push is gathered so long, for each page.
CALM_SECONDS = 1.0
# One question about so many pages at a time keeps the sweep's statement small.
SWEEP_PAGES = 200
# Arrivals of which one question is asked for all: pages, and sites, that readers come to at one time.
MOST_ARRIVING = 256


class Hub:
    """Rooms of this process. Subscribe with start(); run sweep() beside it, and never let it die unnoticed."""

    def __init__(self, database: Database, bus: Bus, outlines: Outlines) -> None:
        self.database, self.bus, self.outlines = database, bus, outlines
        self.name = secrets.token_hex(4)
        self.rooms: dict[tuple[str, str], Room] = {}
        self.sessions: dict[str, set[Callable[[], None]]] = {}
        self.queues = Queues(database)
        self.glance: Glance | None = None
        # Where those stand who come back at the same time, as all do after a restart: asked once for each place.
        self.arrivals: Shared[Hashable, Any] = Shared(MOST_ARRIVING, keeps=False)

    def start(self) -> Callable[[], None]:
        """Hear, once the database is open; call what is returned to stop."""
        file = sqlite_file(self.database)
        self.glance = Glance(file) if file is not None else None
        forget, ignore = self.bus.subscribe(self.hear), self.bus.hear_seated(self._hear_seated)

        def stop() -> None:
            forget()
            ignore()
            if self.glance is not None:
                self.glance.close()
                self.glance = None

        return stop

    def hear(self, hint: News) -> None:
        if isinstance(hint, Hint):
            self._hear_of_page(hint)
        else:
            self.queues.hear(hint)

    def _hear_seated(self, seated: Seated) -> None:
        if room := self.rooms.get((seated.site, seated.key)):
            room.presence.hear(seated.process, seated.reading, seated.writing)

    def _telling(self, site: str, key: str) -> Tell | None:
        """How other processes hear who is at a page by this one."""
        if not self.bus.has_others:
            return None
        return lambda reading, writing: self.bus.seat(Seated(site, key, self.name, reading, writing))

    def _hear_of_page(self, hint: Hint) -> None:
        room = self.rooms.get((hint.site, hint.key))
        if room is None:
            return
        if hint.calm:
            self._gather(room, hint)
        else:
            room.advance(hint.public, hint.staff)

    def _gather(self, room: Room, hint: Hint) -> None:
        loop = asyncio.get_running_loop()
        wait = room.calm_until - loop.time()
        if room.waiting is not None:
            room.waiting.cancel()
        if wait <= 0:
            room.calm_until = loop.time() + CALM_SECONDS
            room.waiting = None
            room.advance(hint.public, hint.staff)
            return
        # The latest hint stands for those before it.
        room.waiting = loop.call_later(wait, self._gather, room, hint)

    def enter(self, site: str, key: str) -> Room:
        """The page's room. Enter first, then read: what changes in between is heard."""
        room = self.rooms.get((site, key))
        if room is None:
            presence = Presence(self._telling(site, key))
            room = self.rooms[site, key] = Room(site, key, self.frames, self.places, presence=presence)
        room.watchers += 1
        return room

    def leave(self, room: Room) -> None:
        room.watchers -= 1
        if room.watchers == 0:
            self.rooms.pop((room.site, room.key), None)
            room.end()

    async def frames(self, room: Room, viewer: Viewer, since: Since) -> Frames:
        """What a viewer missed since a revision; equal askers share one question and one encoding."""
        return await room.frames.ask((viewer.audience, since), lambda: self._ask(room, viewer, since))

    async def _ask(self, room: Room, viewer: Viewer, since: Since) -> Frames:
        changes = await self._at_a_glance(room, since) if viewer.audience is Audience.PUBLIC else None
        if changes is None:
            async with self.database.read() as snapshot:
                changes = await reading.changes(snapshot, viewer, room.key, since)
        # What the page's sections are, for presence; the comments themselves are kept by nobody.
        room.told[viewer.audience] = changes.model_copy(update={"comments": [], "sections": [], "gone": {}})
        return Frames(changes)

    async def _at_a_glance(self, room: Room, since: Since) -> ChangesAnswer | None:
        def read(glance: Look) -> ChangesAnswer | None:
            return steps.read(glance, self.database.lineage.epoch, room.site, room.key, since)

        if not self.database.is_sqlite:
            return await self.database.look(read)
        try:
            return read(self.glance) if self.glance is not None else None
        except Busy:
            return None

    async def places(self, room: Room, outline: str) -> Places | None:
        """What stands where in an outline; None for one that is not known. Askers share this too."""
        found = await room.places.ask(outline, lambda: self._place(room, outline))
        if found is None:
            room.places.forget()  # he may send it at any moment
        return found

    async def _place(self, room: Room, outline: str) -> Places | None:
        async with self.database.read() as snapshot:
            page = await reading.find_page(snapshot, room.site, room.key)
            return await self.outlines.places(snapshot, page, outline) if page else ()

    def on_revoked(self, session: str, close: Callable[[], None]) -> Callable[[], None]:
        """Call `close` when the session ends; call what is returned when the socket is gone.

        Register first, then ask holds(): a session that ends in between is told.
        """
        closers = self.sessions.setdefault(session, set())
        closers.add(close)

        def forget() -> None:
            closers.discard(close)
            if not closers and self.sessions.get(session) is closers:
                del self.sessions[session]

        return forget

    async def holds(self, session: str) -> bool:
        async with self.database.read() as snapshot:
            return await staff.is_alive(snapshot, session)

    async def end_revoked(self) -> None:
        """Close the sockets of every session that no longer holds, here at once; other processes sweep."""
        for session in tuple(self.sessions):
            if not await self.holds(session):
                for close in tuple(self.sessions.get(session, ())):
                    close()

    async def sweep(self) -> None:
        """Compare what is watched with what is written: heals lost hints, and ends sessions revoked elsewhere."""
        rooms = list(self.rooms.values())
        for start in range(0, len(rooms), SWEEP_PAGES):
            await self._sweep_pages(rooms[start : start + SWEEP_PAGES])
        await self.queues.sweep()
        await self.end_revoked()

    async def _sweep_pages(self, rooms: list[Room]) -> None:
        revisions = (col(Page.public_revision), col(Page.staff_revision))
        pages = select(col(Page.site_id), col(Page.key), *revisions).where(_among(Page, rooms))
        moved = select(col(PageAlias.site_id), col(PageAlias.key), *revisions)
        moved = moved.join(Page, col(Page.id) == PageAlias.page_id).where(_among(PageAlias, rooms))
        async with self.database.read() as snapshot:
            rows = [row for query in (pages, moved) for row in await snapshot.execute(query)]
        for site, key, public, staff_revision in rows:
            if room := self.rooms.get((site, key)):
                room.advance(public, staff_revision)
                room.catch_up()


def _among(table: type[Page] | type[PageAlias], rooms: Iterable[Room]) -> ColumnElement[bool]:
    return or_(*((col(table.site_id) == room.site) & (col(table.key) == room.key) for room in rooms))
