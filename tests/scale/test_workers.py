"""Several workers at one address: what one is told all push, and who dies is replaced."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from tests import databases
from tests.live.server import ORIGIN, PAGE
from tests.scale.cluster import START, Cluster, cluster, until

READERS = 9
NEVER = "3600"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with databases.on_sqlite(tmp_path) if request.param == "sqlite" else databases.on_postgresql() as url:
        yield url


@pytest.fixture
async def served(database: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    """Three workers, with a bus that was chosen for them and no sweep that would do its work."""
    async with cluster(tmp_path, database, environment={"POSTIL_SWEEP_SECONDS": NEVER}) as running:
        yield running


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_what_is_posted_to_one_worker_is_pushed_by_all(served: Cluster) -> None:
    section = (await served.post(0))["section"]["id"]
    async with AsyncExitStack() as sockets:
        readers = [await sockets.enter_async_context(served.open()) for _ in range(READERS)]
        for reader in readers:
            await reader.watch([section])

        posted = [await served.post(0, f"Number {number}.") for number in range(5)]

        for reader in readers:
            await reader.reach(posted[-1]["since"])
            assert {post["comment"]["id"] for post in posted} <= set(reader.comments)
        assert served.log.count("ended") == 0


async def test_writers_of_several_workers_lose_nothing_and_count_right(served: Cluster) -> None:
    """Each writer has a connection of his own, so that all workers write at once."""

    async def write(number: int) -> None:
        async with httpx2.AsyncClient(base_url=served.url, timeout=20, headers={"Origin": ORIGIN}) as http:
            own = Cluster.__new__(Cluster)
            own.http, own.author = http, f"{number:043}"
            for count in range(5):
                await own.post(number % 3, f"{number} {count}")

    await asyncio.gather(*(write(number) for number in range(6)))
    page = (await served.http.get("/v1/page", params={"url": PAGE})).json()
    assert page["comments"] == 30
    assert sum(section["comments"] for section in page["sections"]) == 30


async def test_a_worker_that_dies_is_replaced_and_nobody_is_refused(served: Cluster) -> None:
    before = served.workers
    assert len(before) == 3
    for victim in before[:2]:
        os.kill(victim, signal.SIGKILL)
    await until(lambda: len(served.workers) == 3 and not {*before[:2]} & {*served.workers})
    for number in range(10):
        async with httpx2.AsyncClient(base_url=served.url, timeout=20) as somebody:
            assert (await somebody.get("/healthz")).status_code == 200, number
    assert before[2] in served.workers


async def test_a_signal_stops_all_and_sockets_are_told_to_come_back(served: Cluster) -> None:
    workers = served.workers
    async with AsyncExitStack() as sockets:
        readers = [await sockets.enter_async_context(served.open()) for _ in range(READERS)]
        for reader in readers:
            await reader.watch()
        stopping = asyncio.create_task(served.stop())
        assert {await reader.code() for reader in readers} == {1012}
        assert await stopping == 0
    assert not any(lives(worker) for worker in workers)


async def test_workers_do_not_outlive_their_parent(served: Cluster) -> None:
    workers = served.workers
    await served.stop(signal.SIGKILL)
    await until(lambda: not any(lives(worker) for worker in workers))


# Where several cannot work together


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"POSTIL_BUS": "memory://"}, "tells one process only"),
        ({"POSTIL_BUS": "postgres://"}, "that is SQLite"),
        ({"POSTIL_BUS": "amqp://localhost"}, "memory://, postgres:// or redis://"),
        ({"POSTIL_WORKERS": "0"}, "POSTIL_WORKERS cannot be used"),
    ],
)
async def test_a_start_that_could_not_work_is_refused_with_the_reason(
    tmp_path: Path, environment: dict[str, str], why: str
) -> None:
    refused = Cluster(tmp_path, {"POSTIL_WORKERS": "2"} | environment, START)
    with pytest.raises(AssertionError, match=why):
        await refused.start()
    assert refused.process.returncode == 1
    assert "Traceback" not in refused.log
    await refused.end()
