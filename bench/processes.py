"""A server in a process of its own, on a core of its own where there are two, and what it costs."""

import asyncio
import os
import resource
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORES = sorted(os.sched_getaffinity(0))
# What pip does when it installs: no start compiles anything again.
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bytecode")}
_OF_PROCESS = 2  # how Linux names the CPU clock of another process: clock_getcpuclockid(3)


@dataclass(frozen=True)
class Server:
    pid: int
    port: int

    def cpu(self) -> float:
        """Seconds of CPU that the process has used, in user and system mode, all threads: by its own clock, which is
        finer than the ticks of /proc.
        """
        return time.clock_gettime(~self.pid << 3 | _OF_PROCESS)

    def memory(self) -> float:
        """Resident megabytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def pin(core: int) -> None:
    """Keep this process on one core, where there are several and the system lets us."""
    with suppress(OSError):
        os.sched_setaffinity(0, {CORES[core % len(CORES)]})


def allow_files() -> None:
    """As many open files as the system lets this process have: a socket is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def unpin() -> Iterator[None]:
    """Until the block ends this process, and whatever it starts meanwhile, may use every core."""
    before = os.sched_getaffinity(0)
    with suppress(OSError):
        os.sched_setaffinity(0, set(CORES))
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, before)


@asynccontextmanager
async def serving(kind: str, *more: str, before: Sequence[str] = ()) -> AsyncIterator[Server]:
    """Run one of bench.servers until the block ends; it answers on its port before the block begins. `before`: what it
    is run by.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        command = ("-m", "bench.servers", kind, str(listening.fileno()), *more)
        port, descriptors = listening.getsockname()[1], [listening.fileno()]
        async with answering(port, *command, descriptors=descriptors, before=before) as server:
            yield server


@asynccontextmanager
async def answering(
    port: int, *arguments: str, descriptors: Sequence[int] = (), before: Sequence[str] = (), **environment: str
) -> AsyncIterator[Server]:
    """Run Python with `arguments` until the block ends; it answers on `port` before the block begins."""
    process = await asyncio.create_subprocess_exec(
        *(*before, sys.executable, *arguments),
        pass_fds=descriptors,
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, **COMPILED, **environment},
        preexec_fn=move,
    )
    try:
        await answers(port)
        yield Server(process.pid, port)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def move() -> None:
    """In the child, before it begins: onto the first core; the load is on the second."""
    with suppress(OSError):
        os.sched_setaffinity(0, {CORES[0]})


async def answers(port: int) -> None:
    """Until somebody answers: the kernel accepts from the first moment, so only an answer counts."""
    async with asyncio.timeout(60):
        while True:
            with suppress(ConnectionRefusedError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                await reader.read()
                writer.close()
                return
            await asyncio.sleep(0.01)
