"""What a stranger may do with a socket, what it costs him, and that it costs nobody else anything."""

import asyncio
import json
import socket as sockets
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.live.server import ORIGIN, OTHER, PAGE, PATIENCE, Reader, Service, running, serving, until
from websockets.exceptions import InvalidStatus

import postil.serving
from postil.web import live, transport

# Spellings that somebody's check once took for https://blog.example (tests/web/test_origins.py has the whole list).
TRICKS = [
    "null",
    "https://blog.example.evil.test",
    "https://evilblog.example",
    "https://blog.example@evil.test",
    "https://evil.test/https://blog.example",
    "http://blog.example",
    "https://blog.example:443",
    "https://blog.example.",
    "https://BLOG.example",
    "https://blog.example/",
    "https://blog.example https://evil.test",
    "https://sub.blog.example",
    "file://",
    "",
]


@pytest.mark.parametrize("trick", TRICKS)
async def test_a_look_alike_origin_is_refused_before_the_handshake(service: Service, trick: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with service.open(trick):
            pass
    answer = refused.value.response
    assert answer.status_code == 403
    assert json.loads(answer.body)["code"] == "origin_refused"


async def test_a_refused_socket_is_nothing_for_the_log(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InvalidStatus):
        async with service.open("https://evil.example"):
            pass
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_sites_page_watches_that_site_and_no_other(service: Service) -> None:
    async with service.open(OTHER) as reader:
        await reader.say({"type": "watch", "page": {"url": PAGE}})
        assert (await reader.next())["code"] == "origin_refused"
        assert await reader.code() == 1008
    async with service.open(ORIGIN) as reader:
        await reader.watch()


async def test_without_an_origin_there_are_public_reads_and_with_a_token_staff(service: Service) -> None:
    posted = await service.post(0)
    async with service.open(None) as public, service.open(None) as staff:
        await public.watch(["*"])
        await staff.watch(["*"], token=service.token)
        await service.flag(posted["comment"]["id"])
        await staff.step()
        assert await public.is_quiet()


@pytest.mark.parametrize("token", ["wrong", "Bearer x", "a b"])
async def test_a_bad_token_is_refused_and_the_socket_closed(service: Service, token: str) -> None:
    async with service.open() as reader:
        await reader.say({"type": "watch", "page": {"url": PAGE}, "token": token})
        assert (await reader.next())["code"] == "unauthorized"
        assert await reader.code() == 1008


NOT_UNDERSTOOD = [
    "",
    "{",
    "null",
    "[]",
    '"watch"',
    '{"type":"watch"}',
    '{"type":"else"}',
    '{"type":"\\ud800"}',
    '{"type":"watch","page":{"url":"x"}}',
    '{"type":"watch","page":{"url":"https://blog.example/\\ud800"}}',
    '{"type":"watch","page":{"url":"https://blog.example/"},"sections":[1]}',
    '{"type":"watch","page":{"url":"https://blog.example/"},"sections":[{"outline":"x","index":-1}]}',
    '{"type":"watch","page":{"url":"https://blog.example/"},"\\u0000":1}',
    '{"type":"watch","page":{"url":"https://blog.example/"},"since":1}',
    '{"type":"watch","page":{"url":"https://blog.example/"},"author":"short"}',
    '{"type":"watch","page":{"url":"https://nobody.example/"}}',
    '{"type":"watch","type":"watch","page":{"url":"https://blog.example/"}}',
    "[" * 10_000,
    '{"a":' * 10_000,
    '{"type":NaN}',
    "9" * 5_000,
    " " * 40_000,
]


@pytest.mark.parametrize("message", NOT_UNDERSTOOD, ids=range(len(NOT_UNDERSTOOD)))
async def test_what_is_not_understood_gets_an_error_and_the_socket_stays(service: Service, message: str) -> None:
    async with service.open() as reader:
        await reader.say(message)
        said = await reader.next()
        assert said["type"] == "error"
        assert said["detail"]
        await reader.watch()
        await reader.say(message)
        assert (await reader.next())["type"] == "error"


async def test_to_show_something_one_must_watch(service: Service) -> None:
    async with service.open() as reader:
        await reader.say({"type": "show", "sections": []})
        assert (await reader.next())["code"] == "invalid"


async def test_bytes_are_not_text(service: Service) -> None:
    async with service.open() as reader:
        await reader.say(b'{"type":"watch"}')
        assert (await reader.next())["code"] == "bad_json"


async def test_ten_that_are_not_understood_close_it(service: Service) -> None:
    async with service.open() as reader:
        for _ in range(10):
            await reader.say("?")
        assert await reader.code() == 1008
    assert [message["type"] for message in reader.heard] == ["error"] * 10


async def test_who_watches_cannot_watch_another_page_on_the_same_socket(service: Service) -> None:
    async with service.open() as reader:
        await reader.watch()
        await reader.say({"type": "watch", "page": {"url": PAGE}})
        assert (await reader.next())["code"] == "invalid"


async def test_a_flood_of_messages_closes_it(service: Service) -> None:
    async with service.open() as reader:
        await reader.watch()
        for _ in range(25):
            await reader.say({"type": "show", "sections": []})
        assert await reader.code() == 1008
    assert len(reader.heard) <= live.MOST_MESSAGES


async def test_who_says_nothing_at_first_is_closed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "FIRST_SECONDS", 0.2)
    async with service.open() as reader:
        assert await reader.code() == 1008


async def test_a_socket_does_not_live_for_ever(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LIFE_SECONDS", 0.3)
    async with service.open() as reader:
        await reader.watch()
        assert await reader.code() == 1012


# Below the API of any client: frames that no client sends.


class Raw:
    """A socket after the handshake, byte by byte. Its kernel takes as little unread as it can be told to."""

    def __init__(self, kernel: sockets.socket) -> None:
        self.kernel = kernel
        self.loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self.loop.sock_sendall(self.kernel, data)

    async def rest(self) -> bytes:
        """Everything until the connection ends, politely or not."""
        received = b""
        with suppress(ConnectionResetError):
            async with asyncio.timeout(PATIENCE):
                while part := await self.loop.sock_recv(self.kernel, 4096):
                    received += part
        return received

    async def close_code(self) -> int:
        """The code in the close frame, which must be the last thing said."""
        head, size, code = struct.unpack("!BBH", (await self.rest())[:4])
        assert head == 0x88
        assert size < 126
        return int(code)


@asynccontextmanager
async def raw(service: Service) -> AsyncIterator[Raw]:
    with sockets.socket() as kernel:
        kernel.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        kernel.setblocking(False)
        made = Raw(kernel)
        await made.loop.sock_connect(kernel, ("127.0.0.1", service.port))
        await made.send(
            b"GET /v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b" 101 " in await made.loop.sock_recv(kernel, 4096)
        yield made


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, length: int | None = None) -> bytes:
    """A client's frame, masked with zeros; `length` is what its header claims."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if final else 0) | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += b"\xfe" + struct.pack("!H", size)
    else:
        head += b"\xff" + struct.pack("!Q", size)
    return head + bytes(4) + payload


TEXT, CONTINUATION, PING = 1, 0, 9


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        pytest.param(1009, frame(TEXT, length=64 * 1024 + 1), id="a frame of 64 KiB and one"),
        pytest.param(1009, frame(TEXT, length=1 << 40), id="a header of a tebibyte"),
        pytest.param(
            1009,
            frame(TEXT, b"a" * 40_000, final=False) + frame(CONTINUATION, b"a" * 40_000, final=False),
            id="fragments that add up",
        ),
        pytest.param(
            1009,
            frame(TEXT, b"", final=False) + frame(CONTINUATION, b"", final=False) * 10_000,
            id="empty fragments without end",
        ),
        pytest.param(1007, frame(TEXT, b"\xff\xfe"), id="no UTF-8"),
        pytest.param(1002, frame(3, b"x"), id="an opcode of nobody"),
        pytest.param(1002, frame(CONTINUATION, b"x"), id="a continuation of nothing"),
        pytest.param(1002, bytes([0x81, 1]) + b"x", id="no mask"),
        pytest.param(1002, bytes([0xC1, 0x81]) + bytes(4) + b"x", id="compressed, though that was not agreed"),
    ],
)
async def test_a_frame_that_is_a_bomb_is_closed_at_once(
    service: Service, caplog: pytest.LogCaptureFixture, code: int, sent: bytes
) -> None:
    async with raw(service) as stranger:
        with suppress(ConnectionError):
            await stranger.send(sent)
        assert await stranger.close_code() == code
    assert "Exception in ASGI application" not in caplog.text


async def test_the_largest_frame_is_read(service: Service) -> None:
    async with service.open() as reader:
        await reader.say(" " * (64 * 1024))
        assert (await reader.next())["code"] == "bad_json"
        await reader.watch()


def connections(service: Service) -> list[Any]:
    """The connections that the server holds as sockets, whether or not the application still knows of them."""
    return [each for each in service.server.server_state.connections if isinstance(each, transport.PatientProtocol)]


def open_sockets(service: Service) -> int:
    app = service.server.config.loaded_app
    while not hasattr(app, "state"):
        app = app.app
    total: int = app.state.sockets.open.total()
    return total


def has_open(service: Service, count: int) -> bool:
    return open_sockets(service) == count


async def test_a_client_that_stops_reading_is_closed_and_costs_nobody_else_anything(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "STALL_SECONDS", 1.0)
    monkeypatch.setattr(transport, "GRACE_SECONDS", 0.2)
    for listening in service.server.servers[0].sockets:
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 8192)
    readers = [service.open() for _ in range(100)]
    opened = [await each.__aenter__() for each in readers]
    for reader in opened:
        await reader.watch(["*"])
    async with raw(service) as deaf:
        watch = {"type": "watch", "page": {"url": PAGE}, "sections": ["*"]}
        await deaf.send(frame(TEXT, json.dumps(watch).encode()))
        await until(lambda: sum(room.watchers for room in service.resources.hub.rooms.values()) == 101)
        posted = []
        for _ in range(12):
            posted.append(await service.post(0, "A long one. " * 800))
            await asyncio.gather(*(reader.reach(posted[-1]["since"]) for reader in opened))
        await until(lambda: open_sockets(service) == 100)
    assert all(set(reader.comments) == {each["comment"]["id"] for each in posted} for reader in opened)
    for each in readers:
        await each.__aexit__(None, None, None)
    await until(lambda: not open_sockets(service) and not connections(service))


async def test_pings_that_nobody_hears_answered_fill_no_buffer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "STALL_SECONDS", 1.0)
    monkeypatch.setattr(transport, "GRACE_SECONDS", 0.2)
    async with raw(service) as deaf:
        [connection] = connections(service)
        buffered: list[int] = []

        def is_cut() -> bool:
            buffered.append(connection.transport.get_write_buffer_size())
            return connection not in connections(service)

        async def flood() -> None:
            with suppress(ConnectionError):
                while True:
                    await deaf.send(frame(PING, b"p" * 125) * 1000)

        flooding = asyncio.create_task(flood())
        await until(is_cut)
        await flooding
    assert 64 * 1024 < max(buffered) < 1 << 20


async def test_a_revoked_session_closes_its_sockets_and_says_so(service: Service) -> None:
    section = (await service.post(0))["section"]["id"]
    async with service.open() as staff, service.open() as public:
        await staff.watch([section], token=service.token)
        await public.watch([section])
        await service.sign_out()
        assert await staff.code() == 4401
        posted = await service.post(0)
        await public.reach(posted["since"])
    assert service.resources.hub.sessions == {}


async def test_a_moderator_dismissed_elsewhere_is_closed_by_the_sweep(service: Service) -> None:
    from postil import sites

    async with service.open() as staff:
        await staff.watch(token=service.token)
        async with service.resources.database.begin() as tx:
            await sites.dismiss(tx, ORIGIN, "Ada Moderates")
        await service.resources.hub.sweep()
        assert await staff.code() == 4401


async def test_there_are_only_so_many_sockets_in_all_and_from_one_network() -> None:
    for limit, status in (({"most_sockets": 3}, 503), ({"most_sockets_per_network": 3}, 429)):
        async with serving(**limit) as service:
            readers = [service.open() for _ in range(3)]
            opened = [await each.__aenter__() for each in readers]
            with pytest.raises(InvalidStatus) as refused:
                async with service.open():
                    pass
            assert refused.value.response.status_code == status
            assert int(refused.value.response.headers["Retry-After"]) > 0
            await opened[0].watch()
            await readers[0].__aexit__(None, None, None)
            await until(partial(has_open, service, 2))
            async with service.open() as another:
                await another.watch()
            for each in readers[1:]:
                await each.__aexit__(None, None, None)


async def test_floods_of_handshakes_are_turned_away() -> None:
    async with serving(rate_limits=True) as service:
        with pytest.raises(InvalidStatus) as refused:
            for _ in range(61):
                async with service.open():
                    pass
        assert refused.value.response.status_code == 429


async def test_a_service_that_stops_says_restart_and_its_readers_resume(tmp_path: Path) -> None:
    async with serving() as service:
        section = (await service.post(0))["section"]["id"]
        held, port = service.resources.settings, service.port
        async with service.open() as reader:
            await reader.watch([section])
            service.server.should_exit = True
            assert await reader.code() == 1012
        await service.stopped.wait()
        async with running(held.data, port, database_url=held.database) as again:
            posted = await again.post(section=section)
            async with again.open() as socket:
                resumed = Reader(socket.socket)
                await resumed.watch([section], since=reader.since)
    assert set(resumed.comments) == {posted["comment"]["id"]}


async def test_a_database_that_is_away_closes_with_try_again(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Its tables are renamed under the service: an error like any other that a database may have."""
    await service.post(0)
    async with service.open() as reader:
        await reader.watch(["*"])
        async with service.resources.database.engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE page RENAME TO away")
        service.resources.hub.rooms[next(iter(service.resources.hub.rooms))].advance(9, 9)
        assert await reader.code() == 1013
    assert "Exception in ASGI application" not in caplog.text


async def test_who_does_not_answer_a_ping_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postil.serving, "PING_SECONDS", 1.0)
    async with serving() as service, raw(service) as deaf:
        await deaf.send(frame(TEXT, json.dumps({"type": "watch", "page": {"url": PAGE}}).encode()))
        await until(lambda: open_sockets(service) == 1)
        await until(lambda: not connections(service))
        await until(lambda: open_sockets(service) == 0)
        assert service.resources.hub.rooms == {}
