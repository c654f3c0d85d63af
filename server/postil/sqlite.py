"""What SQLite needs: its settings on every connection, which kind of BEGIN, and one writer at a time.

SQLite runs with WAL, synchronous=FULL and foreign keys on every connection. A transaction that reads and then
writes would fail at once with "database is locked", so a change takes the write lock first (BEGIN IMMEDIATE).

One task of the process writes. It gives every change its turn in a savepoint of its own, and what waits meanwhile
shares one commit: the disk is waited for once, and each is told that it is there when it is. A change that fails
takes nobody else's with it; a commit that fails is the failure of all that are in it.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

from postil.driver import DIALECT
from postil.driver import Connection as Driver

T = TypeVar("T")

# A transaction that reads and then writes would fail where another has written between.
BEGIN = "BEGIN IMMEDIATE"
# A savepoint keeps pages that it may have to undo, and a post changes so many that SQLite would write them to a file.
# Whoever reads may have more to sort than belongs into memory.
UNDO_IN_MEMORY, SORT_IN_FILES = "PRAGMA temp_store = memory", "PRAGMA temp_store = default"
# Without recursive triggers, INSERT OR REPLACE would delete a decision unseen by the trigger that forbids it.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
# A writer of another process may hold the file for one commit; far longer means that it hangs.
BUSY_MILLISECONDS = 5_000
# Five readers and the writer keep a small server busy; who comes then waits for a free connection, not for the disk.
CONNECTIONS = 6
WAIT_SECONDS = 10.0
# Changes in one commit: the first of them waits for the last.
MOST_TOGETHER = 64


class Sqlite:
    """How the doors of db.py stand on an SQLite file."""

    engine: AsyncEngine

    def address(self, url: URL) -> URL:
        return url.set(drivername=f"sqlite+{DIALECT}")

    def make_engine(self, url: URL) -> AsyncEngine:
        # What a statement was given is somebody's name or text: it belongs in no log.
        pool = {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_timeout": WAIT_SECONDS}
        engine = create_async_engine(self.address(url), hide_parameters=True, **pool)
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin)
        event.listen(engine.sync_engine, "checkin", _sort_in_files)
        self._writer = Writer(engine)
        return engine

    @asynccontextmanager
    async def change(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        """What one change is made on, inside a transaction: committed when this ends."""
        async with self._writer.turn() as transaction:
            transaction.driver.beside = long
            try:
                yield await transaction.connection()
            finally:
                transaction.driver.beside = False

    async def briefly(self, work: Callable[[Driver], T]) -> T:
        """The same for a few plain statements, without SQLAlchemy: what `work` gives."""
        return await self._writer.make(work)

    async def rest(self) -> None:
        await self._writer.rest()

    def will_pass(self, error: DBAPIError) -> bool:
        """Whether the next attempt may well succeed: the file is locked, or the disk is full."""
        return isinstance(error, OperationalError)

    async def check(self, connection: AsyncConnection) -> None:
        """Raise RuntimeError unless a connection has the settings that durability rests on."""
        for name, wanted in PRAGMAS.items():
            found = (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            if found != wanted:
                raise RuntimeError(f"SQLite says PRAGMA {name} = {found}, and Postil needs {wanted}.")


class _Transaction:
    """A transaction of the one that writes, on a connection of the pool."""

    def __init__(self, engine: AsyncEngine, pooled: PoolProxiedConnection) -> None:
        assert isinstance(pooled.driver_connection, Driver)
        self.driver = pooled.driver_connection
        self._engine, self._pooled = engine, pooled
        self._connection: AsyncConnection | None = None

    async def begin(self) -> None:
        self.driver.ask(UNDO_IN_MEMORY)
        try:
            self.driver.ask(BEGIN)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            await greenlet_spawn(self.driver.execute, BEGIN)  # asks again for a while

    async def connection(self) -> AsyncConnection:
        """The same connection, as SQLAlchemy's sessions want it: made for the first that asks."""
        if self._connection is None:
            self._connection = AsyncConnection(self._engine, Connection(self._engine.sync_engine, self._pooled))
            await self._connection.begin()  # it has begun: _begin sees that
        return self._connection

    async def commit(self) -> PoolProxiedConnection | None:
        """Put all of it on the disk. What it was made on, where the next one can have that."""
        await self.driver.keep()
        return None if self._connection is not None else self._pooled

    async def end(self) -> None:
        """Give the connection back; what is not committed is undone."""
        if self._connection is not None:
            await self._connection.close()
        else:
            await greenlet_spawn(self._pooled.close)


class _Change:
    """One change on its way: it has its turn, is done with it, and is on the disk."""

    def __init__(self) -> None:
        self.kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_whole = False  # whether it is to be kept: what failed is undone already

    async def be_made(self, transaction: _Transaction) -> None:
        """Have the turn. What fails is not whole, and whoever made it knows why."""
        raise NotImplementedError

    def fail(self, error: BaseException) -> None:
        if not self.kept.done():
            self.kept.set_exception(error)
            self.kept.exception()  # whoever was cancelled does not look at it


class _Turn(_Change):
    """One that is made by somebody who waits for his turn."""

    def __init__(self) -> None:
        super().__init__()
        future = asyncio.get_running_loop().create_future
        self.turn: asyncio.Future[_Transaction] = future()
        self.done: asyncio.Future[None] = future()

    async def be_made(self, transaction: _Transaction) -> None:
        if not self.turn.cancelled():
            self.turn.set_result(transaction)
            await self.done

    def fail(self, error: BaseException) -> None:
        super().fail(error)
        if not self.turn.done():
            self.turn.set_exception(error)
            self.turn.exception()


class _Work(_Change, Generic[T]):
    """One of a few plain statements, made at once when it has its turn. `gave` is what it came to."""

    gave: T

    def __init__(self, work: Callable[[Driver], T]) -> None:
        super().__init__()
        self._work = work

    async def be_made(self, transaction: _Transaction) -> None:
        if self.kept.done():
            return  # who asked has gone
        try:
            with transaction.driver.savepoint():
                self.gave = self._work(transaction.driver)
        except Exception as error:
            self.fail(error)
        else:
            self.is_whole = True


class Writer:
    """The one that writes: gives changes their turns in the order in which they came. It keeps its connection."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: deque[_Change] = deque()
        self._task: asyncio.Task[None] | None = None
        self._pooled: PoolProxiedConnection | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[_Transaction]:
        """A writer's turn; what was changed is on the disk when this ends."""
        change = _Turn()
        self._put(change)
        with _as_sqlalchemy():
            try:
                yield await change.turn
                change.is_whole = True
            finally:
                change.turn.cancel()
                change.done.set_result(None)
            await asyncio.shield(change.kept)

    async def make(self, work: Callable[[Driver], T]) -> T:
        """Make a change of a few plain statements; it is on the disk when this ends."""
        change = _Work(work)
        self._put(change)
        with _as_sqlalchemy():
            await change.kept  # cancelled with whoever waits: it is not made then, if it has not been
        return change.gave

    def _put(self, change: _Change) -> None:
        self._waiting.append(change)
        if self._task is None:
            self._task = asyncio.create_task(self._write(), name="writer")

    async def rest(self) -> None:
        """Until nothing is being written; then the connection is given back."""
        if self._task is not None:
            await asyncio.wait([self._task])
        pooled, self._pooled = self._pooled, None
        if pooled is not None:
            await greenlet_spawn(pooled.close)

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self._together()
        except Exception as error:
            # Nobody is left waiting for a turn that does not come. The next one begins anew.
            for change in self._waiting:
                change.fail(error)
            self._waiting.clear()
        finally:
            self._task = None

    async def _together(self) -> None:
        """One transaction, of all that wait or come while it lasts."""
        transaction = await self._begin()
        whole: list[_Change] = []
        try:
            while self._waiting and len(whole) < MOST_TOGETHER:
                whole += await self._give(transaction, self._waiting.popleft())
            self._pooled = await transaction.commit()
        except BaseException as error:
            for change in whole:
                change.fail(error)
            if not isinstance(error, (sqlite3.OperationalError, OperationalError)):
                raise
        finally:
            if self._pooled is None:
                await transaction.end()
        for change in whole:
            if not change.kept.done():
                change.kept.set_result(None)

    async def _begin(self) -> _Transaction:
        pooled, self._pooled = self._pooled or await self._engine.raw_connection(), None
        transaction = _Transaction(self._engine, pooled)
        try:
            await transaction.begin()
        except BaseException:
            await transaction.end()
            raise
        return transaction

    async def _give(self, transaction: _Transaction, change: _Change) -> list[_Change]:
        """Let a change be made; it is in the list where it is to be kept."""
        await change.be_made(transaction)
        if not transaction.driver.in_transaction:
            change.fail(gone := sqlite3.OperationalError("SQLite has given the transaction up"))
            raise gone  # a full disk, or the like: what the others changed is undone too
        return [change] if change.is_whole else []


@contextmanager
def _as_sqlalchemy() -> Iterator[None]:
    """What SQLite refuses, in the words of whatever else asks it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OperationalError("a change", None, error) from error


def _set_pragmas(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: _begin says which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in {**PRAGMAS, "busy_timeout": 0}.items():
        cursor.execute(f"PRAGMA {name} = {value}")
    cursor.close()
    connection.busy_seconds = BUSY_MILLISECONDS / 1000


def _sort_in_files(connection: Driver | None, _record: object) -> None:
    if connection is not None:  # None: it was lost
        connection.ask(SORT_IN_FILES)


def _begin(connection: Connection) -> None:
    if connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        return
    connection.exec_driver_sql("BEGIN")
