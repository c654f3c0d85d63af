"""Limits: the table holds, the wait that is told is true, and memory stays bounded."""

import asyncio
import inspect
import secrets
import socket
import subprocess
import sys

import pytest
from tests.servers import Redis, redis_server
from tests.service import serving

from postil.errors import TooMany
from postil.ids import hash_token
from postil.web import limits, memory
from postil.web.limits import LIMITS, Limiter


def first_amount(name: str) -> int:
    return int(LIMITS[name].rates.partition("/")[0])


async def hits(limiter: Limiter, name: str, who: str, attempts: int) -> int:
    counted = 0
    for _ in range(attempts):
        try:
            await limiter.hit(name, who)
        except TooMany:
            continue
        counted += 1
    return counted


@pytest.mark.parametrize("name", LIMITS)
async def test_as_many_pass_as_the_table_says(name: str) -> None:
    limiter = Limiter()
    assert await hits(limiter, name, "reader", first_amount(name) + 20) == first_amount(name)
    assert await hits(limiter, name, "somebody else", 1) == 1


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_has_its_reason(name: str) -> None:
    assert len(LIMITS[name].reason) >= len("by network")


async def test_limits_do_not_share_a_count() -> None:
    limiter = Limiter()
    await hits(limiter, "flag", "reader", 20)
    assert await hits(limiter, "edit", "reader", 1) == 1


async def test_the_wait_that_is_told_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    limiter = Limiter()
    await hits(limiter, "post", "reader", 6)
    now += 20.5
    with pytest.raises(TooMany) as refused:
        await limiter.hit("post", "reader")
    assert refused.value.retry_after == 40
    now += 38
    assert await hits(limiter, "post", "reader", 1) == 0
    now += 2
    assert await hits(limiter, "post", "reader", 1) == 1


async def test_the_longer_window_holds_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    limiter, counted = Limiter(), 0
    for _ in range(20):
        counted += await hits(limiter, "post", "reader", 6)
        now += 61
    assert counted == 60


async def test_limits_can_be_stretched_and_switched_off() -> None:
    assert await hits(Limiter(scale=10), "post", "reader", 100) == 60
    assert await hits(Limiter(scale=0.01), "post", "reader", 100) == 1
    assert await hits(Limiter(enabled=False), "post", "reader", 100) == 100


async def test_an_unknown_limit_is_a_mistake_even_when_switched_off() -> None:
    with pytest.raises(KeyError):
        await Limiter(enabled=False).hit("psot", "reader")


async def test_a_flood_of_readers_takes_no_more_than_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_KEYS", 100)
    storage = memory.Memory()
    for number in range(1000):
        await storage.acquire_entry(f"reader {number}", 1, 60)
    assert len(storage.windows) == 100
    assert not await storage.acquire_entry("reader 999", 1, 60)  # the latest are remembered
    assert await storage.acquire_entry("reader 0", 1, 60)


async def test_processes_that_share_redis_count_together() -> None:
    url = redis_server().url
    one, other = Limiter(shared=url), Limiter(shared=url)
    who = secrets.token_hex(8)
    assert await hits(one, "sign_in", who, 6) == 6
    assert await hits(other, "sign_in", who, 20) == 4
    with pytest.raises(TooMany) as refused:
        await one.hit("sign_in", who)
    assert 1 <= (refused.value.retry_after or 0) <= 60
    assert await hits(one, "read", who, 600) == await hits(other, "read", who, 600) == 600
    for limiter in (one, other):
        await limiter.close()


async def test_what_comes_through_a_door_is_counted_by_all() -> None:
    """One comment begins the section, the others go the short way."""
    server = Redis()
    other = Limiter(shared=server.url)
    try:
        with serving(rate_limits=True, bus=server.url) as service:
            reader = service.reader()
            for _ in range(first_amount("post")):
                await asyncio.to_thread(reader.post)
            assert await hits(other, "post", hash_token(reader.token), 1) == 0
    finally:
        await other.close()
        server.end()


async def test_without_redis_each_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    server = Redis()
    limiter = Limiter(shared=server.url)
    assert await hits(limiter, "sign_in", "reader", 3) == 3
    server.crash()
    assert await hits(limiter, "sign_in", "reader", 20) == 10
    assert caplog.text.count("for each process alone") == 1
    await limiter.close()
    server.end()


async def test_a_redis_that_hangs_is_as_good_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SHARED_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limiter = Limiter(shared=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert await hits(limiter, "sign_in", "reader", 20) == 10
        await limiter.close()


def test_the_library_is_imported_with_the_first_hit_only() -> None:
    code = "import sys, postil.web.limits; print('limits' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_our_memory_speaks_the_librarys_interface() -> None:
    from limits.aio.storage import MemoryStorage

    for name in ("acquire_entry", "get_moving_window"):
        ours, theirs = (inspect.signature(getattr(cls, name)) for cls in (memory.Memory, MemoryStorage))
        assert list(ours.parameters) == list(theirs.parameters)
