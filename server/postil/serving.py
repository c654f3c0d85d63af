"""Running the service: the schema first, then the server, in one event loop."""

import asyncio
import gc
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.routing import BaseRoute

from postil.app import make_app
from postil.migrate import migrate, needs_migration
from postil.resources import Resources, make
from postil.settings import Settings
from postil.web.transport import PatientProtocol

log = logging.getLogger("postil")

# The longest thing a reader says is a comment of 10,000 characters, over HTTP; on the socket he says far less.
MOST_SOCKET_BYTES = 64 * 1024
# Fifty pages' URLs of 2,000 characters each, as /v1/counts takes them, and the headers.
MOST_HEAD_BYTES = 128 * 1024
PING_SECONDS = 20
STOP_SECONDS = 10


class NotMigrated(RuntimeError):
    """A database that is not SQLite is migrated by its operator, not by whoever starts first."""


async def prepare(resources: Resources) -> Path | None:
    """Bring the schema up to date and open the database; the backup's path, where one was made."""
    database = resources.database
    copy = None
    if not database.is_sqlite:
        await database.check()  # one that is away is told so
    if database.is_sqlite:
        copy = await migrate(database)
    elif await needs_migration(database):
        raise NotMigrated("The database's schema is not this version's. Run `postil migrate` first.")
    await database.open()
    return copy


def can_sign_in(url: str) -> bool:
    """Whether browsers keep the moderators' cookie at this address of ours: by TLS, or on the same machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" or host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


async def serve(
    settings: Settings,
    *,
    more: Sequence[BaseRoute] = (),
    listening: socket.socket | None = None,
) -> None:
    """Serve until a signal stops it. `listening` is an open socket; else one is opened at the settings' address."""
    resources = make(settings)
    try:
        await prepare(resources)
        app = make_app(resources, secret=resources.database.lineage.secret.encode(), more=more)
        if not can_sign_in(settings.url):
            log.warning("POSTIL_URL is %s: moderators can sign in by https only, or on localhost.", settings.url)
        server = uvicorn.Server(config(app, settings))
        gc.freeze()  # what there is now stays: looking through it for garbage would hold everybody up
        await server.serve(sockets=[listening] if listening else None)
    finally:
        await resources.database.close()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed (the extra `fast`): a request costs half as much there. Else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _http() -> Any:
    """What reads HTTP: ours, where httptools is installed (the extra `fast`); else what uvicorn brings."""
    try:
        from postil.web.wicket import Wicket
    except ImportError:
        return "auto"
    return Wicket


def config(app: object, settings: Settings) -> uvicorn.Config:
    """What uvicorn is told: no forwarded headers (we judge them), no access log (it prints addresses), small frames."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        http=_http(),
        ws=PatientProtocol,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        ws_max_size=MOST_SOCKET_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=15,
    )


def listen(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A socket bound to an address, so that the port is known (0 takes a free one) before anything is told. Those that
    are shared may be several at one address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends at once; else an answer's body may wait 40 ms, until its head has arrived.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with suppress(OSError):
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except OSError:
        bound.close()
        raise
    return bound
