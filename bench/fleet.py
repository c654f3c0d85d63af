"""`postil serve --workers N` behind nginx, as deploy/nginx.conf has it, over PostgreSQL and Redis of their own."""

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers import PostgreSQL, Redis, free_port

from bench.processes import ROOT, Server, answers, unpin

START = "import sys; from postil.cli import main; sys.exit(main())"
# Two files for each socket, and some more.
FILES, CONNECTIONS = 65_536, 32_768


@dataclass(frozen=True)
class Fleet(Server):
    """`pid` is the parent of the workers, or the only one; `port` is nginx's, and `own` theirs."""

    own: int

    @property
    def workers(self) -> list[Server]:
        return [Server(pid, self.port) for pid in children(self.pid) or [self.pid]]

    def cpu(self) -> float:
        return sum(worker.cpu() for worker in self.workers)

    def memory(self) -> float:
        return sum(worker.memory() for worker in self.workers)

    def restart(self) -> None:
        """Ask all workers at once to stop; the parent puts others in their places."""
        for worker in self.workers:
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGTERM)


@dataclass(frozen=True)
class Tree:
    """A process with its children, some of which may end."""

    pid: int

    def cpu(self) -> float:
        return sum(Server(pid, 0).cpu() for pid in (self.pid, *children(self.pid)) if Path(f"/proc/{pid}").exists())

    def memory(self) -> float:
        return sum(Server(pid, 0).memory() for pid in (self.pid, *children(self.pid)))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def engines() -> Iterator[tuple[PostgreSQL, Redis]]:
    """On the disk and as durable as they come, but for Redis, which has nothing to keep."""
    with unpin():
        database, bus = PostgreSQL(settings=(), parent=None), Redis()
    try:
        yield database, bus
    finally:
        database.end()
        bus.end()


@asynccontextmanager
async def fleet(folder: Path, workers: int, database: str, bus: str) -> AsyncIterator[Fleet]:
    """So many workers, reached through nginx, or at their own port where there is none."""
    own, port = free_port(), free_port()
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    with unpin():
        async with _process(*_postil(), env=_environment(folder, workers, own, database, bus)) as parent:
            await _answers(own)
            if program is None:
                yield Fleet(parent.pid, own, own)
                return
            async with nginx(program, folder / f"nginx-{workers}", port, own):
                await _answers(port)
                yield Fleet(parent.pid, port, own)


async def _answers(port: int) -> None:
    """Until somebody listens there, and answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await answers(port)
            except OSError:
                await asyncio.sleep(0.1)


def _postil() -> tuple[str, ...]:
    return (sys.executable, "-X", "utf8", "-c", START, "serve")


def _environment(folder: Path, workers: int, port: int, database: str, bus: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("POSTIL_")}
    given = {"DATA": folder, "PORT": port, "URL": f"http://127.0.0.1:{port}", "WORKERS": workers}
    given |= {"DATABASE_URL": database, "BUS": bus, "TRUSTED_PROXIES": '["127.0.0.1"]', "RATE_LIMITS": "false"}
    given |= {"MOST_SOCKETS": 20_000, "MOST_SOCKETS_PER_NETWORK": 20_000}
    return kept | {f"POSTIL_{name}": str(value) for name, value in given.items()}


@asynccontextmanager
async def nginx(program: str, folder: Path, port: int, own: int) -> AsyncIterator[asyncio.subprocess.Process]:
    _prepare(folder, port, own)
    async with _process(program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;") as process:
        yield process


def _prepare(folder: Path, port: int, own: int) -> None:
    folder.mkdir()
    (folder / "nginx.conf").write_text(_configuration(folder, port, own))


def _configuration(folder: Path, port: int, own: int) -> str:
    """The recipe's own server, without TLS."""
    recipe = (ROOT / "deploy" / "nginx.conf").read_text()
    served = re.sub(r"\tssl_certificate.*\n", "", recipe).replace(
        "listen 443 ssl", f"listen 127.0.0.1:{port} backlog=4096"
    )
    served = served.replace("server 127.0.0.1:8000", f"server 127.0.0.1:{own}")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    first = [
        *(["user root;"] if os.getuid() == 0 else []),
        f"worker_processes 2; worker_rlimit_nofile {FILES}; pid {folder}/pid; error_log {folder}/error.log;",
        f"events {{ worker_connections {CONNECTIONS}; }}",
        f"http {{ access_log off; keepalive_requests 1000000; {temporary}",
    ]
    return "\n".join([*first, served, "}\n"])


@asynccontextmanager
async def _process(*command: str, env: dict[str, str] | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, env=env, cwd=ROOT, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()
