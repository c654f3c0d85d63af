"""The engine and its two doors: read() for one snapshot, begin() for one change. There is no third.

SQLite runs with WAL, synchronous=FULL and foreign keys on every connection. A transaction that reads and then
writes would fail at once with "database is locked", whatever busy_timeout says, so begin() takes the write
lock first (BEGIN IMMEDIATE), and writers of one process queue on a fair lock instead of polling for SQLite's.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as TimedOut
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from postil.errors import Unavailable
from postil.models import Lineage

# Without recursive triggers, INSERT OR REPLACE would delete a decision unseen by the trigger that forbids it.
SQLITE_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
# A writer of another process may hold the file for one commit; far longer means that it hangs.
BUSY_MILLISECONDS = 5_000
# Whoever still asks when the service stops is waited for so long.
CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Hint:
    """A page has moved to these revisions. Content never travels with it (house, law 2).

    `calm`: nothing but reactions changed, so whoever hears it may gather for a second.
    """

    site: str
    key: str
    public: int
    staff: int
    calm: bool = False


@dataclass(frozen=True, slots=True)
class QueueHint:
    """The moderators' queue of a site has moved to this revision."""

    site: str
    revision: int


News = Hint | QueueHint


class Snapshot(AsyncSession):
    """One reading of the database; `now` is the epoch second at which it began, `epoch` the lineage it tells."""

    now: int
    epoch: str


class Transaction(Snapshot):
    """One change. What it did to pages and queues is told to the bus after the commit, and only then."""

    hints: list[News]


class Database:
    """A database by URL. `on_commit` hears the hints of every committed change."""

    lineage: Lineage

    def __init__(
        self,
        url: str,
        *,
        on_commit: Callable[[list[News]], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.on_commit = on_commit
        self.clock = clock
        # What a statement was given is somebody's name or text: it belongs in no log.
        self.engine = create_async_engine(self.url, hide_parameters=True, **self._engine_options())
        if self.is_sqlite:
            _prepare_sqlite(self.engine)
        how = {"postil_write": True} if self.is_sqlite else {"isolation_level": "READ COMMITTED"}
        self._writing = self.engine.execution_options(**how)
        self._writer = asyncio.Lock()

    def _engine_options(self) -> dict[str, Any]:
        if self.is_sqlite:
            # Five readers keep a small server busy; a sixth waits for a free connection, not for the disk.
            return {"pool_size": 6, "max_overflow": 0, "pool_timeout": 10}
        return {"pool_size": 10, "max_overflow": 10, "isolation_level": "REPEATABLE READ"}

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Snapshot]:
        """One consistent snapshot: everything read inside belongs to the same revision."""
        async with Snapshot(self.engine, expire_on_commit=False, autoflush=False) as snapshot:
            self._stamp(snapshot)
            async with _busy_is_unavailable():
                yield snapshot

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """One change: committed when the block ends, undone when it raises; then the bus hears of it."""
        async with self._writer if self.is_sqlite else _no_lock():
            async with Transaction(self._writing, expire_on_commit=False, autoflush=False) as tx:
                self._stamp(tx)
                tx.hints = []
                async with _busy_is_unavailable():
                    yield tx
                    await tx.commit()
        if tx.hints and self.on_commit:
            await self.on_commit(tx.hints)

    def _stamp(self, snapshot: Snapshot) -> None:
        snapshot.now = int(self.clock())
        snapshot.epoch = self.lineage.epoch

    async def open(self) -> None:
        """Check the connection and learn which lineage this is; call once before read() or begin()."""
        await self.check()
        async with AsyncSession(self._writing, expire_on_commit=False) as session:
            lineage = await session.get(Lineage, 1)
            if lineage is None:
                lineage = Lineage(epoch=new_epoch(), secret=secrets.token_hex(32))
                session.add(lineage)
                await session.commit()
            self.lineage = lineage

    async def check(self) -> None:
        """Raise RuntimeError unless a connection has the settings that durability rests on."""
        async with self.engine.connect() as connection:
            if not self.is_sqlite:
                await connection.execute(text("SELECT 1"))
                return
            for name, wanted in SQLITE_PRAGMAS.items():
                found = (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
                if found != wanted:
                    raise RuntimeError(f"SQLite says PRAGMA {name} = {found}, and Postil needs {wanted}.")

    async def close(self) -> None:
        """Give every connection back. aiosqlite's threads keep the process alive until this is done."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                # One still in use would be forgotten by dispose(), its thread left behind. Pools have no event for it.
                while isinstance(pool := self.engine.pool, QueuePool) and pool.checkedout():  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
        await self.engine.dispose()


def new_epoch() -> str:
    """A name for a database's history, eight characters; cursors of another one are never trusted."""
    return secrets.token_hex(4)


@asynccontextmanager
async def _busy_is_unavailable() -> AsyncIterator[None]:
    """A locked or full database, or no free connection to it, is a state of the world and not a bug: "try again"."""
    try:
        yield
    except (OperationalError, TimedOut) as error:
        raise Unavailable(retry_after=2) from error


@asynccontextmanager
async def _no_lock() -> AsyncIterator[None]:
    yield


def _prepare_sqlite(engine: AsyncEngine) -> None:
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)


def _set_pragmas(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: _begin says which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {name} = {value}")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("postil_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
