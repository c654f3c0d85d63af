"""Who stands in a rank is written to with nothing asked: so whatever ends that takes him out of it first."""

import json
import socket as sockets
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.live.server import PAGE, Service, until
from tests.live.test_hostility import TEXT, Raw, frame, raw
from tests.live.test_pushing import _connections, _ranks

from postil.cursors import Since
from postil.live.showing import Rank
from postil.web.transport import PatientProtocol

CLOSE = 8
# Everything by which the loop, the server or the application lets a protocol know of something.
TOLD_BY = [
    "data_received",
    "eof_received",
    "pause_writing",
    "shutdown",
    "keepalive_timeout",
    "connection_lost",
    "_look",
]


@pytest.fixture
def dishonest(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What left a socket lent that can't be written to."""
    found: list[str] = []

    def look(protocol: PatientProtocol, name: str) -> None:
        if protocol._back is not None and not protocol._is_free():
            found.append(name)

    def looked_at(name: str) -> Callable[..., Any]:
        plain = getattr(PatientProtocol, name)

        def told(protocol: PatientProtocol, *given: Any) -> Any:
            gave = plain(protocol, *given)
            look(protocol, name)
            return gave

        return told

    send = PatientProtocol.send

    async def sent(protocol: PatientProtocol, message: Any) -> None:
        await send(protocol, message)
        look(protocol, "send")

    for name in TOLD_BY:
        monkeypatch.setattr(PatientProtocol, name, looked_at(name))
    monkeypatch.setattr(PatientProtocol, "send", sent)
    return found


async def _says_goodbye(_service: Service, client: Raw) -> None:
    await client.send(frame(CLOSE, struct.pack("!H", 1000)))


async def _hangs_up(_service: Service, client: Raw) -> None:
    client.kernel.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    client.kernel.close()


async def _says_no_more(_service: Service, client: Raw) -> None:
    client.kernel.shutdown(sockets.SHUT_WR)


async def _talks_nonsense(_service: Service, client: Raw) -> None:
    await client.send(frame(3))


async def _is_not_utf8(_service: Service, client: Raw) -> None:
    await client.send(frame(TEXT, b"\xff"))


async def _answers_no_ping(service: Service, _client: Raw) -> None:
    _connections(service)[0].keepalive_timeout()


async def _is_told_to_go(service: Service, _client: Raw) -> None:
    await service.sign_out()


async def _is_there_at_the_end(service: Service, _client: Raw) -> None:
    _connections(service)[0].shutdown()


async def _reads_nothing(service: Service, _client: Raw) -> None:
    for _ in range(40):
        if not _ranks(service):
            return
        await service.post(0, "A long one. " * 800)


WAYS = [
    *(_says_goodbye, _hangs_up, _says_no_more, _talks_nonsense, _is_not_utf8),
    *(_answers_no_ping, _is_told_to_go, _is_there_at_the_end, _reads_nothing),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
async def test_who_can_not_be_written_to_has_fallen_out(
    service: Service, dishonest: list[str], way: Callable[[Service, Raw], Awaitable[None]]
) -> None:
    for listening in service.server.servers[0].sockets:
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 8192)
    await service.post(0)
    async with raw(service) as client:
        watch = {"type": "watch", "page": {"url": PAGE}, "sections": ["*"], "token": service.token}
        await client.send(frame(TEXT, json.dumps(watch).encode()))
        await until(lambda: [len(rank.writes) for rank in _ranks(service)] == [1])
        await way(service, client)
        await until(lambda: _ranks(service) == [])
    assert dishonest == []


class _Stands:
    """As much of a watcher as a rank holds."""


def test_a_broken_line_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[bytes] = []

    def broken(_frames: bytes) -> None:
        raise RuntimeError

    rank = Rank(Since("0" * 8, 1))
    rank.writes = {_Stands(): write for write in (heard.append, broken, heard.append)}  # type: ignore[misc]
    rank.tell(b"step", Since("0" * 8, 2))
    assert heard == [b"step"] * 2
    assert rank.since.revision == 2
    assert len(caplog.records) == 1
