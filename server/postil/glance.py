"""A look at an SQLite file from the event loop's own thread: a short statement takes microseconds there, and every trip
to another thread takes longer than all of them.

It reads and never waits: what is locked is `Busy`, and whoever looked asks the database by its door (db.py). The same
questions go to PostgreSQL by Database.look.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Dialect, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

# As far as it differs: named parameters, so that a list can stay one parameter (json_each).
DIALECT = sqlite.dialect(paramstyle="named")

Busy = sqlite3.Error


class Question:
    """A statement, compiled when it is first asked, with `bindparam`s for what differs; its rows have the names of its
    columns, and the values that the ORM would have: enums, lists, truth.
    """

    def __init__(self, statement: Select[Any], dialect: Dialect = DIALECT) -> None:
        self._statement, self._dialect = statement, dialect

    @cached_property
    def on_postgresql(self) -> "Question":
        """The same in the other database's words."""
        from sqlalchemy.dialects.postgresql import psycopg

        return Question(self._statement, psycopg.dialect())  # type: ignore[no-untyped-call]

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
        return self._statement.compile(dialect=self._dialect)

    @cached_property
    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    @cached_property
    def _row(self) -> Callable[[Iterable[Any]], Any]:
        row: Any = namedtuple("Row", [column.key or "" for column in self._statement.selected_columns])  # type: ignore[misc]
        return partial(tuple.__new__, row)  # row._make, without its checks

    @cached_property
    def _readers(self) -> list[tuple[int, Callable[[Any], Any]]]:
        types = [column.type.dialect_impl(self._dialect) for column in self._statement.selected_columns]
        readers = [type.result_processor(self._dialect, None) for type in types]
        return [(at, reader) for at, reader in enumerate(readers) if reader is not None]


class Listed(GenericFunction[Any]):
    """The texts of a JSON list, which comes as one parameter; a row each, in the column `value`."""

    name = "json_each"
    inherit_cache = True


@compiles(Listed, "postgresql")
def _on_postgresql(element: Listed, compiler: Any, **more: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **more)} AS JSON))"


class Look(Protocol):
    """What can be asked such questions."""

    def snapshot(self) -> AbstractContextManager[None]:
        """What is asked inside belongs to the same revision."""

    def ask(self, question: Question, **given: Any) -> list[Any]: ...

    def ask_on(self, question: Question, **given: Any) -> Iterator[Any]:
        """Row by row, for whoever may soon have enough; what is asked next ends it."""


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
        self._cursor.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self._cursor.execute("ROLLBACK")

    def ask(self, question: Question, **given: Any) -> list[Any]:
        return list(self.ask_on(question, **given))

    def ask_on(self, question: Question, **given: Any) -> Iterator[Any]:
        return question.read(self._cursor.execute(question.sql, question.values(given)))

    def close(self) -> None:
        self._connection.close()
