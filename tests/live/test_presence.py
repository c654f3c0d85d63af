"""How many are here: in numbers, to those who ask, seldom, and never a word more than they may know."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests import databases
from tests.live.server import ORIGIN, OUTLINE, PAGE, Message, Reader, Service, running, serving, until
from tests.servers import postgresql, redis_server

from postil import signing, sites
from postil.live import presence
from postil.outline import OutlineSection, outline_hash

CALM = 0.2


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at a fifth of a second, where nothing here depends on how long it is."""
    monkeypatch.setattr(presence, "CALM_SECONDS", CALM)
    monkeypatch.setattr(presence, "WRITING_SECONDS", 1.5)


@asynccontextmanager
async def present(service: Service, sections: Sequence[object] = (), **more: Any) -> AsyncIterator[Reader]:
    async with service.open() as reader:
        yield await reader.watch(sections, presence=True, **more)


async def hear(reader: Reader, reading: int, writing: int = 0) -> Message:
    """Listen until these are the numbers."""
    while (said := await reader.until("presence")) != {"type": "presence", "reading": reading, "writing": writing}:
        pass
    return said


async def write(reader: Reader, section: str) -> None:
    await reader.say({"type": "writing", "section": section})


async def test_those_who_ask_are_counted_and_told_and_others_are_neither(service: Service) -> None:
    async with service.open() as quiet:
        await quiet.watch()
        async with present(service) as first:
            await hear(first, 1)
            async with present(service) as second:
                await hear(first, 2)
                await hear(second, 2)
            await hear(first, 1)
        await service.post(0)
        assert [message["type"] for message in await quiet.step()] == ["counts"]
        assert {message["type"] for message in quiet.heard} == {"watching", "counts"}


async def test_a_moderator_is_a_reader_too_and_another_page_is_not_counted(service: Service) -> None:
    async with present(service) as first, present(service, token=service.token), present(service, url=f"{PAGE}/two"):
        await hear(first, 2)


async def test_others_are_told_that_somebody_writes_in_what_they_show_until_he_is_silent(service: Service) -> None:
    here, there = [(await service.post(index))["section"]["id"] for index in (0, 1)]
    async with present(service, [here]) as writer, present(service, [here]) as reader, present(service, [there]) as far:
        for each in (writer, reader, far):
            await hear(each, 3)
        await write(writer, here)
        await hear(reader, 3, 1)
        await write(reader, here)
        await hear(writer, 3, 1)
        for each in (writer, reader):
            await hear(each, 3, 0)
        assert await far.is_quiet()
        assert [said["writing"] for said in writer.heard if said["type"] == "presence" and said["reading"] == 3] == [
            0,
            1,
            0,
        ]


async def test_what_is_shown_now_decides(service: Service) -> None:
    here, there = [(await service.post(index))["section"]["id"] for index in (0, 1)]
    async with present(service, [here]) as writer, present(service, [there]) as reader:
        await hear(reader, 2)
        await write(writer, here)
        await reader.say({"type": "show", "sections": [here]})
        await hear(reader, 2, 1)
        await reader.say({"type": "show", "sections": []})
        await hear(reader, 2, 0)


async def test_a_section_that_is_not_shown_is_passed_over(service: Service) -> None:
    here, there = [(await service.post(index))["section"]["id"] for index in (0, 1)]
    async with present(service, [here]) as writer, present(service, [here, there, "-----------"]) as reader:
        await hear(reader, 2)
        for section in (there, "-----------", "", "*"):
            await write(writer, section)
        assert await reader.is_quiet(3 * CALM)
        await write(writer, here)
        await hear(reader, 2, 1)


async def test_one_who_did_not_ask_to_be_counted_is_not_heard_to_write(service: Service) -> None:
    here = (await service.post(0))["section"]["id"]
    async with service.open() as writer, present(service, [here]) as reader:
        await writer.watch([here])
        await hear(reader, 1)
        await write(writer, here)
        assert await reader.is_quiet(2 * CALM)
        await writer.say({"type": "show", "sections": []})
        await writer.until("watching")


async def test_a_section_where_readers_see_nothing_is_never_written_in(service: Service) -> None:
    """Law 3: its author, a moderator and whoever got hold of its id show it; it gives no sign before it is public."""
    await service.post(1)
    comment = await service.post(0)
    section = comment["section"]["id"]
    await service.decide("hide", comment["comment"]["id"])
    async with (
        present(service, [section], author=service.author) as author,
        present(service, [section, "*"]) as stranger,
        present(service, ["*"], token=service.token) as moderator,
    ):
        for each in (author, stranger, moderator):
            await hear(each, 3)
        await write(author, section)
        await write(moderator, section)
        for each in (author, stranger, moderator):
            assert await each.is_quiet(2 * CALM)
        await service.decide("restore", comment["comment"]["id"])
        await stranger.until("counts")
        await author.until("counts")
        await write(author, section)
        await hear(stranger, 3, 1)
        await service.decide("hide", comment["comment"]["id"])
        await hear(stranger, 3, 0)


async def test_a_section_of_another_copy_is_not_heard_by_those_who_follow_everything(service: Service) -> None:
    forged = [OutlineSection(heading="FORGED", level=2)]
    outline = {"hash": outline_hash(forged), "sections": [{"heading": "FORGED", "level": 2}]}
    honest = await service.post(0)
    async with service.resources.database.begin() as tx:
        key = await sites.make_key(tx, ORIGIN)
    await _publish(service, key)
    section = (await service.post(0, outline=outline))["section"]["id"]
    shown = honest["section"]["id"]
    async with present(service, [section, shown]) as forger, present(service, ["*"]) as honestly:
        await hear(honestly, 2)
        await write(forger, section)
        assert await honestly.is_quiet(2 * CALM)
        await write(forger, shown)
        await hear(honestly, 2, 1)


async def _publish(service: Service, key: str) -> None:
    """The page as its owner has it, so that another outline's sections are nobody else's."""
    body = json.dumps({"page": {"url": PAGE}, "outline": OUTLINE}).encode()
    headers = {"Postil-Signature": signing.sign(key, body, int(time.time())), "Content-Type": "application/json"}
    answer = await service.http.post("/v1/publish", content=body, headers=headers)
    assert answer.is_success, answer.text


# Where several processes serve


@pytest.fixture(params=["unix", "postgres", "redis"])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "postgres":
            return postgresql().url("postgres").replace("+psycopg", "")
        case "redis":
            return redis_server().url
    return f"unix:{tmp_path}/bus"


@asynccontextmanager
async def two_workers(bus: str) -> AsyncIterator[tuple[Service, Service]]:
    async with serving(bus=bus) as one:
        settings = one.resources.settings
        async with running(settings.data, database_url=settings.database, bus=bus) as other:
            yield one, other


async def test_readers_and_writers_of_all_processes_are_counted(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "AGAIN_SECONDS", 0.5)  # what was said before a line stood is said again
    async with two_workers(bus) as (one, other):
        here = (await one.post(0))["section"]["id"]
        async with present(one, [here]) as reader:
            async with present(other, [here]) as writer, present(other):
                await hear(reader, 3)
                await hear(writer, 3)
                await write(writer, here)
                await hear(reader, 3, 1)
                await hear(reader, 3, 0)
            await hear(reader, 1)


async def test_what_a_process_said_is_forgotten_once_it_is_silent(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LONGEST_SECONDS", 3 * CALM)
    here = (await service.post(0))["section"]["id"]
    async with present(service, [here]) as reader:
        await hear(reader, 1)
        (room,) = service.resources.hub.rooms.values()
        room.presence.hear("another", 5, ((here, 2), ("-----------", 3)))
        await hear(reader, 6, 2)
        await hear(reader, 1, 0)
        assert not room.presence._elsewhere


async def test_it_moves_no_revision_and_no_etag_and_is_written_nowhere(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    asked = {"url": PAGE}
    before = (await service.http.get("/v1/page", params=asked)).headers["etag"]
    written = dump(service)
    async with present(service, [section]) as writer, present(service, [section]) as reader:
        await write(writer, section)
        await hear(reader, 2, 1)
        assert reader.since == writer.since
        assert (await service.http.get("/v1/page", params=asked)).headers["etag"] == before
        assert dump(service) == written


def dump(service: Service) -> list[str]:
    return databases.dump(service.resources.settings.database)


async def test_a_flood_of_writing_ends_the_socket_and_tells_others_little(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    async with present(service, [section]) as flooder, present(service, [section]) as reader:
        await hear(reader, 2)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(30):
            await write(flooder, section)
        assert await flooder.code() == 1008
        await hear(reader, 1, 0)
        heard = [said for said in reader.heard if said["type"] == "presence"]
        assert len(heard) <= 3 + (loop.time() - began) / CALM


async def test_sockets_that_come_and_go_cost_a_message_in_a_while(service: Service) -> None:
    async with present(service) as reader:
        await hear(reader, 1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(3):
            async with AsyncExitStack() as stack:
                for _ in range(4):
                    await stack.enter_async_context(present(service))
        await until(lambda: seats(service) == 1)
        async with present(service):
            await hear(reader, 2)
        heard = [said for said in reader.heard if said["type"] == "presence"]
        assert len(heard) <= 3 + (loop.time() - began) / CALM
        assert all(one != other for one, other in pairwise(heard)), "numbers that did not move are not said again"
    await until(lambda: not service.resources.hub.rooms)


def seats(service: Service) -> int:
    return sum(len(room.presence.seats) for room in service.resources.hub.rooms.values())


async def test_a_bad_message_of_presence_is_refused_and_the_socket_stays(service: Service) -> None:
    async with service.open() as reader:
        await reader.say({"type": "watch", "page": {"url": PAGE}, "presence": "yes"})
        assert (await reader.next())["code"] == "invalid"
        await write(reader, "too early")
        assert (await reader.next())["code"] == "invalid"
        await reader.watch(presence=True)
        for wrong in ({}, {"section": 7}, {"section": "x" * 12}, {"section": "a", "name": "Rosa"}):
            await reader.say({"type": "writing", **wrong})
            assert (await reader.until("error"))["code"] in ("invalid", "too_long")


async def test_a_service_may_switch_it_off() -> None:
    async with serving(presence=False) as service:
        section = (await service.post(0))["section"]["id"]
        async with present(service, [section]) as one, present(service, [section]) as other:
            await write(one, section)
            assert await other.is_quiet(2 * CALM)
            assert seats(service) == 0
