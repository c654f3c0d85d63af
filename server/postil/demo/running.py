"""Serving the demo, until Ctrl-C or until the check has seen what it must."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from postil.app import make_app
from postil.article import snippet
from postil.demo.check import check
from postil.demo.demonstration import prepare as prepare_demo
from postil.resources import make
from postil.serving import config, prepare
from postil.settings import Settings

Tell = Callable[[str, str, str], None]


async def run_demo(
    folder: Path, listening: socket.socket, url: str, article: Path | None, tell: Tell | None
) -> str | None:
    """Serve the demo at `url`. With `tell`, say where and go on until stopped; without, run the check: its line."""
    # The demo's article is on this very machine, so its owner's click may fetch it from there.
    settings = Settings(data=folder, database_url="", url=url, fetch_networks=["127.0.0.0/8"], _env_file=None)
    resources = make(settings)
    try:
        await prepare(resources)
        demo = await prepare_demo(resources.database, settings, article)
        app = make_app(resources, secret=resources.database.lineage.secret.encode(), more=demo.routes)
        server = uvicorn.Server(config(app, settings))
        if tell is not None:
            tell(demo.url, demo.sign_in, snippet(settings.url))
            await server.serve(sockets=[listening])
            return None
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            return await check(demo, settings)
        finally:
            server.should_exit = True
            await serving
    finally:
        await resources.database.close()
