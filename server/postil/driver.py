"""SQLite for SQLAlchemy's asyncio engine: short statements run where they are asked, on the event loop.

A statement on an index takes microseconds, a trip to a thread and back a hundred times that, so only what may take
long goes to a thread: a commit, which waits for the disk, and a query that has run for HELD_SECONDS, which is broken
off and begun again there. A change that may take long says so beforehand (`Connection.beside`), for one that is
broken off takes its transaction with it. A file that another process holds is asked again, and nobody waits meanwhile.
"""

import asyncio
import re
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeVar

from sqlalchemy import URL, pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util.concurrency import await_

T = TypeVar("T")

DIALECT = "postil"
# A query that takes longer goes on in a thread; the loop has been held for less than a frame of a screen.
HELD_SECONDS = 0.005
# How many of SQLite's own instructions pass before it looks at the clock: a quarter of a millisecond.
INSTRUCTIONS = 5_000
# How long until a file that is held is asked again: at first, and at most.
ASK_AGAIN, ASK_LATER = 0.001, 0.02

_CHANGES = re.compile(r"\s*(?:SELECT\b|WITH\b(?!.*\b(?:INSERT|UPDATE|DELETE)\b))", re.I | re.S)


@lru_cache(maxsize=1024)
def _only_reads(statement: str) -> bool:
    return bool(_CHANGES.match(statement))


async def off_loop(work: Callable[[], T], stop: Callable[[], None] | None = None) -> T:
    """work() in a thread. Who is cancelled meanwhile has it stopped, and waits for its end: nobody else may use the
    connection before.
    """
    running = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        if stop is not None:
            stop()
        await _ended(running)
        raise


async def _ended(running: asyncio.Future[Any]) -> None:
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            continue  # it is said again once this is over
    if not running.cancelled():
        running.exception()  # looked at, so that nobody is told of it


class Cursor(sqlite3.Cursor):
    """All of an answer is read at once, so that no statement stays open on the way."""

    connection: "Connection"

    def __init__(self, connection: "Connection") -> None:
        super().__init__(connection)
        self._rows: deque[Any] = deque()

    def execute(self, statement: str, parameters: Any = (), /) -> "Cursor":
        self.connection.run(lambda: self._execute(statement, parameters), only_reads=_only_reads(statement))
        return self

    def executemany(self, statement: str, parameters: Iterable[Any], /) -> "Cursor":
        rows = list(parameters)
        self.connection.run(lambda: self._execute_many(statement, rows), only_reads=False)
        return self

    def _execute(self, statement: str, parameters: Any) -> None:
        super().execute(statement, parameters)
        self._rows = deque(super().fetchall() if self.description else ())

    def _execute_many(self, statement: str, rows: list[Any]) -> None:
        super().executemany(statement, rows)
        self._rows = deque()

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        return [self._rows.popleft() for _ in range(min(size or 1, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows, self._rows = list(self._rows), deque()
        return rows

    async def _async_soft_close(self) -> None:
        """SQLAlchemy's asyncio engine says that it has read all it wanted."""

    def __iter__(self) -> "Cursor":
        return self

    def __next__(self) -> Any:
        if not self._rows:
            raise StopIteration
        return self._rows.popleft()


class Connection(sqlite3.Connection):
    """A connection that the event loop uses; `beside`: everything goes to a thread."""

    beside = False
    busy_seconds = 5.0
    locking = ""  # what a SELECT needs behind it so that nobody else changes its rows: the writer is the only one

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._until = 0.0
        self._changes = 0
        self._asking = super().cursor(sqlite3.Cursor)
        self.set_progress_handler(self._takes_long, INSTRUCTIONS)

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Cursor)  # type: ignore[arg-type]

    def execute(self, statement: str, parameters: Any = (), /) -> Any:
        return self.cursor().execute(statement, parameters)

    def commit(self) -> None:
        if self.in_transaction:
            await_(self.keep())

    async def keep(self) -> None:
        """commit(), for whoever can wait by himself."""
        if self.total_changes == self._changes:
            super().commit()  # nothing to wait for
        else:
            await off_loop(super().commit)
        self._changes = self.total_changes

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did where it fails, and nothing else."""
        self.ask("SAVEPOINT one")
        try:
            yield
        except BaseException:
            if self.in_transaction:
                self.ask("ROLLBACK TO one")
            raise
        finally:
            if self.in_transaction:
                self.ask("RELEASE one")

    def ask(self, statement: str, *parameters: Any) -> list[Any]:
        """Run a short statement here and now, outside of SQLAlchemy: its rows."""
        return self._asking.execute(statement, parameters).fetchall()

    do = ask  # where it says nothing

    def run(self, work: Callable[[], None], *, only_reads: bool) -> None:
        """Do `work`: here, or beside the loop where it takes long; again for a while, where the file is held."""
        if self.beside:
            return self._beside(work)
        await_(_NOTHING)
        ends = 0.0
        for pause in _pauses():
            try:
                return self._here(work, only_reads=only_reads)
            except sqlite3.OperationalError as error:
                code = error.sqlite_errorcode
                ends = ends or time.monotonic() + self.busy_seconds
                # Any other kind of BUSY is a snapshot that was written over: it stays so.
                if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY) or time.monotonic() > ends:
                    raise
            await_(asyncio.sleep(pause))

    def _here(self, work: Callable[[], None], *, only_reads: bool) -> None:
        self._until = time.perf_counter() + HELD_SECONDS if only_reads else 0.0
        try:
            work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
        else:
            return
        finally:
            self._until = 0.0
        self._beside(work)

    def _beside(self, work: Callable[[], None]) -> None:
        # Without the look at the clock, for which the thread would wait until the loop lets it run.
        self.set_progress_handler(None, 0)
        try:
            await_(off_loop(work, self.interrupt))
        finally:
            self.set_progress_handler(self._takes_long, INSTRUCTIONS)

    def _takes_long(self) -> bool:
        return 0.0 < self._until < time.perf_counter()


class _Nothing(Awaitable[None]):
    """What SQLAlchemy is shown, which takes a driver that never waits for one that holds the event loop up."""

    def __await__(self) -> Generator[Any, Any, None]:
        return
        yield


_NOTHING = _Nothing()


def _pauses() -> Iterator[float]:
    pause = ASK_AGAIN
    while True:
        yield pause
        pause = min(2 * pause, ASK_LATER)


class Dialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own dialect of SQLite, on such connections."""

    driver = DIALECT
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.AsyncAdaptedQueuePool if cls._is_url_file_db(url) else pool.StaticPool

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        return sqlite3

    def connect(self, *given: Any, **named: Any) -> Any:
        return super().connect(*given, factory=Connection, **(named | {"check_same_thread": False}))


registry.register(f"sqlite.{DIALECT}", __name__, "Dialect")
