"""What durability rests on: settings that are asserted, locks that are taken first, and failures that are said."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.world import world

from postil import sites, sqlite
from postil.db import Database
from postil.migrate import BACKUPS_KEPT, migrate

pytestmark = pytest.mark.sqlite_only("its settings, locks and files")

ORIGIN = "https://blog.example"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'postil.db'}")
    await migrate(opened)
    await opened.open()
    yield opened
    await opened.close()


async def test_every_connection_has_the_settings_that_durability_rests_on(database: Database) -> None:
    async def look() -> list[object]:
        async with database.read() as snapshot:
            connection = await snapshot.connection()
            found = [(await connection.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in sqlite.PRAGMAS]
            await asyncio.sleep(0.05)  # hold it, so that each of these has one of its own
            return found

    assert await asyncio.gather(*(look() for _ in range(5))) == [["wal", 2, 1, 1]] * 5


async def test_who_changes_something_undoes_in_memory_and_who_reads_sorts_in_files(database: Database) -> None:
    async def asked(connection: AsyncConnection) -> object:
        return (await connection.exec_driver_sql("PRAGMA temp_store")).scalar()

    async with database.begin() as tx:
        assert await asked(await tx.connection()) == 2
    assert await database.briefly(lambda tx: tx.ask("PRAGMA temp_store")) == [(2,)]
    await database.rest()
    async with database.read() as one, database.read() as another:  # the writer's connection is one of them
        assert [await asked(await each.connection()) for each in (one, another)] == [0, 0]


@pytest.mark.parametrize(
    ("setting", "other"),
    [
        ("journal_mode", "delete"),
        ("synchronous", 1),
        ("synchronous", 0),
        ("foreign_keys", 0),
        ("recursive_triggers", 0),
    ],
)
async def test_it_does_not_start_with_other_settings(
    database: Database, tmp_path: Path, setting: str, other: object
) -> None:
    """Something turns a setting off after us, as a driver, a build or a mount might."""
    await database.close()
    again = Database(str(database.url))

    def undo(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {setting} = {other}").close()

    event.listen(again.engine.sync_engine, "connect", undo)
    try:
        with pytest.raises(RuntimeError, match=f"PRAGMA {setting} = {other}"):
            await again.open()
    finally:
        await again.close()


async def test_a_change_takes_the_write_lock_first_and_a_reading_does_not(tmp_path: Path) -> None:
    said: list[str] = []

    def listen(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(said.append)

    database = Database(f"sqlite:///{tmp_path / 'postil.db'}")
    await migrate(database)
    event.listen(database.engine.sync_engine, "connect", listen)
    await database.open()
    said.clear()
    async with database.begin() as tx:
        await tx.execute(text("SELECT 1"))
    async with database.read() as snapshot:
        await snapshot.execute(text("SELECT 1"))
    assert [statement for statement in said if statement.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]
    await database.close()


# The log of decisions


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decision SET reason = 'another'",
        "UPDATE decision SET note = NULL",
        "DELETE FROM decision",
        "INSERT OR REPLACE INTO decision SELECT * FROM decision",
    ],
)
async def test_a_decision_is_never_changed_or_deleted(change: str) -> None:
    from postil import moderation
    from postil.policy import Action

    async with world() as here:
        posted = await here.post("ines")
        async with here.database.begin() as tx:
            await moderation.decide(tx, here.moderator, posted.comment.id, Action.HIDE, "noise")
        with pytest.raises(DBAPIError):
            async with here.database.begin() as tx:
                await tx.execute(text(change))
        async with here.database.read() as snapshot:
            rows = (await snapshot.execute(text("SELECT reason FROM decision ORDER BY id"))).all()
        assert [row.reason for row in rows] == [None, "noise"], "an invitation, and the hide"


# Migrations and backups


async def test_a_new_file_needs_no_backup_and_a_current_one_no_migration(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'postil.db'}")
    assert await migrate(database) is None
    assert await migrate(database) is None
    assert not (tmp_path / "backups").exists()
    await database.close()


async def _aged(tmp_path: Path) -> Database:
    """A database with a site in it, whose schema says that it is of no known version."""
    database = Database(f"sqlite:///{tmp_path / 'postil.db'}")
    await migrate(database)
    await database.open()
    async with database.begin() as tx:
        await sites.add_site(tx, [ORIGIN])
        await tx.execute(text("DELETE FROM alembic_version"))
    return database


async def test_data_is_copied_before_its_schema_is_changed(tmp_path: Path) -> None:
    """The migration fails here, on tables that exist: the copy has been made, and the data is as it was."""
    database = await _aged(tmp_path)
    with pytest.raises(DBAPIError, match="already exists"):
        await migrate(database)
    [copy] = (tmp_path / "backups").glob("*.db")
    for file in (copy, tmp_path / "postil.db"):
        with closing(sqlite3.connect(file)) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert opened.execute("SELECT origin FROM origin").fetchall() == [(ORIGIN,)]
    await database.close()


async def test_only_the_last_backups_are_kept(tmp_path: Path) -> None:
    database = await _aged(tmp_path)
    for _ in range(BACKUPS_KEPT + 2):
        with pytest.raises(DBAPIError):
            await migrate(database)
    assert len(list((tmp_path / "backups").glob("*.db"))) == BACKUPS_KEPT
    await database.close()


async def test_a_restored_copy_is_another_history(tmp_path: Path) -> None:
    from postil.migrate import backup, restore

    database = Database(f"sqlite:///{tmp_path / 'postil.db'}")
    await migrate(database)
    await database.open()
    epoch = database.lineage.epoch
    copy = backup(tmp_path / "postil.db")
    async with database.begin() as tx:
        await sites.add_site(tx, [ORIGIN])
    await database.close()
    assert restore(copy, tmp_path / "postil.db") is not None
    again = Database(str(database.url))
    await again.open()
    assert again.lineage.epoch != epoch
    async with again.read() as snapshot:
        assert await sites.site_of(snapshot, ORIGIN) is None
    await again.close()
