"""Public windows of sections, kept as bytes until they change, and made again in a moment once they did.

Whether they did is asked of the database each time: of SQLite by one number that moves with every commit of anybody
(glance.py), of PostgreSQL by the section's stamp (stamps.py). So a comment that was hidden is gone from the very next
answer, in this process and in every other.
"""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from postil import ready
from postil.db import Database
from postil.glance import Busy, Glance
from postil.migrate import sqlite_file
from postil.ready import Leaves
from postil.sites import is_registered, site_of
from postil.web.caching import Kept, Later, Prepared, prepare
from postil.windows import Stamp, Wish

if TYPE_CHECKING:
    from postil.stamps import Stamps


# Two ids and some numbers.
ROW_BYTES = 256


class Standing:
    """A window as it was at a version of the database; `stamp` tells whether a later version still has it so."""

    __slots__ = ("leaves", "prepared", "size", "stamp", "version")

    def __init__(self, prepared: Prepared, version: int, stamp: Stamp, leaves: Leaves) -> None:
        self.prepared, self.version, self.stamp, self.leaves = prepared, version, stamp, leaves
        # The leaves are the content again, in pieces, and a row for each.
        self.size = prepared.size + len(prepared.content) + ROW_BYTES * len(leaves.by_id)


class Shelf:
    """The windows at hand; `made` are those of handlers, by wish and stamp. In memory there are none.

    On SQLite nothing is awaited between asking and keeping, so equal misses are one: the first makes it, the others
    find it. On PostgreSQL the handler has what is missing made, once for all who ask.
    """

    def __init__(
        self, database: Database, made: Kept[Prepared] | None = None, kept: Kept[Standing] | None = None
    ) -> None:
        self._database, self._made, self._kept = database, made or Kept[Prepared](), kept or Kept[Standing]()
        self._glance: Glance | None = None
        self._stamps: Stamps | None = None

    async def open(self) -> None:
        """Call once the database is open."""
        if not self._database.is_sqlite:
            from postil.stamps import Stamps

            url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._stamps = Stamps(url)
            await self._stamps.open()
        elif (file := sqlite_file(self._database)) is not None:
            self._glance = Glance(file)

    def close(self) -> None:
        if self._stamps is not None:
            self._stamps.close()
            self._stamps = None
        if self._glance is not None:
            self._glance.close()
            self._glance = None

    async def knows(self, origin: str) -> bool:
        """Whether an origin is a site's."""
        if not self._database.is_sqlite:
            return await self._database.look(partial(is_registered, origin=origin))
        with suppress(Busy):
            if self._glance is not None:
                return is_registered(self._glance, origin)
        async with self._database.read() as snapshot:
            return await site_of(snapshot, origin) is not None

    def now(self, wish: Wish) -> Prepared | Later | None:
        """The window as anybody sees it now; None where somebody else must answer, or refuse."""
        if self._stamps is not None:
            asked = self._stamps.ask(wish.section)
            return Later(asked, lambda: self._made.get((wish, asked.result())))
        if self._glance is None:
            return None
        try:
            return self._now(self._glance, wish)
        except Busy:
            return None

    async def make(self, wish: Wish) -> Prepared | None:
        """The window, where that is not on SQLite, of what stood in it before; None where somebody else must answer."""
        if self._stamps is None:
            return None
        found, epoch = self._kept.get(wish), self._database.lineage.epoch
        made = await self._database.look(
            lambda glance: ready.read(glance, epoch, wish, found.leaves if found else None)
        )
        if made is None:
            return None
        standing = self._kept.keep(wish, Standing(prepare(made.content), 0, made.stamp, made.leaves))
        return self._made.keep((wish, made.stamp), standing.prepared)

    def _now(self, glance: Glance, wish: Wish) -> Prepared | None:
        version, found = glance.version(), self._kept.get(wish)
        if found is not None:
            if found.version == version:
                return found.prepared
            if ready.stamp(glance, wish.section) == found.stamp:
                found.version = version
                return found.prepared
        made = ready.read(glance, self._database.lineage.epoch, wish, found.leaves if found else None)
        if made is None:
            self._kept.drop(wish)
            return None
        # The version was asked before: what was committed meanwhile is looked at once more.
        return self._kept.keep(wish, Standing(prepare(made.content), version, made.stamp, made.leaves)).prepared
