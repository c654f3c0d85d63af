"""201 means that it is on the disk; a disk that is full or a database that is held means 503, and nothing is lost."""

import asyncio
import os
import re
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from tests import left_out
from tests.databases import ON_POSTGRESQL, fresh, held, on_postgresql, rows, sqlite_url, write
from tests.servers import postgresql

from postil import sites
from postil.db import Database
from postil.migrate import migrate
from postil.outline import OutlineSection, outline_hash
from postil.serving import listen

# PostgreSQL forces its own commits; that it is told to is tests/storage/test_postgresql.py's.
OF_FILES = pytest.mark.sqlite_only("what reaches the disk")

# Of a disk, for as many posts as end soon.
LEFT = 600_000
ORIGIN = "https://blog.example"
OUTLINE = {"hash": outline_hash([OutlineSection(heading="", level=0)]), "sections": [{"heading": "", "level": 0}]}
SERVE = """
import asyncio, os, socket, sys
from pathlib import Path
from postil import serving, sqlite
from postil.settings import Settings
sqlite.BUSY_MILLISECONDS = 300
folder, url, listening = Path(sys.argv[1]), sys.argv[2], socket.socket(fileno=int(sys.argv[3]))
settings = Settings(data=folder, database_url=url, rate_limits=False, _env_file=None)
asyncio.run(serving.serve(settings, listening=listening))
"""


class Store(NamedTuple):
    """A data folder, and a database with a site in it."""

    folder: Path
    url: str


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with fresh(tmp_path) as url:
        yield prepared(Store(tmp_path, url))


def prepared(store: Store) -> Store:
    async def make() -> None:
        database = Database(store.url)
        await migrate(database)
        await database.open()
        async with database.begin() as tx:
            await sites.add_site(tx, [ORIGIN])
        await database.close()

    with asyncio.Runner() as runner:
        runner.run(make())
    return store


@contextmanager
def service(store: Store, *before: str, **options: Any) -> Iterator[httpx2.Client]:
    """The service as a process of its own, run by the command `before`; stopped at the end."""
    listening: socket.socket = listen("127.0.0.1", 0)
    port, descriptor = listening.getsockname()[1], listening.fileno()
    command = [*before, sys.executable, "-c", SERVE, str(store.folder), store.url, str(descriptor)]
    process = subprocess.Popen(command, pass_fds=[descriptor], start_new_session=True, **options)
    listening.close()
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, headers={"Origin": ORIGIN}) as http:
            yield http
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def post(http: httpx2.Client, source: str = "A thought.", nonce: str | None = None) -> httpx2.Response:
    page = {"url": f"{ORIGIN}/essay"}
    body = {"page": page, "outline": OUTLINE, "index": 0, "name": "Ines", "source": source}
    author = {"Postil-Author": "a" * 43}
    return http.post("/v1/comments", json=body | {"nonce": nonce or secrets.token_hex(8)}, headers=author)


def stored(store: Store) -> set[str]:
    if not ON_POSTGRESQL:
        assert rows(store.url, "PRAGMA integrity_check") == [("ok",)]
    return {id for (id,) in rows(store.url, "SELECT id FROM comment")}


@OF_FILES
def test_the_disk_has_it_before_the_answer_is_201(store: Store, tmp_path_factory: pytest.TempPathFactory) -> None:
    log = tmp_path_factory.mktemp("strace") / "log"
    calls = "trace=fdatasync,fsync,sendto,write,writev,sendmsg"
    with service(store, left_out.program("strace"), "-f", "-y", "-s", "40", "-o", str(log), "-e", calls) as http:
        for _ in range(5):
            assert post(http).status_code == 201
    lines = log.read_text(errors="replace").splitlines()
    answers = [number for number, line in enumerate(lines) if "HTTP/1.1 201" in line]
    assert len(answers) == 5
    before = 0
    for answer in answers:
        synced = [line for line in lines[before:answer] if re.search(r"f(data)?sync\(.*postil\.db-wal", line)]
        assert synced, "no sync of the write-ahead log between this answer and the one before"
        before = answer


def test_a_database_held_by_another_process_is_503_and_says_when_to_come_back(store: Store) -> None:
    if ON_POSTGRESQL:
        write(store.url, f"ALTER DATABASE {store.url.rpartition('/')[2]} SET lock_timeout = '300ms'")
    with service(store) as http:
        assert post(http).status_code == 201
        with held(store.url):
            refused = post(http, nonce="tried-twice")
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert int(refused.headers["Retry-After"]) >= 1
            assert http.get("/v1/page", params={"url": f"{ORIGIN}/essay"}).json()["comments"] == 1
        assert post(http, nonce="tried-twice").status_code == 201


def _fill(http: httpx2.Client) -> set[str]:
    """Post until the disk is full, and on; what was acknowledged."""
    acknowledged, refused = set(), 0
    for _ in range(2000):
        answer = post(http, f"A long thought: {secrets.token_hex(2000)}")  # that cannot be said in fewer bytes
        if answer.status_code == 201:
            acknowledged.add(answer.json()["comment"]["id"])
            continue
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
        assert "Retry-After" in answer.headers
        refused += 1
        if refused == 5:
            return acknowledged
    raise AssertionError("the disk was never full")


@OF_FILES
def test_a_file_that_may_not_grow_is_503_and_loses_nothing(store: Store) -> None:
    """RLIMIT_FSIZE stands for a disk that is full wherever a small one cannot be mounted."""
    most = 800_000

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    with service(store, preexec_fn=limit) as http:
        acknowledged = _fill(http)
        assert http.get("/healthz").status_code == 200
        assert http.get("/v1/page", params={"url": f"{ORIGIN}/essay"}).json()["comments"] == len(acknowledged)
    assert acknowledged == stored(store)
    with service(store) as http:
        assert post(http).status_code == 201


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """A small disk; skipped where nothing may be mounted."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"cannot mount a small disk here ({made.stderr.decode().strip()}); RLIMIT_FSIZE is tried instead")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def on_a_small_disk(folder: Path) -> Iterator[tuple[Store, Path]]:
    """A store there, and the disk."""
    if not ON_POSTGRESQL:
        with mounted(folder, "2500k") as disk:
            yield prepared(Store(disk, sqlite_url(disk))), disk
        return
    place = postgresql().folder / "small"  # where its user may go
    place.mkdir()
    with mounted(place, "20m") as disk:
        (inside := disk / "space").mkdir(mode=0o777)
        shutil.chown(inside, postgresql().data.owner())
        postgresql().run(f"CREATE TABLESPACE small LOCATION '{inside}'")
        try:
            with on_postgresql(more="TABLESPACE small") as url:
                yield prepared(Store(folder, url)), disk
        finally:
            postgresql().run("DROP TABLESPACE small")


def test_a_full_disk_is_503_loses_nothing_and_recovers_without_a_restart(tmp_path: Path) -> None:
    with on_a_small_disk(tmp_path) as (store, disk):
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - LEFT))
        with service(store) as http:
            acknowledged = _fill(http)
            assert acknowledged
            assert http.get("/readyz").status_code in (200, 503)
            ballast.unlink()
            answer = post(http)
            assert answer.status_code == 201
        assert acknowledged | {answer.json()["comment"]["id"]} == stored(store)
