"""The socket that the service listens on."""

import asyncio
import socket
from contextlib import closing

from postil.serving import listen


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
