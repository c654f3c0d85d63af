"""From nothing to the first answer."""

import tempfile
import time

from bench.case import Bench
from bench.processes import serving
from bench.row import Row, at_most


async def cold(bench: Bench) -> list[Row]:
    """The schema made on the way; beside an interpreter with uvicorn and Starlette alone."""
    ours, floor, resident = [], [], []
    for _ in range(1 if bench.is_short else bench.rounds):
        with tempfile.TemporaryDirectory(prefix="postil-bench-") as folder:
            took, memory = await _until_answered("service", folder)
        ours.append(took)
        resident.append(memory)
        floor.append((await _until_answered("constant", "1"))[0])
    return [
        Row("start, to the first answer", "wall ms", ours, floor, at_most(700, "ours")),
        Row("resident after the first answer", "MB", resident, target=at_most(85, "ours")),
    ]


async def _until_answered(*what: str) -> tuple[float, float]:
    start = time.perf_counter()
    async with serving(*what) as server:
        return (time.perf_counter() - start) * 1000, server.memory()
