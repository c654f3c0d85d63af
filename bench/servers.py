"""The processes that are measured: the service, and the floors beside it. Each serves a socket it is given.

python -m bench.servers service DESCRIPTOR FOLDER
python -m bench.servers constant DESCRIPTOR SIZE…
python -m bench.servers broadcast DESCRIPTOR SIZE
"""

import asyncio
import os
import resource
import socket
import sys
from pathlib import Path
from typing import Any

# The floors must not pay for what only the service needs, so each imports its own.


async def service(listening: socket.socket, folder: str) -> None:
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
    await serve(settings, listening=listening)


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

    message = "x" * int(size)
    everybody: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        everybody.add(connection)
        async for _ in connection:
            tell(everybody, message)

    async with serve(keep, sock=listening, compression=None) as server:
        await server.serve_forever()


def main(kind: str, descriptor: str, *more: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 20_000)), hard))
    listening = socket.socket(fileno=int(descriptor))
    kinds: dict[str, Any] = {"service": service, "constant": constant, "broadcast": broadcast}
    try:
        asyncio.run(kinds[kind](listening, *more))
    except KeyboardInterrupt:
        pass
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
