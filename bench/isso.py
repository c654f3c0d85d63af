"""Isso beside us: installed from the package index into an environment of its own, run as its documentation says."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import data
from bench.load import Measured, fetch, get, post
from bench.processes import ROOT, Server, move

HOME = ROOT / "build" / "isso"
PACKAGES = ["isso", "gunicorn", "setuptools<81"]  # it asks setuptools for its own version
INSTALL_SECONDS = 600
# It makes seven answers of 100 comments in a second of CPU.
SECONDS, TIMES = 3.0, 5

READ, CHANGED = "GET 100 comments, hot", "first GET after a write, 100 comments"
POST, POST_P50 = "POST, CPU alone", "POST, 1 writer, p50"


@dataclass(frozen=True)
class Tree(Server):
    """A process and those that it has started: gunicorn's master and its worker."""

    def cpu(self) -> float:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(Server(pid, self.port).cpu() for pid in (self.pid, *map(int, children)))


async def beside(folder: Path, say: Callable[[str], None]) -> dict[str, float]:
    """Its figures by the names of our rows; none where it cannot be installed or run here."""
    try:
        await asyncio.to_thread(_install, say)
        async with _running(folder) as server:
            return await _measured(server)
    except (OSError, subprocess.SubprocessError, TimeoutError, RuntimeError) as error:
        say(f"Isso stays out of the table: {error or type(error).__name__}")
        return {}


def _install(say: Callable[[str], None]) -> None:
    if (HOME / "bin" / "isso").exists():
        return
    say(f"installing Isso into {HOME.relative_to(ROOT)}, once")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True, timeout=INSTALL_SECONDS)
    pip = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    free = {name: value for name, value in os.environ.items() if name not in ("PIP_CONSTRAINT", "PYTHONPATH")}
    subprocess.run([*pip, *PACKAGES], check=True, timeout=INSTALL_SECONDS, env=free, capture_output=True)


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[Server]:
    settings = folder / "isso.cfg"
    settings.write_text(
        f"[general]\ndbpath = {folder / 'isso.db'}\nhost = {data.ORIGIN}\n[guard]\nenabled = false\n"
        "[moderation]\nenabled = false\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(str(HOME / "bin" / "python"), "-m", "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}", "isso.run"),
        env={"ISSO_SETTINGS": str(settings), "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=move,
    )
    server = Tree(process.pid, port)
    try:
        await _answers(server)
        yield server
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _answers(server: Server) -> None:
    async with asyncio.timeout(60):
        while True:
            with suppress(OSError):
                await fetch(server, get("/latest?limit=1"))
                return
            await asyncio.sleep(0.1)


async def _measured(server: Server) -> dict[str, float]:
    parents = [await _post(server, "/hundred", None)]
    for number in range(1, 100):
        parents.append(await _post(server, "/hundred", parents[-1] if number % 3 else None))
    read = await _repeat(server, lambda: _get(server, "/hundred"))
    written = await _repeat(server, lambda: _post(server, "/busy", None))
    changed = []
    for _ in range(TIMES):
        await _post(server, "/hundred", None)
        cpu = server.cpu()
        await _get(server, "/hundred")
        changed.append(1 / (server.cpu() - cpu))
    return {READ: read.per_cpu, CHANGED: median(changed), POST: written.per_cpu, POST_P50: written.latency(0.5)}


async def _repeat(server: Server, ask: Callable[[], Awaitable[object]]) -> Measured:
    """One after the other: its worker takes one request at a time, and a connection for each."""
    latencies: list[float] = []
    cpu, start = server.cpu(), time.perf_counter()
    while time.perf_counter() < start + SECONDS:
        began = time.perf_counter()
        await ask()
        latencies.append((time.perf_counter() - began) * 1000)
    return Measured(len(latencies), time.perf_counter() - start, server.cpu() - cpu, sorted(latencies))


async def _get(server: Server, page: str) -> None:
    status, _, body = await fetch(server, get(f"/?uri={page}"))
    if status != 200 or b"replies" not in body:
        raise RuntimeError(f"Isso answered {status}.")


async def _post(server: Server, page: str, parent: int | None) -> int:
    said = {"text": data.SOURCE, "author": "Ines", "parent": parent, "title": "An essay"}
    status, _, body = await fetch(server, post(f"/new?uri={page}", said, Origin=data.ORIGIN))
    if status not in (201, 202):
        raise RuntimeError(f"Isso answered {status}: {body[:100]!r}")
    return int(json.loads(body)["id"])
