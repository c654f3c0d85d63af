"""A look at an SQLite file from the event loop's own thread: a short statement takes microseconds there, and every trip
to another thread takes longer than all of them.

It reads and never waits: what is locked is `Busy`, and whoever looked asks the database by its door (db.py).
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

# As far as it differs: named parameters, so that a list can stay one parameter (json_each).
DIALECT = sqlite.dialect(paramstyle="named")

Busy = sqlite3.Error


class Question:
    """A statement, compiled when it is first asked, with `bindparam`s for what differs; its rows have the names of its
    columns, and the values that the ORM would have: enums, lists, truth.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement

    @cached_property
    def sql(self) -> str:
        return str(self._compiled)

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        return {**self._given, **given}

    def read(self, raw: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        return map(self._row, map(self._as_orm, raw) if self._readers else raw)

    def _as_orm(self, raw: tuple[Any, ...]) -> list[Any]:
        values = list(raw)
        for at, reader in self._readers:
            values[at] = reader(values[at])
        return values

    @cached_property
    def _compiled(self) -> Any:
        return self._statement.compile(dialect=DIALECT)

    @cached_property
    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    @cached_property
    def _row(self) -> Callable[[Iterable[Any]], Any]:
        row: Any = namedtuple("Row", [column.key or "" for column in self._statement.selected_columns])  # type: ignore[misc]
        return partial(tuple.__new__, row)  # row._make, without its checks

    @cached_property
    def _readers(self) -> list[tuple[int, Callable[[Any], Any]]]:
        types = [column.type.dialect_impl(DIALECT) for column in self._statement.selected_columns]
        readers = [type.result_processor(DIALECT, None) for type in types]
        return [(at, reader) for at, reader in enumerate(readers) if reader is not None]


class Glance:
    """One connection, for one thread."""

    def __init__(self, file: Path) -> None:
        # It may not make the file: where there is none, something else is wrong.
        self._connection = sqlite3.connect(
            f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None
        )
        self._connection.execute("PRAGMA query_only = 1")
        self._cursor = self._connection.cursor()

    def version(self) -> int:
        """Another number than before, if and only if somebody has committed since, in this process or another."""
        found: tuple[int] = self._cursor.execute("PRAGMA data_version").fetchone()
        return found[0]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is asked inside belongs to the same revision."""
        self._cursor.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self._cursor.execute("ROLLBACK")

    def ask(self, question: Question, **given: Any) -> list[Any]:
        return list(self.ask_on(question, **given))

    def ask_on(self, question: Question, **given: Any) -> Iterator[Any]:
        """Row by row, for whoever may soon have enough; what is asked next ends it."""
        return question.read(self._cursor.execute(question.sql, question.values(given)))

    def close(self) -> None:
        self._connection.close()
