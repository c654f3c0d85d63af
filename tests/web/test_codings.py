"""Which coding an asker gets, and the best form of what is read much."""

import asyncio
import gzip
import threading
import time
from collections.abc import Callable
from typing import Any

import brotli
import pytest

from postil.web import codings
from postil.web.caching import OFTEN, prepare
from postil.web.codings import LONGEST_HEADER, MOST_AT_BEST, Press, choose, pack, pack_best

UNPACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
TEXT = b" ".join(b"%d bottles of beer on the wall," % number for number in range(200))


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),  # as browsers say it
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("br", "br"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br; q=0.5 , gzip;q=0.501", "gzip"),
        ("gzip;q=0.2, br;q=0.2", "br"),
        ("identity, gzip", "gzip"),
        ("identity;q=0.5, gzip;q=0.4", ""),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("gzip;q=0", ""),
        ("gzip;q=0.000, br;q=0.0", ""),
        ("*;q=0", ""),
        ("identity;q=0", ""),  # nothing that we have: then the bytes, rather than nothing
        ("", ""),
        ("deflate, zstd, compress", ""),
        ("xgzip, gzipx, abr, br2", ""),
        ("gzip;q=1.5", ""),
        ("gzip;q=nan, br;q=-1", ""),
        ("gzip;q=1;q=0, br q=1", ""),
        ("gzip\0, \xe9, ;;;=,,q=1", ""),
        ("gzip," * LONGEST_HEADER, ""),
    ],
)
def test_an_asker_gets_what_he_weighs_most(accepts: str, coding: str) -> None:
    assert choose(accepts, ("br", "gzip")) == coding


def test_without_brotli_there_is_gzip() -> None:
    assert choose("br;q=1, gzip;q=0.1", ("gzip",)) == "gzip"
    assert choose("br", ("gzip",)) == ""


@pytest.mark.parametrize("content", [b"", b"x", TEXT, bytes(range(256)) * 40])
def test_every_form_is_the_same_content(content: bytes) -> None:
    assert brotli.decompress(pack_best(content)) == content
    for coding in codings.CODINGS:
        assert UNPACK[coding](pack(coding, content)) == content


def test_the_best_form_is_smaller_and_takes_the_place_of_the_first() -> None:
    prepared = prepare(TEXT)
    first, etag = prepared.form("br"), prepared.etag
    prepared.improve(pack_best(TEXT))
    assert len(prepared.form("br")) < len(first)
    assert prepared.etag == etag
    assert gzip.decompress(prepared.form("gzip")) == TEXT


def test_it_is_asked_for_where_many_read_in_brotli_and_no_more_once_it_is_there() -> None:
    prepared = prepare(TEXT)
    prepared.form("gzip")
    assert not any(prepared.is_worth_more() for _ in range(3 * OFTEN)), "nobody reads it in brotli"
    prepared.form("br")
    assert sum(prepared.is_worth_more() for _ in range(3 * OFTEN)) == 3
    prepared.improve(b"")
    assert not any(prepared.is_worth_more() for _ in range(3 * OFTEN))


class Slow:
    """Works until it is let go."""

    def __init__(self) -> None:
        self.go, self.made = threading.Event(), list[bytes]()

    def make(self, content: bytes) -> bytes:
        assert self.go.wait(20)
        if content == b"bad":
            raise MemoryError
        self.made.append(content)
        return content.upper()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - the press tells nobody that it is free
            await asyncio.sleep(0.001)


async def test_one_is_made_at_a_time_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codings, "REST", 0)
    slow, taken = Slow(), list[bytes]()
    press = Press(slow.make)
    press.offer(b"one", taken.append)
    press.offer(b"two", taken.append)
    slow.go.set()
    await until(lambda: press._is_free)
    press.offer(b"three", taken.append)
    press.offer(b"x" * (MOST_AT_BEST + 1), taken.append)
    await until(lambda: press._is_free)
    assert (slow.made, taken) == ([b"one", b"three"], [b"ONE", b"THREE"])


async def test_it_rests_nine_times_as_long_as_it_worked() -> None:
    loop, work, was_free = asyncio.get_running_loop(), 0.005, list[bool]()

    def make(content: bytes) -> bytes:
        time.sleep(work)
        return content

    press, began = Press(make), loop.time()
    press.offer(b"one", lambda _: was_free.append(press._is_free))
    await until(lambda: press._is_free)
    assert was_free == [False]
    assert loop.time() - began >= 10 * work


async def test_what_cannot_be_made_is_told_and_the_next_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codings, "REST", 0)
    told = list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    slow, taken = Slow(), list[bytes]()
    slow.go.set()
    press = Press(slow.make)
    for content in (b"bad", b"good"):
        press.offer(content, taken.append)
        await until(lambda: press._is_free)
    assert [type(each["exception"]) for each in told] == [MemoryError]
    assert taken == [b"GOOD"]
