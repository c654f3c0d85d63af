"""The processes that are measured: the service, and the floors beside it. Each serves a socket it is given.

python -m bench.servers service DESCRIPTOR FOLDER
python -m bench.servers watched DESCRIPTOR FOLDER
python -m bench.servers constant DESCRIPTOR SIZE…
python -m bench.servers broadcast DESCRIPTOR SIZE
python -m bench.servers raw DESCRIPTOR SIZE
"""

import asyncio
import logging
import os
import re
import socket
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench.processes import allow_files

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

# The floors must not pay for what only the service needs, so each imports its own.


async def service(listening: socket.socket, folder: str, *, more: Sequence["BaseRoute"] = ()) -> None:
    """Postil over the data of a folder, as `postil serve` runs it, without limits: one client is a thousand here."""
    from postil.serving import serve
    from postil.settings import Settings

    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(
        data=Path(folder),
        url=url,
        rate_limits=False,
        most_sockets=20_000,
        most_sockets_per_network=20_000,
        _env_file=None,
    )
    await serve(settings, listening=listening, more=more)


async def watched(listening: socket.socket, folder: str) -> None:
    """The service, on asyncio's own loop; /held tells in milliseconds of CPU how long the longest turn of the loop has
    been since it was asked last.
    """
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    turns: list[float] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        turns.append(time.thread_time() - began)

    async def held(_request: Request) -> JSONResponse:
        longest = max(turns, default=0.0)
        turns.clear()
        return JSONResponse(longest * 1000)

    asyncio.Handle._run = timed  # type: ignore[method-assign, assignment]
    await service(listening, folder, more=[Route("/held", held)])


async def constant(listening: socket.socket, *sizes: str) -> None:
    """Bytes that are ready, through the same server and framework: /SIZE, and /304."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    bodies = {size: b"x" * int(size) for size in sizes} | {"healthz": b"ok"}

    async def answer(request: Request) -> Response:
        size = request.path_params["size"]
        headers = {"ETag": 'W/"constant"'}
        if size == "304":
            return Response(None, 304, headers)
        return Response(bodies[size], 200, headers, "application/json")

    app = Starlette(routes=[Route("/{size}", answer)])
    quiet: dict[str, Any] = {"log_level": "warning", "access_log": False, "proxy_headers": False}
    await uvicorn.Server(uvicorn.Config(app, server_header=False, **quiet)).serve(sockets=[listening])


async def broadcast(listening: socket.socket, size: str) -> None:
    """websockets' own broadcast of one message to everybody, whenever anybody says anything."""
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.asyncio.server import broadcast as tell

    # Its clients go without a word, which it would tell of each.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    message = "x" * int(size)
    everybody: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        everybody.add(connection)
        async for _ in connection:
            tell(everybody, message)

    async with serve(keep, sock=listening, compression=None) as server:
        await server.serve_forever()


async def raw(listening: socket.socket, size: str) -> None:
    """The same with nothing between: one frame, made once, written to every transport."""
    from base64 import b64encode
    from hashlib import sha1

    payload = b"x" * int(size)
    length = bytes([len(payload)]) if len(payload) < 126 else struct.pack("!BH", 126, len(payload))
    frame = b"\x81" + length + payload
    everybody: set[asyncio.Transport] = set()

    class Bare(asyncio.Protocol):
        transport: asyncio.Transport

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast(asyncio.Transport, transport)

        def data_received(self, data: bytes) -> None:
            if self.transport in everybody:
                for transport in everybody:
                    transport.write(frame)
            elif key := re.search(rb"Sec-WebSocket-Key: (\S+)", data):
                accept = b64encode(sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                self.transport.write(
                    b"HTTP/1.1 101 OK\r\n" + upgrade + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
                )
                everybody.add(self.transport)
            else:
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            everybody.discard(self.transport)

    server = await asyncio.get_running_loop().create_server(Bare, sock=listening, backlog=2048)
    await server.serve_forever()


def loop_factory() -> Any:
    """The loop that `postil serve` runs on: the floors stand on the same."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def main(kind: str, descriptor: str, *more: str) -> None:
    allow_files()
    listening = socket.socket(fileno=int(descriptor))
    kinds: dict[str, Any] = {"service": service, "constant": constant, "broadcast": broadcast, "raw": raw}
    kinds["watched"] = watched
    try:
        with asyncio.Runner(loop_factory=None if kind == "watched" else loop_factory()) as runner:
            runner.run(kinds[kind](listening, *more))
    except KeyboardInterrupt:
        pass
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
