"""Bringing a database to this version's schema, and copies of an SQLite file that are safe while it runs.

Alembic is imported where there is something to migrate, and nowhere else: it takes longer than all the rest of a start.
"""

import re
import sqlite3
import time
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from postil.db import Database, new_epoch

if TYPE_CHECKING:
    from alembic.config import Config

# What a migration says of itself and of the one before it.
_REVISION = re.compile(r'^revision(?:: str)? = "([^"]+)"$', re.M)
_BEFORE = re.compile(r'^down_revision(?:: str \| None)? = "([^"]+)"$', re.M)
# As many as a week of daily upgrades; older ones only fill the disk.
BACKUPS_KEPT = 7


def migrations() -> Path:
    """The migration scripts: inside the installed package, or the checkout's `alembic` folder."""
    packaged = Path(str(resources.files("postil"))) / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "alembic"


def heads() -> set[str]:
    """The migrations that no other one follows, as Alembic knows them: one."""
    scripts = [path.read_text() for path in (migrations() / "versions").glob("*.py")]
    return {name for each in scripts for name in _REVISION.findall(each)} - {
        name for each in scripts for name in _BEFORE.findall(each)
    }


def fresh_schema() -> str:
    """What the migrations make of an empty SQLite file, written down (`make schema` writes it anew)."""
    return (migrations() / "fresh.sql").read_text()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def is_current(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return set(connection.scalars(text("SELECT version_num FROM alembic_version"))) == heads()


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing."""
    from alembic import command

    command.upgrade(_config(connection), "head")


def _create(file: Path) -> None:
    """Lay the schema into an SQLite file that holds nothing yet."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in statements(fresh_schema()):
                database.execute(statement)
        database.execute("COMMIT")


def told(file: Path) -> str:
    """The schema of a file that was migrated, as a script that makes the same."""
    with closing(sqlite3.connect(file)) as database:
        made = [
            sql for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        ]
        (version,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return "".join(f"{sql};\n" for sql in [*made, f"INSERT INTO alembic_version VALUES ('{version}')"])


def statements(script: str) -> list[str]:
    """The statements of a script, each of which may hold semicolons of its own."""
    found: list[str] = []
    begun = ""
    for line in script.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            found.append(begun.strip())
            begun = ""
    return found


async def migrate(database: Database) -> Path | None:
    """Bring `database` to the newest schema. An SQLite file that holds data is copied first: the copy's path."""
    file = sqlite_file(database)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not (file.exists() and file.stat().st_size):
            _create(file)
    engine = database.make_engine()
    try:
        async with engine.connect() as connection:
            if await connection.run_sync(is_current):
                return None
        kept = backup(file) if file is not None and file.stat().st_size else None
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
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
