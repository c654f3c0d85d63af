"""A look at an SQLite file from the event loop's own thread: a short statement takes microseconds there, and every trip
to another thread takes longer than all of them.

It reads and never waits: what is locked is `Busy`, and whoever looked asks the database by its door (db.py).
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

# As far as it differs: named parameters, so that a list can stay one parameter (json_each).
DIALECT = sqlite.dialect(paramstyle="named")

Busy = sqlite3.Error


class Question:
    """A statement compiled once, with `bindparam`s for what differs; its rows have the names of its columns."""

    def __init__(self, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=DIALECT)
        self.sql, self._given = (
            str(compiled),
            {name: value for name, value in compiled.params.items() if value is not None},
        )
        columns = statement.selected_columns
        row: Any = namedtuple("Row", [column.key or "" for column in columns])  # type: ignore[misc]
        self.row: Callable[[Iterable[Any]], Any] = row._make
        readers = [column.type.dialect_impl(DIALECT).result_processor(DIALECT, None) for column in columns]
        self._readers = [(at, reader) for at, reader in enumerate(readers) if reader is not None]

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        return {**self._given, **given}

    def read(self, raw: tuple[Any, ...]) -> Any:
        """A row with the values that the ORM would have: enums, lists, truth."""
        if not self._readers:
            return self.row(raw)
        values = list(raw)
        for at, reader in self._readers:
            values[at] = reader(values[at])
        return self.row(values)


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
        return [question.read(row) for row in self._cursor.execute(question.sql, question.values(given))]

    def close(self) -> None:
        self._connection.close()
