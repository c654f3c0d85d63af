"""What PostgreSQL needs: a snapshot for what is read, and for a change the rows as they are once it has their lock.

Within a page revisions commit in order because changing() locks the page's row: READ COMMITTED is enough for a
change, and whoever waits for the lock reads what the one before him committed.
"""

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util.concurrency import await_, greenlet_spawn

from postil.glance import Question

if TYPE_CHECKING:
    from psycopg import AsyncConnection as Line

T = TypeVar("T")

# A server that is there answers a connection at once; one that is not must not hold up whoever asks.
CONNECT_SECONDS = 5
# What looks at all comments may take longer than any line is trusted to be silent: it has an hour, and the system looks
# meanwhile whether somebody is still there.
LONG_SECONDS = 3600.0
KEEPALIVES = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
# Of one process; PostgreSQL's own default is a hundred for all of them.
CONNECTIONS, MOST_MORE = 8, 8
WAIT_SECONDS = 5.0
# Two did the same thing at once, and neither saw the other: a new attempt of the second finds what the first did.
_RACES = {"23505", "40001", "40P01"}
# Tables and columns that are not there: somebody is just migrating, and this process is of the other version.
_MIGRATING = {"42P01", "42703"}


class Driver:
    """A connection asked in plain statements, inside a transaction of its own: what driver.Connection is on SQLite.

    What `do` is told is sent with the next question, or at the end: all of it at once, for nobody waits for answers.
    """

    locking = " FOR UPDATE"

    def __init__(self, line: "Line[Any]") -> None:
        from psycopg.types.string import TextLoader

        self._line, self._cursor = line, line.cursor()
        self._cursor.adapters.register_loader("json", TextLoader)  # as SQLite has it
        self._told: list[tuple[str, tuple[Any, ...]]] = []

    def ask(self, statement: str, *parameters: Any) -> list[Any]:
        """The rows of a short statement."""
        return await_(self._ask(statement, parameters))

    def do(self, statement: str, *parameters: Any) -> None:
        """Run a statement whose answer says nothing; what it fails with is heard later."""
        self._told.append((_placed(statement), parameters))

    async def _ask(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        await self._send()
        await self._cursor.execute(_placed(statement), parameters)
        return await self._cursor.fetchall()

    async def _send(self) -> None:
        told, self._told = self._told, []
        if told:
            async with self._line.pipeline():
                for statement, parameters in told:
                    await self._cursor.execute(statement, parameters)

    async def keep(self) -> None:
        """Commit what was done; OperationalError of the driver where that is not sure."""
        await self._send()
        await self._line.commit()


class Looking:
    """A connection asked in a transaction that only reads, which is one snapshot: what glance.Glance is on SQLite."""

    def __init__(self, line: "Line[Any]") -> None:
        self._cursor = line.cursor()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        yield

    def ask(self, question: Question, **given: Any) -> list[Any]:
        return list(self.ask_on(question, **given))

    def ask_on(self, question: Question, **given: Any) -> Iterator[Any]:
        here = question.on_postgresql
        return here.read(await_(self._ask(here.sql, here.values(given))))

    async def _ask(self, statement: str, given: dict[str, Any]) -> list[Any]:
        await self._cursor.execute(statement, given)
        return await self._cursor.fetchall()


@lru_cache(maxsize=256)
def _placed(statement: str) -> str:
    """With the driver's own sign for a parameter."""
    return statement.replace("?", "%s")


class NotDurable(RuntimeError):
    """The server may forget what it has acknowledged; the sentence says what to do."""


class Postgresql:
    """How the doors of db.py stand on PostgreSQL. `patience`: seconds after which a line counts as dead."""

    def __init__(self, patience: float) -> None:
        self.patience = patience

    def address(self, url: URL) -> URL:
        return url

    def make_engine(self, url: URL) -> AsyncEngine:
        engine = create_async_engine(
            url,
            hide_parameters=True,  # what a statement was given is somebody's name or text: it belongs in no log
            pool_size=CONNECTIONS,
            max_overflow=MOST_MORE,
            pool_timeout=WAIT_SECONDS,
            isolation_level="REPEATABLE READ",
            use_native_hstore=False,  # it would ask for a type that we have not, on each connection
            connect_args={"connect_timeout": CONNECT_SECONDS, **KEEPALIVES},
        )
        self._cut_stalled(engine)
        event.listen(engine.sync_engine, "checkout", _leave_dead)
        self._reading = engine
        self._writing = engine.execution_options(isolation_level="READ COMMITTED")
        self._writing_long = self._writing.execution_options(patience=LONG_SECONDS)
        return engine

    @asynccontextmanager
    async def change(self, *, long: bool = False) -> AsyncIterator[AsyncEngine]:
        """What one change is made on. Writers wait for each other at the rows that they lock (changing.changing)."""
        yield self._writing_long if long else self._writing

    async def briefly(self, work: Callable[[Driver], T]) -> T:
        """The same for a few plain statements, without SQLAlchemy: what `work` gives. Where somebody else came first
        with a row of the same key it is called once more, and finds that.
        """
        try:
            return await self._made(work)
        except DBAPIError as error:
            if _sqlstate(error) not in _RACES:
                raise
        return await self._made(work)

    async def _made(self, work: Callable[[Driver], T]) -> T:
        async with self._line(self._writing) as line:
            driver = Driver(line)
            gave = await greenlet_spawn(work, driver)
            await driver.keep()
            return gave

    async def look(self, work: Callable[[Looking], T]) -> T:
        """What `work` gives, who asks a few questions of one snapshot."""
        async with self._line(self._reading) as line:
            return await greenlet_spawn(work, Looking(line))

    @asynccontextmanager
    async def _line(self, engine: AsyncEngine) -> AsyncIterator["Line[Any]"]:
        """A connection of the pool without SQLAlchemy; what it says no to is said in SQLAlchemy's words."""
        import psycopg

        async with engine.connect() as connection:
            line = (await connection.get_raw_connection()).driver_connection
            assert isinstance(line, psycopg.AsyncConnection)
            try:
                yield line
            except psycopg.Error as error:
                if line.closed:
                    # SQLAlchemy finds out for itself, and forgets all lines that are as old.
                    await connection.exec_driver_sql("SELECT 1")
                raise DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True) from error

    async def rest(self) -> None:
        """Nothing is under way but what the pool knows."""

    async def check(self, connection: AsyncConnection) -> None:
        """NotDurable where a commit is answered before it is kept: what was acknowledged is durable."""
        found = (await connection.execute(text("SHOW synchronous_commit"))).scalar()
        if found == "off":
            raise NotDurable(
                "PostgreSQL answers a commit before it is kept (synchronous_commit = off), and might forget it. Say\n"
                "  ALTER ROLE … SET synchronous_commit = on\nfor the role that POSTIL_DATABASE_URL names."
            )

    def will_pass(self, error: DBAPIError) -> bool:
        """Whether the next attempt may well succeed: the server was away, or somebody else came first."""
        lost = isinstance(error, OperationalError) or error.connection_invalidated
        return lost or _sqlstate(error) in _RACES | _MIGRATING

    def _cut_stalled(self, engine: AsyncEngine) -> None:
        """End what is in use for too long: a line that went dead says nothing by itself."""

        def begin(connection: Connection) -> None:
            patience = connection.get_execution_options().get("patience", self.patience)
            loop, pooled = asyncio.get_running_loop(), connection.connection
            pooled.info["deadline"] = loop.call_later(patience, _cut, pooled.driver_connection)

        def end(_connection: object, record: Any) -> None:
            if deadline := record.info.pop("deadline", None):
                deadline.cancel()

        event.listen(engine.sync_engine, "engine_connect", begin)
        event.listen(engine.sync_engine, "checkin", end)


def _leave_dead(_connection: object, record: Any, _proxy: object) -> None:
    """A server that went away has said so, or hung up, on all lines that lay in the pool: they are made anew, and
    whoever comes first after a restart is answered like any other.
    """
    line = record.driver_connection
    if line.closed or _is_spoken_on(line.fileno()):
        raise InvalidatePoolError


def _is_spoken_on(line: int) -> bool:
    """Whether there is something to read: of a server that was asked nothing, its last words."""
    ear = select.poll()
    ear.register(line, select.POLLIN)
    return bool(ear.poll(0))


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _cut(connection: Any) -> None:
    """Shut the socket down, rather than cancel the task: the driver would first ask the same line to cancel."""
    # A duplicate, so that what is closed here leaves the driver its own.
    with suppress(Exception), closing(socket.socket(fileno=os.dup(connection.fileno()))) as line:
        line.shutdown(socket.SHUT_RDWR)
