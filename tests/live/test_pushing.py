"""What the room writes to its readers itself is what each would have been told by a task of his own: the plain way."""

import asyncio
import json
import random
import socket as sockets
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import CoroutineType
from typing import Any

import pytest
import uvicorn
from tests.live.server import OUTLINE, PAGE, Message, Reader, Service, place, revision, until
from tests.live.test_hostility import TEXT, Raw, frame, raw
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from postil.live import room, showing
from postil.live.showing import Rank, Watcher
from postil.live.wire import framed
from postil.serving import config, listen
from postil.viewer import Audience
from postil.web.transport import PatientProtocol, Write


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Ports of clients whose sockets take no ready frames, as if always full: they are told the plain way."""
    ports: set[int] = set()
    is_free = PatientProtocol._is_free

    def is_free_too(protocol: PatientProtocol) -> bool:
        assert protocol.client is not None
        return protocol.client[1] not in ports and is_free(protocol)

    monkeypatch.setattr(PatientProtocol, "_is_free", is_free_too)
    return ports


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that rooms write as ready frames."""
    made: list[bytes] = []
    lend = PatientProtocol.lend

    def lent(protocol: PatientProtocol, back: Callable[[], None]) -> Write | None:
        write = lend(protocol, back)
        if write is None:
            return None

        def written(frames: bytes) -> None:
            made.append(frames)
            write(frames)

        return written

    monkeypatch.setattr(PatientProtocol, "lend", lent)
    return made


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_a_frame_is_what_the_library_makes_of_it(size: int) -> None:
    text = "ü" * (size // 2) + "a" * (size % 2)
    made = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert framed([text]) == made
    assert framed([text, "b"]) == made + Frame(Opcode.TEXT, b"b").serialize(mask=False)


@pytest.mark.parametrize("seed", range(2))
async def test_both_ways_say_the_same(service: Service, plain: set[int], seed: int) -> None:
    """Ten kinds of watcher, two of each, through a random history in which they also change what they show."""
    choose = random.Random(seed)
    first = await service.post(0)
    sections = [first["section"]["id"], (await service.post(1))["section"]["id"]]
    async with AsyncExitStack() as stack:
        pairs = [
            (await _watching(stack, service, None, **kind), await _watching(stack, service, plain, **kind))
            for kind in _kinds(service, sections)
        ]
        posted: list[str] = [first["comment"]["id"]]
        for _ in range(25):
            await _something(service, choose, posted)
            for number, pair in enumerate(pairs, 1):
                audience = Audience.STAFF if number == len(pairs) else Audience.PUBLIC
                await asyncio.gather(*(_settled(service, reader, audience) for reader in pair))
                assert pair[0].heard == pair[1].heard
            shown = [section for section in sections if choose.random() < 0.5]
            pair = choose.choice(pairs)
            for reader in pair:
                await reader.say({"type": "show", "sections": shown})
                await reader.until("watching")
    assert any(message["type"] == "changes" for written, _ in pairs for message in written.heard)


def _kinds(service: Service, sections: list[str]) -> Iterator[dict[str, Any]]:
    for shown in ([], ["*"], sections[:1], sections[1:], sections, [place(2)], [sections[0], place(2)]):
        yield {"sections": shown}
    yield {"sections": ["*"], "outline": OUTLINE["hash"]}
    yield {"sections": ["*"], "outline": "0" * 32}
    yield {"sections": ["*"], "token": service.token}


async def _watching(stack: AsyncExitStack, service: Service, plain: set[int] | None, **kind: Any) -> Reader:
    reader = await stack.enter_async_context(service.open())
    if plain is not None:
        plain.add(reader.socket.local_address[1])
    return await reader.watch(**kind)


async def _something(service: Service, choose: random.Random, posted: list[str]) -> None:
    verb = choose.choice(["post", "post", "post", "hide", "restore", "flag", "edit"])
    try:
        if verb == "post":
            posted.append((await service.post(choose.randrange(3), f"Number {len(posted)}."))["comment"]["id"])
        elif verb == "flag":
            await service.flag(choose.choice(posted))
        elif verb == "edit":
            await service.edit(choose.choice(posted), f"Said otherwise: {choose.random()}.")
        else:
            await service.decide(verb, choose.choice(posted))
    except AssertionError:  # a move that this state does not allow
        pass


async def _settled(service: Service, reader: Reader, audience: Audience) -> None:
    """Until he has heard all there is for him."""
    [page] = service.resources.hub.rooms.values()
    while revision(reader.since) < page.revisions[audience]:
        await reader.next()


def _watchers(service: Service) -> list[Watcher]:
    rooms = service.resources.hub.rooms.values()
    return [watcher for page in rooms for each in page.showings.values() for watcher in each.watchers]


def _ranks(service: Service) -> list[Rank]:
    rooms = service.resources.hub.rooms.values()
    return [rank for page in rooms for showing in page.showings.values() for rank in showing.ranks]


async def test_a_step_is_the_same_bytes_in_one_write_for_all_and_wakes_no_task(
    service: Service, writes: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    section = (await service.post(0))["section"]["id"]
    async with AsyncExitStack() as stack:
        readers = [await _watching(stack, service, None, sections=[section]) for _ in range(20)]
        await until(lambda: _idle(service))
        sent: list[Any] = []
        send = PatientProtocol.send

        async def noted(protocol: PatientProtocol, message: Any) -> None:
            sent.append(message)
            await send(protocol, message)

        monkeypatch.setattr(PatientProtocol, "send", noted)
        posted = await service.post(0)
        for reader in readers:
            assert [message["type"] for message in await reader.step()] == ["changes", "counts"]
            assert reader.since == posted["since"]
    assert len(writes) == 20
    assert len({id(each) for each in writes}) == 1
    assert sent == []


def _idle(service: Service) -> bool:
    """Nobody is behind: each socket has one task, which listens."""
    return not any(task.get_coro().__qualname__.startswith("Teller.") for task in asyncio.all_tasks())  # type: ignore[union-attr]


async def test_an_idle_socket_has_one_task_and_none_of_the_applications_layers(service: Service) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await _watching(stack, service, None, sections=["*"], presence=True)
        await until(lambda: _idle(service))
        waiting = [_waiting(task) for task in asyncio.all_tasks()]
    of_sockets = [names for names in waiting if "PatientProtocol.run_asgi" in names]
    assert len(of_sockets) == 3
    for names in of_sockets:
        assert "Conversation.run" in names
        assert not [name for name in names if "Middleware" in name or "Router" in name or name.endswith("__call__")]
    assert not [names for names in waiting if names[:1] != ["PatientProtocol.run_asgi"] and "Conversation.run" in names]


def _waiting(task: asyncio.Task[Any]) -> list[str]:
    """The coroutines that a task waits in, from the outside in."""
    names: list[str] = []
    coroutine: object = task.get_coro()
    while isinstance(coroutine, CoroutineType):
        names.append(coroutine.__qualname__)
        coroutine = coroutine.cr_await
    return names


async def test_those_who_show_the_same_share_it_and_it_goes_with_the_last(service: Service) -> None:
    async with AsyncExitStack() as stack:
        readers = [await _watching(stack, service, None, sections=["*"]) for _ in range(4)]
        [page] = service.resources.hub.rooms.values()
        assert [len(each.watchers) for each in page.showings.values()] == [4]
        for reader in readers[:2]:
            await reader.say({"type": "show", "sections": []})
            await reader.until("watching")
        assert sorted(len(each.watchers) for each in page.showings.values()) == [2, 2]
        for reader in readers[2:]:
            await reader.say({"type": "show", "sections": []})
            await reader.until("watching")
        assert [len(each.watchers) for each in page.showings.values()] == [4]
    await until(lambda: page.showings == {} and service.resources.hub.rooms == {})


async def test_who_keeps_up_stands_with_the_others_again(service: Service, plain: set[int]) -> None:
    """A socket that could not be written to is told by a task of its own; after that it is as all are."""
    async with AsyncExitStack() as stack:
        quick = await _watching(stack, service, None, sections=["*"])
        slow = await _watching(stack, service, plain, sections=["*"])
        await until(lambda: _idle(service))
        assert [len(rank.writes) for rank in _ranks(service)] == [1]
        plain.clear()
        for _ in range(2):
            posted = await service.post(0)
            await asyncio.gather(quick.reach(posted["since"]), slow.reach(posted["since"]))
            await until(lambda: _idle(service))
        [rank] = _ranks(service)
        [page] = service.resources.hub.rooms.values()
        assert (len(rank.writes), rank.since.revision) == (2, page.revisions[Audience.PUBLIC])
        assert quick.comments == slow.comments


async def test_a_step_too_large_for_a_buffer_goes_piece_by_piece(
    service: Service, writes: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "MOST_AT_ONCE", 1000)
    async with AsyncExitStack() as stack:
        reader = await _watching(stack, service, None, sections=["*"])
        await until(lambda: _idle(service))
        small = await service.post(0, "Short.")
        await reader.reach(small["since"])
        assert len(writes) == 1
        large = await service.post(0, "Long. " * 400)
        await reader.reach(large["since"])
        assert len(writes) == 1
    assert set(reader.comments) == {small["comment"]["id"], large["comment"]["id"]}


async def test_others_get_their_turn_while_a_crowd_is_written_to(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WRITTEN_AT_ONCE", 1)
    monkeypatch.setattr(showing, "MOST_IN_RANK", 1)
    async with AsyncExitStack() as stack:
        readers = [await _watching(stack, service, None, sections=["*"]) for _ in range(10)]
        for _ in range(3):
            posted = await asyncio.gather(*(service.post(0) for _ in range(4)))
            newest = max((each["since"] for each in posted), key=revision)
            for reader in readers:
                await reader.reach(newest)
        fresh = await service.thread(posted[0]["section"]["id"])
        assert all(reader.comments == fresh for reader in readers)


# Sockets that are slow, closing, or under TLS


async def test_who_stops_reading_for_a_while_misses_nothing_and_gets_nothing_twice(service: Service) -> None:
    for listening in service.server.servers[0].sockets:
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 8192)
    async with raw(service) as slow, service.open() as quick:
        watch = {"type": "watch", "page": {"url": PAGE}, "sections": ["*"]}
        await slow.send(frame(TEXT, json.dumps(watch).encode()))
        await quick.watch(["*"])
        await until(lambda: len(_watchers(service)) == 2 and _idle(service))
        for number in range(12):
            posted = await service.post(0, f"{number}. " + "A long one. " * 800)
            await quick.reach(posted["since"])
        [connection] = [each for each in _connections(service) if not each.writable.is_set()]
        assert connection.transport.get_write_buffer_size() < 256 * 1024
        said = await _messages_until(slow, posted["since"])
    told = [comment["id"] for message in said if message["type"] == "changes" for comment in message["comments"]]
    assert len(told) == len(set(told))
    assert set(told) == set(quick.comments)


def _connections(service: Service) -> list[PatientProtocol]:
    return [each for each in service.server.server_state.connections if isinstance(each, PatientProtocol)]


async def _messages_until(slow: Raw, since: str) -> list[Message]:
    received = b""
    said: list[Message] = []
    async with asyncio.timeout(60):
        while not said or said[-1].get("since") != since:
            received += await slow.loop.sock_recv(slow.kernel, 1 << 16)
            made, received = parsed(received)
            said += [json.loads(payload) for opcode, payload in made if opcode == Opcode.TEXT]
    return said


def parsed(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Whole frames of a server, and what is left over."""
    found = []
    while len(data) >= 2:
        size, start = data[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start])
        if len(data) < start + size:
            break
        found.append((data[0] & 15, data[start : start + size]))
        data = data[start + size :]
    return found, data


async def test_nothing_is_written_behind_a_close(service: Service) -> None:
    async with raw(service) as staff:
        watch = {"type": "watch", "page": {"url": PAGE}, "sections": ["*"], "token": service.token}
        await staff.send(frame(TEXT, json.dumps(watch).encode()))
        await until(lambda: len(_watchers(service)) == 1 and _idle(service))
        await service.post(0, "Before.")
        posting = asyncio.gather(*(service.post(0, f"{number}.") for number in range(10)))
        await service.sign_out()
        await posting
        found, left = parsed(await staff.rest())
    assert left == b""
    assert [opcode for opcode, _ in found].count(Opcode.CLOSE) == 1
    assert found[-1][0] == Opcode.CLOSE
    assert int.from_bytes(found[-1][1][:2]) == 4401


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for 127.0.0.1, with its key in the same file, signed by itself."""
    both = tmp_path_factory.mktemp("tls") / "both.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(both)]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = subprocess.run(["openssl", "req", "-x509", *key, *name, "-out", "-"], capture_output=True, check=True)
    both.write_bytes(both.read_bytes() + made.stdout)
    return both


@asynccontextmanager
async def under_tls(service: Service, certificate: Path) -> AsyncIterator[str]:
    """The same application on another port, its connections encrypted; the address of its socket."""
    made = config(service.server.config.app, service.resources.settings)
    made.ssl_certfile = made.ssl_keyfile = certificate
    made.lifespan = "off"
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(made)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await until(lambda: server.started)
        yield f"wss://127.0.0.1:{listening.getsockname()[1]}/v1/live"
    finally:
        server.should_exit = True
        await task


async def test_frames_are_written_under_tls_too(service: Service, certificate: Path, writes: list[bytes]) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    async with under_tls(service, certificate) as address:
        async with connect(address, ssl=trusting, compression=None, proxy=None) as socket:
            reader = await Reader(socket).watch(["*"])
            await until(lambda: _idle(service))
            posted = await service.post(0, "A long one. " * 800)
            await reader.reach(posted["since"])
    assert len(writes) == 1
    assert set(reader.comments) == {posted["comment"]["id"]}
