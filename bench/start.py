"""From nothing to the first answer, and until all is loaded."""

import asyncio
import socket
import tempfile
import time
from contextlib import AbstractAsyncContextManager

from bench.case import Bench
from bench.processes import Server, answering, serving
from bench.row import Row, at_most
from postil.late import WARM_SECONDS

# From the first answer until nothing more is loaded by itself.
SETTLE_SECONDS = WARM_SECONDS + 2.0


async def cold(bench: Bench) -> list[Row]:
    """`postil serve`, the schema made on the way; beside an interpreter with uvicorn and Starlette alone. Once before,
    so that all is compiled.
    """
    ours, floor = [], []
    for _ in range(1 + (1 if bench.is_short else bench.rounds)):
        with tempfile.TemporaryDirectory(prefix="postil-bench-") as folder:
            ours.append(await _until_answered(_service(folder), SETTLE_SECONDS))
        floor.append(await _until_answered(serving("constant", "1")))
    wall, cpu, resident, settled = zip(*ours[1:], strict=True)
    floor_wall, floor_cpu, *_ = zip(*floor[1:], strict=True)
    return [
        Row("start, to the first answer", "wall ms", wall, floor_wall, at_most(700, "speed")),
        Row("start, CPU alone", "CPU ms", cpu, floor_cpu),
        Row("resident after the first answer", "MB", resident, target=at_most(85, "ours")),
        Row("resident once all is loaded", "MB", settled, target=at_most(85, "ours")),
    ]


def _service(folder: str) -> AbstractAsyncContextManager[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return answering(port, "-m", "postil.cli", "serve", "--port", str(port), POSTIL_DATA=folder, POSTIL_DATABASE_URL="")


async def _until_answered(
    answers: AbstractAsyncContextManager[Server], seconds: float = 0.0
) -> tuple[float, float, float, float]:
    """Milliseconds by the wall and of CPU, and megabytes; then, and so many seconds later."""
    start = time.perf_counter()
    async with answers as server:
        wall, cpu, resident = (time.perf_counter() - start) * 1000, server.cpu() * 1000, server.memory()
        await asyncio.sleep(seconds)
        return wall, cpu, resident, server.memory()
