"""The database under a test, empty and migrated: a file of SQLite, or one of a private PostgreSQL's where
POSTIL_TEST_DATABASE=postgresql (`make test-postgres`). Made once, then copied for each test.
"""

import asyncio
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader
from tests.servers import MEMORY, postgresql

from postil.db import Database
from postil.migrate import migrate

ON_POSTGRESQL = os.environ.get("POSTIL_TEST_DATABASE") == "postgresql"
PATIENCE = 20
# What a database says to a change that its triggers or keys forbid.
REFUSED = (sqlite3.IntegrityError, psycopg.DatabaseError)
_numbers = count()


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'postil.db'}"


def _migrate(url: str) -> None:
    async def make() -> None:
        database = Database(url)
        await migrate(database)
        await database.close()

    # A test's loop may be running in this very thread; so in one of its own.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(make())).result()


@cache
def _file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="postil-test-"))
    _migrate(sqlite_url(folder))
    return folder / "postil.db"


@cache
def _template() -> str:
    postgresql().run("CREATE DATABASE empty")
    _migrate(postgresql().url("empty"))
    return "empty"


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder in memory: most tests are about what is said, and tests/storage about what is kept."""
    folder = Path(tempfile.mkdtemp(prefix="postil-test-", dir=MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh(folder: Path) -> Iterator[str]:
    """The URL of an empty, migrated database for one test."""
    with on_postgresql() if ON_POSTGRESQL else on_sqlite(folder) as url:
        yield url


@contextmanager
def on_sqlite(folder: Path) -> Iterator[str]:
    shutil.copy(_file(), folder / "postil.db")
    yield sqlite_url(folder)


@contextmanager
def on_postgresql(*, is_bare: bool = False, more: str = "") -> Iterator[str]:
    """`is_bare`: without any table; `more`: how else it is made."""
    template, name = "template1" if is_bare else _template(), f"test_{next(_numbers)}"
    postgresql().run(f"CREATE DATABASE {name} TEMPLATE {template} {more}")
    try:
        yield postgresql().url(name)
    finally:
        postgresql().run(f"DROP DATABASE {name} WITH (FORCE)")


def rows(url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What is written, read past the service. Values stand for `?`; JSON is text."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_path(url))) as database:
            return database.execute(query, values).fetchall()
    with _connection(url) as connection:
        return connection.execute(_placed(query), values).fetchall()


def write(url: str, statement: str, many: Sequence[Sequence[object]] = ((),)) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_path(url), timeout=PATIENCE)) as database, database:
            database.executemany(statement, many)
        return
    with _connection(url) as connection:
        connection.cursor().executemany(_placed(statement), many)


@contextmanager
def held(url: str) -> Iterator[Callable[[], object]]:
    """Another process is changing what is there, so that others may only read: until the end, or until what this
    gives is called.
    """
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_path(url), isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield database.rollback
        return
    with closing(_connection(url)) as connection:
        connection.execute(f"LOCK TABLE {', '.join(_tables(connection))} IN EXCLUSIVE MODE".encode())
        yield connection.rollback


def columns(url: str, table: str) -> list[str]:
    """The names of a table's columns, in its order."""
    if url.startswith("sqlite"):
        return [name for (name,) in rows(url, "SELECT name FROM pragma_table_info(?)", table)]
    named = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ?"
    return [name for (name,) in rows(url, f"{named} ORDER BY ordinal_position", table)]


def schema(url: str) -> list[tuple[Any, ...]]:
    """What there is: columns, indexes and triggers, each with what the database says of it."""
    if url.startswith("sqlite"):
        return rows(url, "SELECT name, sql FROM sqlite_master ORDER BY name")
    found = rows(url, "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY 1, 2")
    found += rows(url, "SELECT tablename, indexdef FROM pg_indexes ORDER BY 1, 2")
    return found + rows(url, "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger ORDER BY 1, 2")


def steps(url: str, ran: Iterable[tuple[str, Any]]) -> list[str]:
    """How the database finds what statements ask, a line each, in words of its own."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_path(url))) as database:
            return [row[3] for sql, values in ran for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    with _connection(url) as connection:
        told = [connection.execute(f"EXPLAIN (COSTS OFF) {sql}".encode(), values).fetchall() for sql, values in ran]
        # What an index is asked stands on the line below.
        text = re.sub(r"\n *Index Cond:", " Index Cond:", "\n".join(line for each in told for (line,) in each))
        return [line.lstrip(" ->") for line in text.splitlines()]


def dump(url: str) -> list[str]:
    """Every row of every table, each as a line that names its table in quotes."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_path(url))) as database:
            return list(database.iterdump())
    with _connection(url) as connection:
        tables = {name: f"SELECT t::text FROM {name} t ORDER BY 1" for name in _tables(connection)}
        return [f"{name} {row}" for name, all in tables.items() for (row,) in connection.execute(all.encode())]


def _tables(connection: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """In quotes."""
    named = b"SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    return [f'"{name}"' for (name,) in connection.execute(named).fetchall()]


def _path(url: str) -> str:
    return url.partition("///")[2]


def _placed(query: str) -> bytes:
    return query.replace("%", "%%").replace("?", "%s").encode()


def _connection(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    connection = psycopg.connect(re.sub(r"\+\w+", "", url, count=1))
    connection.adapters.register_loader("json", TextLoader)
    return connection
