"""The queue's socket: what others decide leaves my list, and what I look at is mine for a while.

In comes what one looks at, out goes that the queue has moved. Texts are not said here: the page asks for itself again.
"""

import asyncio
import json
from collections import deque
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from postil import claiming
from postil.claiming import News
from postil.db import Database
from postil.errors import OriginRefused, PostilError, Unauthorized, Unavailable
from postil.ids import looks_like_id
from postil.live.hub import Hub
from postil.live.queues import Watched
from postil.policy import Action, allow
from postil.viewer import Viewer
from postil.web import door
from postil.web.addresses import network_of
from postil.web.live import LIFE_SECONDS, POLICY, RESTART, REVOKED, TRY_AGAIN, Closing, Sockets
from postil.web.problems import problem

# Whoever travels fast says it only where he stops; a minute has two renewals.
MOST_MESSAGES, PER_SECONDS = 60, 10.0
MOST_CHARACTERS = 200
# A flood's decisions come in chunks: what they change is gathered so long.
GATHERED_SECONDS = 0.2


async def watch(socket: WebSocket) -> None:
    """/moderate/live. Refused before the handshake to all but our own pages, with the cookie of a moderator."""
    sockets: Sockets = socket.app.state.sockets
    network = network_of(socket.scope)
    try:
        viewer = await _moderator(socket)
        await door.hit(socket, "socket")
        sockets.enter(network)
    except PostilError as error:
        return await socket.send_denial_response(problem(error))
    held = door.resources(socket)
    try:
        await socket.accept()
        await Looking(socket, held.hub, held.database, viewer).run()
    except WebSocketDisconnect:
        pass
    finally:
        sockets.leave(network)


async def _moderator(socket: WebSocket) -> Viewer:
    """Whom the cookie stands for. A browser sends it along from any page, so the page must say that it is ours."""
    if socket.headers.getlist("origin") != [door.own_origin(socket)]:
        raise OriginRefused()
    async with door.resources(socket).database.read() as snapshot:
        viewer = await door.staff_at(snapshot, socket)
    if viewer is None:
        raise Unauthorized()
    allow(viewer, Action.REVIEW)
    return viewer


class Looking:
    """One moderator's socket, until he goes or is let go."""

    def __init__(self, socket: WebSocket, hub: Hub, database: Database, viewer: Viewer) -> None:
        self.socket, self.hub, self.database, self.viewer = socket, hub, database, viewer
        self.heard: deque[float] = deque(maxlen=MOST_MESSAGES)
        self.ends_with = RESTART
        self.mine: str | None = None

    async def run(self) -> None:
        code = None
        try:
            await self._talk()
        except* WebSocketDisconnect:
            pass
        except* Closing as group:
            code = next(each.code for each in _flat(group))
        except* Unavailable:
            code = TRY_AGAIN
        await self._let_go()
        if code is not None:
            with suppress(WebSocketDisconnect):
                await self.socket.close(code)

    async def _talk(self) -> None:
        watched = self.hub.queues.enter(self.viewer.site)
        forget = None
        try:
            async with asyncio.timeout(LIFE_SECONDS) as life, asyncio.TaskGroup() as group:
                forget = self.hub.on_revoked(self.viewer.session or "", lambda: self._revoke(life))
                group.create_task(self._tell(watched))
                await self._listen()
        except TimeoutError:
            raise Closing(self.ends_with) from None
        finally:
            self.hub.queues.leave(watched)
            if forget is not None:
                forget()

    def _revoke(self, life: asyncio.Timeout) -> None:
        if self.ends_with != REVOKED:
            self.ends_with = REVOKED
            life.reschedule(0)

    async def _listen(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            self._count()
            await self._look(_understood(message.get("text") or ""))

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        if len(self.heard) == MOST_MESSAGES and now - self.heard[0] < PER_SECONDS:
            raise Closing(POLICY)
        self.heard.append(now)

    async def _look(self, item: str | None) -> None:
        if item is None and self.mine is None:
            return
        async with self.database.begin() as tx:
            self.mine = await claiming.claim(tx, self.viewer, item, self.mine)

    async def _let_go(self) -> None:
        """What he looked at is free again; where the database is busy, a minute frees it too."""
        with suppress(Unavailable):
            await self._look(None)

    async def _tell(self, watched: Watched) -> None:
        if not await self.hub.holds(self.viewer.session or ""):
            raise Closing(REVOKED)
        since = await self._say(None)
        watched.advance(since)
        while True:
            await watched.moved(since)
            await asyncio.sleep(GATHERED_SECONDS)
            since = max(await self._say(since), since)

    async def _say(self, since: int | None) -> int:
        """What happened since a revision, or (None) only where the queue is now."""
        async with self.database.read() as snapshot:
            told = await claiming.news(snapshot, self.viewer, 2**62 if since is None else since)
        await self.socket.send_text(_encoded(told))
        return told.revision


def _understood(text: str) -> str | None:
    """What he looks at; Closing for what our own page would never say."""
    try:
        said = json.loads(text[: MOST_CHARACTERS + 1])
    except ValueError:
        raise Closing(POLICY) from None
    if not isinstance(said, dict) or said.get("type") != "looking" or set(said) - {"type", "item"}:
        raise Closing(POLICY)
    item = said.get("item")
    if item is not None and not (isinstance(item, str) and looks_like_id(item)):
        raise Closing(POLICY)
    return item


def _encoded(told: News) -> str:
    said = {
        "type": "queue",
        "revision": told.revision,
        "waiting": told.waiting,
        "gone": told.gone,
        "changed": told.changed,
        "claims": told.claims,
    }
    return json.dumps(said | ({"much": True} if told.much else {}), ensure_ascii=False, separators=(",", ":"))


def _flat(group: BaseExceptionGroup[Closing]) -> list[Closing]:
    found: list[Closing] = []
    for each in group.exceptions:
        found += _flat(each) if isinstance(each, BaseExceptionGroup) else [each]
    return found
