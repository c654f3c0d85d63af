"""Histories of several workers over PostgreSQL and Redis while everything fails around them; and four planted bugs,
each of which the checker must see.
"""

import asyncio
import os
import random
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from tests import databases
from tests.scale.cluster import START, Cluster, cluster
from tests.scale.crowd import Crowd
from tests.scale.history import Comment, Heard, History, complaints
from tests.scale.proxy import Proxy, proxy
from tests.servers import PostgreSQL, Redis, postgresql, redis_server

ROOT = Path(__file__).parents[2]
SWEEP, STALLED = 1.0, 1.5
# A line may be late by a sweep and a stalled question; the rest is this machine's own slowness.
BOUND = SWEEP + STALLED + 8
HISTORIES = 3


@pytest.fixture
def url() -> Iterator[str]:
    with databases.on_postgresql() as made:
        yield made


class Machines:
    """Three workers, the lines to PostgreSQL and to Redis, and both servers: all that a nemesis may touch."""

    def __init__(self, service: Cluster, data: Proxy, hints: Proxy) -> None:
        self.service, self.data, self.hints = service, data, hints
        self.postgresql: PostgreSQL = postgresql()
        self.redis: Redis = redis_server()

    async def kill_a_worker(self) -> None:
        if workers := self.service.workers:
            os.kill(random.choice(workers), signal.SIGKILL)

    async def kill_all_workers(self) -> None:
        for worker in self.service.workers:
            os.kill(worker, signal.SIGKILL)

    async def freeze_a_worker(self) -> None:
        worker = random.choice(self.service.workers)
        os.kill(worker, signal.SIGSTOP)
        await asyncio.sleep(1)
        os.kill(worker, signal.SIGCONT)

    async def leave_alone(self) -> None:
        await asyncio.sleep(3)

    async def restart_redis(self) -> None:
        await asyncio.to_thread(self.redis.restart)

    async def restart_postgresql(self) -> None:
        await asyncio.to_thread(self.postgresql.restart)

    async def silence_the_bus(self) -> None:
        self.hints.stall()
        await asyncio.sleep(3)
        self.hints.flow()

    async def stall_the_database(self) -> None:
        self.data.stall()
        await asyncio.sleep(2 * STALLED)
        self.data.flow()

    async def cut_all_lines(self) -> None:
        self.data.hang_up()
        self.hints.hang_up()


@asynccontextmanager
async def machines(
    folder: Path, url: str, start: list[str] = START, *, patience: float = 20.0
) -> AsyncIterator[Machines]:
    async with AsyncExitStack() as stack:
        data = await stack.enter_async_context(proxy(postgresql().port))
        hints = await stack.enter_async_context(proxy(redis_server().port))
        reach = url.replace(f":{postgresql().port}/", f":{data.port}/")
        told = {
            "POSTIL_BUS": f"redis://127.0.0.1:{hints.port}/0",
            "POSTIL_SWEEP_SECONDS": str(SWEEP),
            "POSTIL_DATABASE_SECONDS": str(patience),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")]),
        }
        made = cluster(folder, url, reach=reach, start=start, environment=told)
        yield Machines(await stack.enter_async_context(made), data, hints)


Nemesis = Callable[[Machines], Awaitable[None]]
TROUBLES: list[Nemesis] = [
    Machines.kill_a_worker,
    Machines.restart_redis,
    Machines.silence_the_bus,
    Machines.restart_postgresql,
    Machines.stall_the_database,
    Machines.freeze_a_worker,
    Machines.cut_all_lines,
    Machines.kill_all_workers,
]


async def happen(
    here: Machines, troubles: list[Nemesis], *, keeps_nonces: bool = True, bound: float = BOUND, rounds: int = 25
) -> tuple[History, list[str]]:
    """What a crowd saw while the troubles came one after another, and what is wrong with it."""
    crowd = Crowd(here.service, keeps_nonces=keeps_nonces)
    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(crowd.read(name)) for name in crowd.readers]
        done = [group.create_task(each()) for each in (crowd.write,) * 4]
        others = [group.create_task(each()) for each in (crowd.hide, crowd.look, crowd.newcome)]
        for trouble in troubles:
            await crowd.see(5)
            await trouble(here)
        await crowd.see(rounds)
        crowd.more = False
        await asyncio.wait(done)
        async with crowd.deciding:
            for other in others:
                other.cancel()
        stored, public = await crowd.end()
        for reader in readers:
            reader.cancel()
    held = {name: holder.comments for name, holder in crowd.readers.items()}
    return crowd.history, complaints(crowd.history, stored, public, held, bound=bound)


async def test_whatever_fails_nothing_acknowledged_is_lost_and_all_see_the_same(tmp_path: Path, url: str) -> None:
    async with machines(tmp_path, url, patience=STALLED) as here:
        history, wrong = await happen(here, TROUBLES)
        assert wrong == [], here.service.log
    # The control: the troubles were felt, and nobody was told anything but to come again.
    assert history.retried > 0 and set(history.refused) == {503}
    assert len(history.hidden) > 3 and len(history.acknowledged) > 40


async def test_a_history_without_any_trouble_has_none(tmp_path: Path, url: str) -> None:
    async with machines(tmp_path, url) as here:
        history, wrong = await happen(here, [])
        assert wrong == [], here.service.log
    assert history.refused == {}


# The checker bites


@pytest.mark.parametrize(
    ("bug", "seen"),
    [
        ("drop_hints", "stays at"),
        ("forget_the_lock", "was given to|stays at|differ in"),
        ("push_unfiltered", "after it was hidden"),
    ],
)
async def test_a_planted_bug_is_seen(tmp_path: Path, bug: str, seen: str) -> None:
    """In one history of a few: where all came to one worker, what is not told to the others does no harm. Each lasts
    longer than a line may be late: until then nobody can tell what is late from what leaked.
    """
    for number in range(HISTORIES):
        (folder := tmp_path / str(number)).mkdir()
        with databases.on_postgresql() as url:
            async with machines(folder, url, ["-X", "utf8", "-m", "tests.scale.planted", bug]) as here:
                _, wrong = await happen(here, [Machines.leave_alone], bound=2.0, rounds=40)
        if re.search(seen, "\n".join(wrong)):
            return
    pytest.fail(f"{bug} was not seen in {HISTORIES} histories: {wrong}")


async def test_a_retry_without_its_nonce_is_seen(tmp_path: Path, url: str) -> None:
    async with machines(tmp_path, url) as here:
        _, wrong = await happen(here, [], keeps_nonces=False)
    assert any("stands there 2 times" in each for each in wrong)


def _comment(id: str, revision: int) -> Comment:
    return {"id": id, "revision": revision, "html": f"<p>{id}</p>"}


@pytest.mark.parametrize(
    ("history", "stored", "held", "complaint"),
    [
        (History(acknowledged={"t": {"a"}}), [], {}, "is lost"),
        (History(), [_comment("a", 1), {**_comment("b", 2), "html": "<p>a</p>"}], {}, "stands there 2 times"),
        (History(), [], {"a": _comment("a", 1)}, "differ in 1 comments"),
        (History(hidden={"a": 1.0}, heard=[Heard("r", 9.0, 1, "a", 1)]), [], {}, "after it was hidden"),
        (History(heard=[Heard("r", 1, 1, "a", 5), Heard("r", 2, 2, "b", 4)]), [], {}, "revision 4 after 5"),
        (History(heard=[Heard("r", 1, 1, "a", 5), Heard("s", 2, 1, "b", 5)]), [], {}, "given to 2 comments"),
        (History(wrong=["a 500"]), [], {}, "a 500"),
    ],
)
def test_each_rule_has_its_complaint(
    history: History, stored: list[Comment], held: dict[str, Comment], complaint: str
) -> None:
    (said,) = complaints(history, stored, {}, {"reader": held}, bound=1.0)
    assert complaint in said


def test_two_states_at_one_revision_are_seen_and_a_late_line_is_not() -> None:
    history = History(hidden={"a": 1.0}, heard=[Heard("r", 1.5, 1, "a", 1)])
    history.saw("one", "e.1", {"a": _comment("a", 1)})
    history.saw("other", "e.1", {"a": _comment("a", 1)})
    assert complaints(history, [], {}, {}, bound=1.0) == []
    history.saw("other", "e.1", {})
    assert "2 states" in complaints(history, [], {}, {}, bound=1.0)[0]
