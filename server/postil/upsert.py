"""INSERT beside rows that may be there already, on SQLite and PostgreSQL alike."""

from importlib import import_module
from typing import Any

from sqlalchemy import inspect
from sqlmodel import SQLModel

from postil.db import Transaction


def insert(tx: Transaction, table: type[SQLModel]) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of its database."""
    # The other dialect is never loaded: it would be a twentieth of the start.
    return import_module(f"sqlalchemy.dialects.{tx.get_bind().dialect.name}").insert(table)


async def insert_if_new(tx: Transaction, table: type[SQLModel], **values: Any) -> bool:
    """Insert a row unless a unique key of it is taken; whether it was new. Of two at once, one is."""
    keys = inspect(table).primary_key
    # What comes back is asked, not how many rows: drivers do not agree on that of an insert.
    new = insert(tx, table).values(**values).on_conflict_do_nothing().returning(*keys)
    return (await tx.execute(new)).first() is not None
