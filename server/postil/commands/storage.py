"""The database: its schema, copies of it, and putting one back."""

import shutil
import sqlite3
from pathlib import Path

import click

from postil.commands.base import Examples, read_settings, run


@click.command(cls=Examples, examples="postil migrate")
def migrate() -> None:
    """Bring the database to this version's schema. An SQLite file is copied to `backups/` first."""
    from postil.db import Database
    from postil.migrate import migrate as bring

    async def work() -> Path | None:
        database = Database(read_settings().database)
        try:
            return await bring(database)
        finally:
            await database.close()

    copy = run(work())
    click.echo(f"The schema is current. Backup: {copy}" if copy else "The schema is current.")


@click.command(cls=Examples, examples="postil backup\npostil backup --to /srv/backups/postil.db")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="Where to; `backups/` in the data folder otherwise."
)
def backup(to: Path | None) -> None:
    """Copy the SQLite file, consistently, while the service runs."""
    from postil.migrate import backup as copy

    made = copy(_file())
    click.echo(str(shutil.move(made, to) if to else made))


@click.command(cls=Examples, examples="postil restore postil-data/backups/postil-20261122-101500-000001.db")
@click.argument("copy", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(copy: Path) -> None:
    """Put a backup back, while the service is stopped. Readers load afresh: it is another history."""
    from postil.migrate import restore as put_back

    try:
        click.echo(f"Restored. What was there before: {put_back(copy, _file(must_exist=False))}")
    except (RuntimeError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from error


def _file(*, must_exist: bool = True) -> Path:
    from postil.db import Database
    from postil.migrate import sqlite_file

    file = sqlite_file(Database(read_settings().database))
    if file is None:
        raise click.ClickException("The database is not SQLite: use its own tools, such as pg_dump.")
    if must_exist and not file.exists():
        raise click.ClickException(f"There is no database at {file}. `postil serve` makes one.")
    return file
