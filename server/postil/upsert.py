"""INSERT that leaves an existing row alone, on SQLite and PostgreSQL alike."""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from postil.db import Transaction


async def insert_if_new(tx: Transaction, table: type[SQLModel], **values: Any) -> bool:
    """Insert a row unless a unique key of it is taken; whether it was new. Of two at once, one is."""
    dialect = sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql
    keys = inspect(table).primary_key
    # What comes back is asked, not how many rows: drivers do not agree on that of an insert.
    new = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(*keys)
    return (await tx.execute(new)).first() is not None
