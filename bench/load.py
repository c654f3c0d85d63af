"""Clients that cost little: HTTP/1.1 and WebSocket by hand, over connections that are kept."""

import asyncio
import base64
import json
import os
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.processes import Server
from bench.waiting import PATIENCE, within


@dataclass(frozen=True)
class Measured:
    """How many in how long: wall seconds, CPU seconds of the server, and each one's latency in ms, sorted."""

    count: int
    seconds: float
    cpu: float
    latencies: list[float]

    @property
    def per_cpu(self) -> float:
        return self.count / self.cpu if self.cpu else float("nan")

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    def latency(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


class Connection:
    """One HTTP connection; requests are bytes, answers are status, headers and body."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 24))

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = _header(head, b"content-length")
        body = await self.reader.readexactly(int(length)) if length else b""
        return int(head[9:12]), head, body

    def close(self) -> None:
        self.writer.close()


def _header(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.lower().partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip() if found else b""


def get(path: str, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{lines}\r\n".encode()


def post(path: str, body: object, **headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    start = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    return f"{start}Content-Length: {len(content)}\r\n{lines}\r\n".encode() + content


async def fetch(server: Server, request: bytes) -> tuple[int, bytes, bytes]:
    async with within(PATIENCE, f"an answer to {_line(request)}"):
        connection = await Connection.open(server.port)
        try:
            return await connection.ask(request)
        finally:
            connection.close()


def _line(request: bytes) -> str:
    """What it asks for."""
    return request.partition(b" HTTP/")[0].decode()


async def hammer(
    server: Server, requests: Callable[[int], Iterator[bytes]], status: int, *, connections: int, seconds: float
) -> Measured:
    """So many connections ask one request after the other, for so long. Another status than expected ends it all."""
    async with within(PATIENCE, f"{connections} connections"):
        opened = [await Connection.open(server.port) for _ in range(connections)]
    latencies: list[float] = []
    ends = time.perf_counter() + seconds

    async def go(connection: Connection, asked: Iterator[bytes]) -> None:
        for request in asked:  # made before its time begins
            start = time.perf_counter()
            if start >= ends and latencies:  # at least one, where this process was kept from all of it
                return
            got, _, body = await connection.ask(request)
            if got != status:
                raise RuntimeError(f"{got} instead of {status}: {body[:200]!r}")
            latencies.append((time.perf_counter() - start) * 1000)

    cpu, start = server.cpu(), time.perf_counter()
    async with within(seconds + PATIENCE, f"answers with {status} to {connections} connections"):
        await asyncio.gather(*(go(each, requests(number)) for number, each in enumerate(opened)))
    spent, took = server.cpu() - cpu, time.perf_counter() - start
    for each in opened:
        each.close()
    return Measured(len(latencies), took, spent, sorted(latencies))


PING, PONG = 9, 10


class Listener(asyncio.Protocol):
    """One WebSocket that waits for a text, and notes when it came. Pings it answers, as a browser does."""

    def __init__(self, awaited: bytes) -> None:
        self.awaited, self.rest, self.received, self.is_open = awaited, b"", 0, False
        self.heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        transport.write(f"GET /v1/live HTTP/1.1\r\nHost: bench\r\n{upgrade}Sec-WebSocket-Version: 13\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self.rest += data
        if not self.is_open:
            head, end, rest = self.rest.partition(b"\r\n\r\n")
            if not end:
                return
            self.is_open, self.rest = True, rest
            self._hear(head + end)
        while (found := _frame(self.rest)) is not None:
            start, size = found
            opcode, payload = self.rest[0] & 15, self.rest[start : start + size]
            self.rest = self.rest[start + size :]
            if opcode == PING:
                self.transport.write(bytes((0x80 | PONG, 0x80 | size)) + bytes(4) + payload)
            else:
                self._hear(payload)

    def _hear(self, text: bytes) -> None:
        if self.awaited in text and not self.heard.done():
            self.heard.set_result(time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.heard.done():
            self.heard.set_exception(exc or ConnectionError("The server has closed a socket that waits."))

    def wait_for(self, awaited: bytes) -> None:
        self.awaited, self.received = awaited, 0
        self.heard = asyncio.get_running_loop().create_future()

    def say(self, text: str) -> None:
        """A masked text frame; the mask is zero, which costs neither side anything."""
        payload = text.encode()
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
        self.transport.write(b"\x81" + size + bytes(4) + payload)


def _frame(data: bytes) -> tuple[int, int] | None:
    """Where the payload of a server's first frame begins, and its size, if the whole frame is there."""
    if len(data) < 2:
        return None
    size, start = data[1], 2
    if size >= 126:
        start = 4 if size == 126 else 10
        size = int.from_bytes(data[2:start])
    return (start, size) if len(data) >= start + size else None


async def listeners(server: Server, count: int, first: str | None, confirmed: bytes) -> list[Listener]:
    """Open so many sockets, a few at a time; each says `first` and waits until that is confirmed."""
    opened: list[Listener] = []
    for start in range(0, count, 50):
        some = await asyncio.gather(*(_listen(server.port) for _ in range(min(50, count - start))))
        await asyncio.gather(*(each.heard for each in some))
        if first is not None:
            for each in some:
                each.wait_for(confirmed)
                each.say(first)
            await asyncio.gather(*(each.heard for each in some))
        opened += some
    return opened


async def _listen(port: int) -> Listener:
    _, protocol = await asyncio.get_running_loop().create_connection(lambda: Listener(b"\r\n\r\n"), "127.0.0.1", port)
    return protocol
