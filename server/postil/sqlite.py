"""What SQLite needs: its settings on every connection, which kind of BEGIN, and one writer at a time.

SQLite runs with WAL, synchronous=FULL and foreign keys on every connection. A transaction that reads and then
writes would fail at once with "database is locked", whatever busy_timeout says, so a change takes the write
lock first (BEGIN IMMEDIATE), and writers of one process queue on a fair lock instead of polling for SQLite's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

# Without recursive triggers, INSERT OR REPLACE would delete a decision unseen by the trigger that forbids it.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
# A writer of another process may hold the file for one commit; far longer means that it hangs.
BUSY_MILLISECONDS = 5_000
# Five readers and the writer keep a small server busy; who comes then waits for a free connection, not for the disk.
CONNECTIONS = 6
WAIT_SECONDS = 10.0


class Sqlite:
    """How the doors of db.py stand on an SQLite file."""

    def __init__(self) -> None:
        self._writer = asyncio.Lock()

    def make_engine(self, url: URL) -> AsyncEngine:
        # What a statement was given is somebody's name or text: it belongs in no log.
        engine = create_async_engine(
            url, hide_parameters=True, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=WAIT_SECONDS
        )
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin)
        return engine

    def writing(self, engine: AsyncEngine) -> AsyncEngine:
        return engine.execution_options(postil_write=True)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A writer's turn: the file has one at a time."""
        async with self._writer:
            yield

    def will_pass(self, error: DBAPIError) -> bool:
        """Whether the next attempt may well succeed: the file is locked, or the disk is full."""
        return isinstance(error, OperationalError)

    async def check(self, connection: AsyncConnection) -> None:
        """Raise RuntimeError unless a connection has the settings that durability rests on."""
        for name, wanted in PRAGMAS.items():
            found = (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            if found != wanted:
                raise RuntimeError(f"SQLite says PRAGMA {name} = {found}, and Postil needs {wanted}.")


def _set_pragmas(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: _begin says which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name} = {value}")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("postil_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
