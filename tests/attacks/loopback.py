"""Servers of real sockets on this machine's own addresses, and a resolver that says what it is told to."""

import asyncio
import ipaddress
import os
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import trustme

PAGE = b"<!doctype html><title>A page</title>" + "<p>Grüße".encode() * 1000
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
OK = b"HTTP/1.1 200 OK\r\n"

Answer = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def said(body: bytes = PAGE, headers: bytes = HTML, status: str = "200 OK") -> bytes:
    """A whole answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode() + headers + b"\r\n" + body


def sent_to(target: str | bytes, status: str = "301 Moved Permanently") -> bytes:
    location = target if isinstance(target, bytes) else target.encode()
    return said(b"", b"Location: " + location + b"\r\n", status)


def endless(head: bytes, block: bytes, counted: list[int]) -> Answer:
    """Blocks for as long as somebody takes them; `counted` has their sizes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + head)
        while True:
            writer.write(block)
            counted.append(len(block))
            await writer.drain()

    return answer


def drip(text: bytes, at_once: int = 0) -> Answer:
    """Two bytes a second, after the first ones."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text[:at_once])
        for at in range(at_once, len(text)):
            writer.write(text[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0.5)

    return answer


def late(answer: bytes, seconds: float) -> Answer:
    async def later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        writer.write(answer)

    return later


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Waits until the other side hangs up."""
    await reader.read()


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Past TLS, on the wire itself."""
    os.write(writer.get_extra_info("socket").fileno(), b"neither a record nor an alert")


class Host:
    """Answers by path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {"/": said()}
        self.heads: list[str] = []
        self.connections = self.port = 0
        self._ended = asyncio.Condition()
        self._open = 0

    @property
    def origin(self) -> str:
        return f"http://blog.test:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections, self._open = self.connections + 1, self._open + 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()
        async with self._ended:
            self._open -= 1
            self._ended.notify_all()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        answer = self.answers.get(head.split()[1], said(b"Nothing", status="404 Not Found"))
        if not isinstance(answer, bytes):
            return await answer(reader, writer)
        writer.write(answer)
        await writer.drain()

    @asynccontextmanager
    async def listening(self, address: str, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator["Host"]:
        """Ends when all have hung up: TimeoutError where a client leaves a connection behind."""
        server = await asyncio.start_server(self._serve, address, port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        async with asyncio.timeout(5), self._ended:
            await self._ended.wait_for(lambda: not self._open)


@asynccontextmanager
async def secure(port: int, *names: str) -> AsyncIterator[tuple[Host, list[str], trustme.CA]]:
    """A host at 127.0.0.2 with a certificate for the names; which names it was asked for; who vouches for it."""
    authority, context, asked = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), list[str]()
    authority.issue_cert(*names).configure_cert(context)
    context.sni_callback = lambda stream, name, inner: asked.append(str(name))
    async with Host().listening("127.0.0.2", port, context) as host:
        yield host, asked, authority


_knocks: list[str] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        _knocks.append(str(address[0] if isinstance(address, tuple) else address))


sys.addaudithook(_hear)


@contextmanager
def knocking() -> Iterator[list[str]]:
    """The addresses of all connections that this process tries, whether they come about or not.

    By the interpreter's own audit: 169.254.169.254 cannot be listened at, but a knock there is heard.
    """
    _knocks.clear()
    yield _knocks


class Names:
    """A resolver whose answers are used in turn; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = answers, 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def lie(host: str, port: int) -> Sequence[str]:
    """A resolver to which every name is this host. Numbers are read as the C library does, `127.1` included.

    Public IPv4 is this host as well, so that no test leaves this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return ["127.0.0.1"]
    addresses = [ipaddress.ip_address(answer[4][0]) for answer in found]
    outside = any(address.version == 4 and address.is_global for address in addresses)
    return ["127.0.0.1"] if outside else [str(address) for address in addresses]


async def think(host: str, port: int) -> Sequence[str]:
    """A resolver that never answers."""
    await asyncio.sleep(3600)
    return []


class Anywhere(Collection[str]):
    """Origins that hold every origin: what stands behind their check is left alone."""

    def __contains__(self, origin: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1
