"""The socket that the service listens on."""

import asyncio
import socket
import sys
from contextlib import closing
from types import ModuleType

import pytest

from postil.serving import can_sign_in, listen, loop_factory


async def sends_at_once(listening: socket.socket) -> bool:
    """Whether asyncio, which serves it, lets no piece of an answer wait for the one before to be acknowledged."""
    with closing(listening), socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, accepted)
        try:
            served = transport.get_extra_info("socket")
            return bool(served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        finally:
            transport.abort()
            await asyncio.sleep(0)


async def test_an_answer_does_not_wait_for_its_own_head() -> None:
    assert await sends_at_once(listen("127.0.0.1", 0))
    assert not await sends_at_once(socket.create_server(("127.0.0.1", 0))), "the control: a socket of no protocol"


@pytest.mark.parametrize(
    ("url", "can"),
    [
        ("https://talk.example", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://talk.localhost", True),
        ("http://talk.example", False),
        ("http://192.168.1.7:8000", False),
        ("http://localhost.example", False),
    ],
)
def test_it_is_known_where_moderators_can_sign_in(url: str, can: bool) -> None:
    assert can_sign_in(url) is can


def test_the_faster_loop_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is None

    faster = ModuleType("uvloop")
    faster.new_event_loop = asyncio.new_event_loop  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "uvloop", faster)
    assert loop_factory() is asyncio.new_event_loop
