"""`postil serve --workers N` as an operator runs it: processes of their own, reached over HTTP and sockets."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import httpx2
from tests.live.server import ORIGIN, PATIENCE, until
from tests.live.server import Service as People
from tests.servers import free_port

from postil import sites
from postil.db import Database

NOTHING: Mapping[str, str] = MappingProxyType({})
START = ["-X", "utf8", "-c", "import sys; from postil.cli import main; sys.exit(main())"]


class Cluster(People):
    """The service and its people; `process` is the parent of the workers."""

    process: asyncio.subprocess.Process

    def __init__(self, folder: Path, environment: dict[str, str], start: list[str]) -> None:
        self.folder, self.start_with = folder, start
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx2.AsyncClient(base_url=self.url, timeout=PATIENCE, headers={"Origin": ORIGIN})
        self.author, self.token = secrets.token_urlsafe(32), ""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("POSTIL_")}
        own = {"POSTIL_DATA": str(folder), "POSTIL_URL": self.url, "POSTIL_PORT": str(self.port)}
        self.environment = kept | own | {"POSTIL_RATE_LIMITS": "false"} | environment

    async def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.start_with,
                "serve",
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        async with asyncio.timeout(3 * PATIENCE):
            while not await self.answers():
                assert self.process.returncode is None, self.log
                await asyncio.sleep(0.05)

    async def answers(self) -> bool:
        try:
            return (await self.http.get("/healthz")).is_success
        except httpx2.TransportError:
            return False

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(child) for child in children.read_text().split()]

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(how)
        async with asyncio.timeout(2 * PATIENCE):
            return await self.process.wait()

    async def end(self) -> None:
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
        await self.http.aclose()


async def _found(url: str) -> str:
    """A site in a database that nothing serves yet, and the code that makes somebody its moderator."""
    database = Database(url)
    await database.open()
    try:
        async with database.begin() as tx:
            await sites.add_site(tx, [ORIGIN])
            return await sites.invite(tx, ORIGIN, "Ada Moderates")
    finally:
        await database.close()


@asynccontextmanager
async def cluster(
    folder: Path,
    database: str,
    *,
    workers: int = 3,
    start: list[str] = START,
    reach: str = "",
    environment: Mapping[str, str] = NOTHING,
) -> AsyncIterator[Cluster]:
    """A running service with one site, over an empty, migrated database. `reach`: how the service itself gets there."""
    code = await _found(database)
    told = {"POSTIL_DATABASE_URL": reach or database, "POSTIL_WORKERS": str(workers)}
    made = Cluster(folder, told | dict(environment), start)
    try:
        await made.start()
        answer = await made.http.post("/v1/sign-in", json={"code": code}, headers={"Origin": made.url})
        made.token = answer.json()["token"]
        yield made
    finally:
        await made.end()


__all__ = ["Cluster", "cluster", "until"]
