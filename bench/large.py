"""Posting in a section that has very many comments, beside one that has few: made by plain SQL, inside the file."""

import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from bench import data
from bench.case import Bench
from bench.load import Measured, hammer
from bench.posts import WRITERS, draft
from bench.processes import Server, serving
from bench.row import Row, at_most
from postil.ids import LENGTH, encode

PREFIX = 4  # characters of an id that say when, and not to the millisecond


async def posts(bench: Bench) -> list[Row]:
    return [await _among(bench, count) for count in bench.large]


async def _among(bench: Bench, count: int) -> Row:
    """CPU of a post among `count`, beside that of one to the section as it was."""
    with tempfile.TemporaryDirectory(prefix="postil-large-") as folder:
        fill(bench.folder / "postil.db", Path(folder) / "postil.db", bench.seeded.long, count)
        async with serving("service", folder) as service:
            many, few = await bench.by_turns(partial(_post, bench, service), partial(_post, bench, bench.service))
    return Row(f"POST among {count:,} comments, beside few", "CPU ms", _cost(many), _cost(few), at_most(1.1))


async def _post(bench: Bench, service: Server) -> Measured:
    return await hammer(service, lambda _: _drafts(bench), 201, connections=WRITERS, seconds=bench.seconds)


def _drafts(bench: Bench) -> Iterator[bytes]:
    author = secrets.token_urlsafe(32)
    while True:
        yield draft(bench.seeded.long, author, data.LONG)


def _cost(measured: list[Measured]) -> list[float]:
    return [1000 / each.per_cpu for each in measured]


def fill(model: Path, file: Path, section: str, count: int) -> None:
    """A copy of a database in which a section has `count` comments: its own again and again, under ids of their own."""
    with closing(sqlite3.connect(model)) as source, closing(sqlite3.connect(file)) as made:
        source.backup(made)
        made.create_function("moved", 2, moved, deterministic=True)
        indexes = made.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'comment'")
        kept = [(name, sql) for name, sql in indexes.fetchall() if sql]
        for name, _ in kept:
            made.execute(f"DROP INDEX {name}")
        _copy(made, section, count)
        for _, sql in kept:
            made.execute(sql)
        there = "(SELECT count(*) FROM comment WHERE section_id = section.id)"
        made.execute(f"UPDATE section SET comments = {there}, shown = {there} WHERE id = ?", (section,))
        made.commit()


def _copy(made: sqlite3.Connection, section: str, count: int) -> None:
    columns = [name for _, name, *_ in made.execute("PRAGMA table_info(comment)")]
    ids = {"id", "parent_id", "root_id", "path"}
    values = ", ".join(f"moved({name}, :copy)" if name in ids else name for name in columns)
    theirs = "FROM comment WHERE section_id = :section AND rowid <= :last"
    last = made.execute("SELECT max(rowid) FROM comment").fetchone()[0]
    named = {"section": section, "last": last}
    there = made.execute(f"SELECT count(*) {theirs}", named).fetchone()[0]
    for copy in range(count // there - 1):
        made.execute(f"INSERT INTO comment ({', '.join(columns)}) SELECT {values} {theirs}", {**named, "copy": copy})


def moved(ids: str | None, copy: int) -> str | None:
    """Ids, one behind the other, as they are called in a copy: made long ago, and in the same order."""
    if ids is None:
        return None
    long_ago = encode(copy)[-PREFIX:]
    return "".join(long_ago + ids[at + PREFIX : at + LENGTH] for at in range(0, len(ids), LENGTH))
