"""Bringing a database to this version's schema, and copies of an SQLite file that are safe while it runs."""

import sqlite3
import time
from contextlib import closing
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from postil.db import Database, new_epoch

# As many as a week of daily upgrades; older ones only fill the disk.
BACKUPS_KEPT = 7


def migrations() -> Path:
    """The migration scripts: inside the installed package, or the checkout's `alembic` folder."""
    packaged = Path(str(resources.files("postil"))) / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "alembic"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def is_current(connection: Connection) -> bool:
    script = ScriptDirectory.from_config(_config(connection))
    return set(MigrationContext.configure(connection).get_current_heads()) == set(script.get_heads())


async def migrate(database: Database) -> Path | None:
    """Bring `database` to the newest schema. An SQLite file that holds data is copied first: the copy's path."""
    file = sqlite_file(database)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(database.url)
    try:
        async with engine.connect() as connection:
            if await connection.run_sync(is_current):
                return None
        kept = backup(file) if file is not None and file.stat().st_size else None
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
        return kept
    finally:
        await engine.dispose()


async def needs_migration(database: Database) -> bool:
    async with database.engine.connect() as connection:
        return not await connection.run_sync(is_current)


def sqlite_file(database: Database) -> Path | None:
    """The database's file; None for another database, or one in memory."""
    name = database.url.database
    return Path(name) if database.is_sqlite and name and name != ":memory:" else None


def backup(file: Path) -> Path:
    """A consistent copy of a running SQLite file, beside it in `backups/`; the oldest ones are dropped."""
    folder = file.parent / "backups"
    folder.mkdir(exist_ok=True)
    copy = folder / f"{file.stem}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**6:06}.db"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    for old in sorted(folder.glob(f"{file.stem}-*.db"))[:-BACKUPS_KEPT]:
        old.unlink()
    return copy


def restore(copy: Path, file: Path) -> Path | None:
    """Put `copy` in the place of `file`, under a new epoch; where the old file was moved, if there was one.

    A cursor of the other history must never be trusted again: it would skip what the copy does not have.
    """
    with closing(sqlite3.connect(copy)) as source:
        if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise RuntimeError(f"{copy} is damaged: nothing was changed. Try an older backup.")
    kept = backup(file) if file.exists() else None
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
        target.execute("UPDATE lineage SET epoch = ?", (new_epoch(),))
        target.commit()
    return kept
