"""The engine and its two doors: read() for one snapshot, begin() for one change. There is no third.

What SQLite and PostgreSQL each need is in sqlite.py and postgresql.py.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as TimedOut
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from postil.driver import Connection as Driver
from postil.errors import Unavailable
from postil.glance import Look
from postil.postgresql import Driver as PostgresqlDriver
from postil.postgresql import Postgresql
from postil.sqlite import Sqlite

T = TypeVar("T")

# Whoever still asks when the service stops is waited for so long.
CLOSE_SECONDS = 2.0
# Longer than anything of ours takes, shorter than a browser waits for its answer.
PATIENCE_SECONDS = 20.0
# Where the transaction is begun already, it is that of other changes too.
SAVEPOINT: dict[str, Any] = {"join_transaction_mode": "create_savepoint"}


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


class Lineage(NamedTuple):
    """Which history the database tells, as its one row of that name has it."""

    epoch: str
    secret: str


class Snapshot(AsyncSession):
    """One reading of the database; `now` is the epoch second at which it began, `epoch` the lineage it tells."""

    now: int
    epoch: str


class Transaction(Snapshot):
    """One change. What it did to pages and queues is told to the bus after the commit, and only then."""

    hints: list[News]


class Brief:
    """One change in plain statements; what it did is told after the commit, as a Transaction's is."""

    def __init__(self, driver: Driver | PostgresqlDriver, now: int, epoch: str, hints: list[News]) -> None:
        self.now, self.epoch, self.hints = now, epoch, hints
        self.ask, self.do, self.locking = driver.ask, driver.do, driver.locking

    def row(self, statement: str, *parameters: Any) -> Any:
        """The first row; None where there is none."""
        rows = self.ask(statement, *parameters)
        return rows[0] if rows else None


class Database:
    """A database by URL. `on_commit` hears the hints of every committed change; `patience` is for a dead line."""

    lineage: Lineage

    def __init__(
        self,
        url: str,
        *,
        on_commit: Callable[[list[News]], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.on_commit = on_commit
        self.clock = clock
        self._kind = Sqlite() if self.is_sqlite else Postgresql(patience)
        self.engine = self._kind.make_engine(self.url)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Snapshot]:
        """One consistent snapshot: everything read inside belongs to the same revision."""
        # Around the session too: giving back a connection that was lost says so once more.
        async with (
            self._busy_is_unavailable(),
            Snapshot(self.engine, expire_on_commit=False, autoflush=False) as snapshot,
        ):
            self._stamp(snapshot)
            yield snapshot

    @asynccontextmanager
    async def begin(self, *, long: bool = False) -> AsyncIterator[Transaction]:
        """One change: committed when the block ends, undone when it raises; then the bus hears of it.

        `long`: a statement of it may take long, as those that look at all comments do.
        """
        hints: list[News] = []
        async with self._busy_is_unavailable(), self._kind.change(long=long) as bind:
            async with Transaction(bind, expire_on_commit=False, autoflush=False, **SAVEPOINT) as tx:
                self._stamp(tx)
                tx.hints = hints
                yield tx
                await tx.commit()
        if hints and self.on_commit:
            await self.on_commit(hints)

    async def briefly(self, work: Callable[[Brief], T]) -> T:
        """begin() for a change of a few plain statements, where that takes a fraction of the time.

        What `work` gives, once it is committed. It is called in its turn, and again where what it did was undone.
        """
        hints: list[News] = []

        def made(driver: Driver | PostgresqlDriver) -> T:
            hints.clear()
            return work(Brief(driver, int(self.clock()), self.lineage.epoch, hints))

        async with self._busy_is_unavailable():
            gave = await self._kind.briefly(made)
        if hints and self.on_commit:
            await self.on_commit(hints)
        return gave

    async def look(self, work: Callable[[Look], T]) -> T:
        """read() for a few questions (glance.py), where that takes a fraction of the time: on PostgreSQL. On SQLite a
        Glance has them at once.
        """
        assert isinstance(self._kind, Postgresql)
        async with self._busy_is_unavailable():
            return await self._kind.look(work)

    def _stamp(self, snapshot: Snapshot) -> None:
        snapshot.now = int(self.clock())
        snapshot.epoch = self.lineage.epoch

    async def open(self) -> None:
        """Check the connection and learn which lineage this is; call once before read() or begin()."""
        await self.check()
        async with self._busy_is_unavailable():
            self.lineage = await self._kind.briefly(_lineage)  # a session would have all tables mapped for it
            await self._kind.rest()

    def make_engine(self) -> AsyncEngine:
        """One more engine, as the driver has it, for what needs none of our settings (migrations)."""
        return create_async_engine(self._kind.address(self.url))

    async def check(self) -> None:
        """Raise RuntimeError unless a connection has the settings that durability rests on; Unavailable."""
        async with self._busy_is_unavailable(), self.engine.connect() as connection:
            await self._kind.check(connection)

    @asynccontextmanager
    async def _busy_is_unavailable(self) -> AsyncIterator[None]:
        """A database that is locked, full, away or busy is a state of the world and not a bug: "try again"."""
        try:
            yield
        except TimedOut as error:
            raise Unavailable(retry_after=2) from error
        except DBAPIError as error:
            if not self._kind.will_pass(error):
                raise
            raise Unavailable(retry_after=2) from error

    async def rest(self) -> None:
        """Until nobody changes anything; what changes are made on is given back then."""
        await self._kind.rest()

    async def close(self) -> None:
        """Give every connection back, once what is under way has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._kind.rest()
                # One still in use would be forgotten by dispose(), and left open. Pools have no event for it.
                while isinstance(pool := self.engine.pool, QueuePool) and pool.checkedout():  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
        await self.engine.dispose()


def new_epoch() -> str:
    """A name for a database's history, eight characters; cursors of another one are never trusted."""
    return secrets.token_hex(4)


def _lineage(driver: Driver | PostgresqlDriver) -> Lineage:
    """What the database says of itself; a new one is told it first, by one of those that open it at once."""
    found = driver.ask("SELECT epoch, secret FROM lineage WHERE id = 1")
    if found:
        return Lineage(*found[0])
    made = Lineage(epoch=new_epoch(), secret=secrets.token_hex(32))
    driver.do("INSERT INTO lineage (id, epoch, secret) VALUES (1, ?, ?)", *made)
    return made
