"""The schema: made by migrations alone, and never apart from the models."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, String
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel
from tests import databases

import postil.models  # noqa: F401  (its tables register themselves)
from postil.db import Database
from postil.migrate import (
    backup,
    fresh_schema,
    heads,
    migrate,
    migrations,
    needs_migration,
    restore,
    told,
    upgrade,
)
from postil.resources import make
from postil.serving import NotMigrated, prepare
from postil.settings import Settings

ROOT = Path(__file__).parents[1]


def database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'postil.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
async def nothing(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without a table."""
    if request.param == "sqlite":
        held = database(tmp_path)
        yield held
        await held.close()
        return
    with databases.on_postgresql(is_bare=True) as url:
        held = Database(url)
        yield held
        await held.close()


async def test_migrations_lead_from_nothing_to_the_models(nothing: Database) -> None:
    assert await migrate(nothing) is None, "there was nothing to back up"
    assert not await needs_migration(nothing)
    assert await migrate(nothing) is None
    async with nothing.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


def test_ids_stand_in_the_order_of_their_bytes_however_the_database_sorts_words() -> None:
    """The tests' PostgreSQL sorts by bytes, others as their country does; Alembic does not compare that."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    tables = SQLModel.metadata.tables.values()
    columns = [column for table in tables for column in table.columns if isinstance(column.type, String)]
    by_bytes = {
        (column.table.name, column.name)
        for column in columns
        if getattr(column.type.dialect_impl(dialect), "collation", None) == "C"
    }
    assert {(column.table.name, column.name) for column in columns if column.name in ("id", "path")} <= by_bytes
    with databases.on_postgresql() as url:
        asked = "SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'"
        assert set(databases.rows(url, f"{asked} AND table_schema = 'public'")) == by_bytes


async def test_indexes_go_back_and_come_again(nothing: Database) -> None:
    await migrate(nothing)
    made = await _indexes(nothing)
    await _move(nothing, command.downgrade, "0004")
    assert await _indexes(nothing) != made
    await _move(nothing, command.upgrade, "head")
    assert await _indexes(nothing) == made


async def _move(held: Database, way: Callable[[Config, str], None], revision: str) -> None:
    def move(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(migrations()))
        config.attributes["connection"] = connection
        way(config, revision)

    async with held.engine.begin() as connection:
        await connection.run_sync(move)


async def _indexes(held: Database) -> list[str]:
    by = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexdef FROM pg_indexes",
    }
    async with held.engine.connect() as connection:
        found = await connection.exec_driver_sql(by[held.engine.dialect.name])
        return sorted(filter(None, found.scalars()))


async def test_a_service_over_tables_of_another_version_says_what_to_do(nothing: Database) -> None:
    """But over SQLite, where whoever starts migrates."""
    resources = make(Settings(database_url=nothing.url.render_as_string(hide_password=False), _env_file=None))
    try:
        if nothing.is_sqlite:
            await prepare(resources)
        else:
            with pytest.raises(NotMigrated, match="postil migrate"):
                await prepare(resources)
    finally:
        await resources.database.close()


async def test_what_is_laid_into_an_empty_file_is_what_the_migrations_make(tmp_path: Path) -> None:
    held = database(tmp_path)
    try:
        async with held.engine.begin() as connection:
            await connection.run_sync(upgrade)
        assert told(tmp_path / "postil.db") == fresh_schema(), "run `make schema`"
    finally:
        await held.close()
    (tmp_path / "laid").mkdir()
    laid = database(tmp_path / "laid")
    try:
        assert await migrate(laid) is None
        assert told(tmp_path / "laid" / "postil.db") == fresh_schema()
    finally:
        await laid.close()


async def test_the_newest_migration_is_known_without_alembic(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    assert heads() == set(ScriptDirectory.from_config(config).get_heads())


def test_alembic_is_not_imported_where_there_is_nothing_to_migrate(tmp_path: Path) -> None:
    """It takes longer than all the rest of a start."""
    script = (
        "import asyncio, sys\nfrom postil.db import Database\nfrom postil.migrate import migrate\n"
        f"import postil.serving\nheld = Database('sqlite:///{tmp_path / 'postil.db'}')\n"
        "asyncio.run(migrate(held)), asyncio.run(migrate(held))\n"
        "print(*({'alembic', 'mako', 'jinja2', 'prometheus_client'} & sys.modules.keys()))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ran.stdout.strip(), ran.returncode) == ("", 0), ran.stderr


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))


async def test_a_model_without_its_migration_is_seen(tmp_path: Path) -> None:
    held = database(tmp_path)
    try:
        await migrate(held)
        async with held.engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE section ADD COLUMN stray INTEGER")
            assert len(await connection.run_sync(_differences)) == 1
    finally:
        await held.close()


async def test_migrating_what_is_current_changes_nothing(tmp_path: Path) -> None:
    held = database(tmp_path)
    try:
        await migrate(held)
        assert await migrate(held) is None
        assert not (tmp_path / "backups").exists()
    finally:
        await held.close()


async def test_a_file_that_holds_data_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "postil.db") as before:
        before.execute("CREATE TABLE precious (thing TEXT)")
    before.close()
    held = database(tmp_path)
    try:
        copy = await migrate(held)
        assert copy is not None
        kept = sqlite3.connect(copy)
        assert kept.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
        kept.close()
    finally:
        await held.close()


async def test_a_restored_backup_begins_a_new_epoch(tmp_path: Path) -> None:
    held = database(tmp_path)
    await migrate(held)
    await held.open()
    first = held.lineage.epoch
    await held.close()
    copy = backup(tmp_path / "postil.db")

    assert restore(copy, tmp_path / "postil.db") is not None, "what was there before is kept"

    again = database(tmp_path)
    try:
        await again.open()
        assert again.lineage.epoch != first
    finally:
        await again.close()


async def test_a_damaged_backup_changes_nothing(tmp_path: Path) -> None:
    held = database(tmp_path)
    await migrate(held)
    await held.close()
    before = (tmp_path / "postil.db").read_bytes()
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)

    with pytest.raises((RuntimeError, sqlite3.Error)):
        restore(tmp_path / "damaged.db", tmp_path / "postil.db")
    assert (tmp_path / "postil.db").read_bytes() == before


def test_the_scripts_are_one_line_of_descent() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
    assert not list(migrations().rglob("__init__.py")), "it would shadow the library alembic"


def test_alembic_itself_finds_nothing_to_do(tmp_path: Path) -> None:
    """As a developer runs it, with the settings of pyproject.toml."""
    url = f"url=sqlite:///{tmp_path / 'fresh.db'}"
    for what in ("upgrade", "check"):
        arguments = [what, "head"] if what == "upgrade" else [what]
        done = subprocess.run(
            [sys.executable, "-m", "alembic", "-x", url, *arguments], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr + done.stdout


OLD = """
INSERT INTO site VALUES ('s', 'A site', 0, 900, 0);
INSERT INTO page VALUES ('p', 's', 'blog.example/essay', 'https://blog.example/essay', 'An essay', 1, 1, 0, 0);
INSERT INTO section (id, page_id, state, heading, level, element_id, key, nth, comments, shown, pending, hidden, faces,
    public_revision, staff_revision, created_at) VALUES
    ('notes', 'p', 'open', 'Notes', 2, NULL, NULL, 0, 1, 1, 0, 0, '[]', 1, 1, 0),
    ('again', 'p', 'open', 'Notes', 2, NULL, NULL, 1, 1, 1, 0, 0, '[]', 1, 1, 0),
    ('named', 'p', 'open', 'Old name', 2, 'method', NULL, 0, 1, 1, 0, 0, '[]', 1, 1, 0);
INSERT INTO outline VALUES ('p', 'abc', '[{"heading": "Notes", "level": 2}, {"heading": "New", "level": 2},
    {"heading": "Method", "level": 2, "id": "method"}, {"heading": "Notes", "level": 2}]', 0);
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of the first schema, with threads in it."""
    file = tmp_path / "postil.db"
    arguments = ["-m", "alembic", "-x", f"url=sqlite:///{file}", "upgrade", "0001"]
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    with closing(sqlite3.connect(file)) as before, before:
        before.executescript(OLD)
    return file


async def test_threads_of_the_first_schema_keep_the_places_that_they_had(old: Path, tmp_path: Path) -> None:
    held = database(tmp_path)
    try:
        assert await migrate(held) is not None
    finally:
        await held.close()

    after = sqlite3.connect(old)
    ((places,),) = after.execute("SELECT places FROM outline")
    assert [place.get("id") for place in json.loads(places)] == ["notes", None, "named", "again"]
    rows = after.execute("SELECT id, heading, outline_hash, at, is_shared FROM section ORDER BY at").fetchall()
    assert rows == [("notes", "", "abc", 0, 0), ("named", "", "abc", 2, 0), ("again", "", "abc", 3, 0)]
    after.close()
