"""INSERT that leaves an existing row alone, on SQLite and PostgreSQL alike."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from postil.db import Transaction


async def insert_if_new(tx: Transaction, table: type[SQLModel], **values: Any) -> bool:
    """Insert a row unless a unique key of it is taken; whether it was new. Of two at once, one is."""
    dialect = sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql
    result = await tx.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
    return bool(result.rowcount)  # type: ignore[attr-defined]
