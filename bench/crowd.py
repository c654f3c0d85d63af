"""Thousands of sockets in a process of their own: a process may have only so many open, at either end.

python -m bench.crowd PORT COUNT FIRST CONFIRMED

It says `{"open": true}` once they all are; then takes lines of JSON: {"await": TEXT, "say": bool} arms each of them to
wait for a text, answers `{"armed": true}`, has the first one say something where that is asked, and answers when the
last had heard, by the clock that all processes share, and how many bytes it had taken.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from bench.load import listeners
from bench.processes import ROOT, Server, allow_files

# Ten thousand sockets are opened in half a minute, or in several where much else runs.
PATIENCE = 900


class Crowd:
    """The crowd's process, from the outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def arm(self, awaited: str, *, say: bool = False) -> None:
        """From now on each waits for a text; with `say` the first one then asks its server to say it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"await": awaited, "say": say}).encode() + b"\n")
        await self.told()

    async def told(self) -> Any:
        """What it says next."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self.process.stdout.readline()
        return json.loads(line)


@asynccontextmanager
async def crowd(server: Server, count: int, first: str = "", confirmed: str = "") -> AsyncIterator[Crowd]:
    """So many open sockets, each of which has said `first` and heard that confirmed."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.crowd", str(server.port), str(count), first, confirmed),
        stdin=pipe,
        stdout=pipe,
        cwd=ROOT,
    )
    made = Crowd(process)
    try:
        await made.told()
        yield made
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _be(port: int, count: int, first: str, confirmed: str) -> None:
    hearing = await listeners(Server(0, port), count, first or None, confirmed.encode())
    loop = asyncio.get_running_loop()
    _tell({"open": True})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        for each in hearing:
            each.wait_for(asked["await"].encode())
        _tell({"armed": True})
        if asked["say"]:
            began = time.perf_counter()
            hearing[0].say("now")
        else:
            began = 0.0
        last = max(await asyncio.gather(*(each.heard for each in hearing)))
        _tell({"began": began, "last": last, "bytes": hearing[0].received})


def _tell(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    allow_files()
    with suppress(KeyboardInterrupt):
        asyncio.run(_be(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
