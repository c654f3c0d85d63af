"""The socket: one page, the sections it shows, and what happens there from a revision on.

Two tasks in one group: one listens to the reader, one tells him. Whichever ends takes the other with it.
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from postil import reading
from postil.cursors import Since, parse_since
from postil.db import Snapshot
from postil.errors import Invalid, OriginRefused, PostilError, TooMany, Unauthorized
from postil.live.hub import Hub, Room
from postil.live.wire import SAID, Frames, PlaceIn, Refusal, SectionRef, Show, Watch, Watching, encode
from postil.sites import site_of
from postil.urls import BadUrl, page_key
from postil.viewer import Viewer
from postil.web import door
from postil.web.addresses import network_of
from postil.web.schemas import owner_key

TRY_AGAIN, POLICY, RESTART, REVOKED = 1013, 1008, 1012, 4401
# A browser says what it watches in its first message, at once; who stays silent wants only the connection.
FIRST_SECONDS = 10
# A reader who cannot take one step in this time is closed, and resumes from his revision.
SEND_SECONDS = 10
# Half a day: longer than anybody reads, short enough that no socket outlives an upgrade by much.
LIFE_SECONDS = 12 * 3600
MOST_ERRORS = 10
MOST_MESSAGES, PER_SECONDS = 20, 10
MOST_CHARACTERS = 32_000


class Full(Exception):
    """As many sockets as may be open are."""


@dataclass
class Sockets:
    """How many are open, in all and by network: an attacker's thousand must not be everybody's last."""

    most: int
    most_per_network: int
    open: Counter[str] = field(default_factory=Counter)

    def enter(self, network: str) -> None:
        if self.open.total() >= self.most or self.open[network] >= self.most_per_network:
            raise Full()
        self.open[network] += 1

    def leave(self, network: str) -> None:
        self.open[network] -= 1
        if not self.open[network]:
            del self.open[network]


async def watch(socket: WebSocket) -> None:
    """/v1/live. Refused before the handshake: a strange origin, a flood. After it, the reader is told why."""
    sockets: Sockets = socket.app.state.sockets
    network = network_of(socket.scope)
    try:
        await _refuse_strangers(socket)
        await door.hit(socket, "socket")
        sockets.enter(network)
    except (PostilError, Full) as error:
        code = TRY_AGAIN if isinstance(error, Full | TooMany) else POLICY
        return await socket.close(code)
    try:
        await socket.accept()
        await Conversation(socket, door.resources(socket).hub).run()
    except WebSocketDisconnect:
        pass
    finally:
        sockets.leave(network)


async def _refuse_strangers(socket: WebSocket) -> None:
    """A browser's socket comes from a page of some site (of which, the first message says); CORS does not guard it."""
    origin = socket.headers.get("origin")
    if origin is None or origin == door.own_origin(socket):
        return
    async with door.resources(socket).database.read() as snapshot:
        if await site_of(snapshot, origin) is None:
            raise OriginRefused()


class Conversation:
    """One reader's socket, from its first message to its close."""

    def __init__(self, socket: WebSocket, hub: Hub) -> None:
        self.socket, self.hub = socket, hub
        self.errors = 0
        self.heard: deque[float] = deque(maxlen=MOST_MESSAGES)
        self.named: list[SectionRef] = []
        self.shown: frozenset[str] = frozenset()
        self.close_code: int | None = None

    async def run(self) -> None:
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                said = await self._first()
        except TimeoutError:
            return await self._close(POLICY)
        if said is None:
            return
        room = self.hub.enter(said.viewer.site, said.key)
        forget = self._close_when_revoked(said.viewer)
        try:
            await self._converse(said, room)
        finally:
            forget()
            self.hub.leave(room)

    def _close_when_revoked(self, viewer: Viewer) -> Callable[[], None]:
        if viewer.session is None:
            return lambda: None
        return self.hub.on_revoked(viewer.session, self._end_revoked)

    def _end_revoked(self) -> None:
        self.close_code = REVOKED
        if self.task is not None:
            self.task.cancel()

    task: asyncio.Task[None] | None = None

    async def _converse(self, said: "Wish", room: Room) -> None:
        listening = asyncio.create_task(self._listen(said))
        self.task = asyncio.create_task(self._tell(said, room))
        try:
            async with asyncio.timeout(LIFE_SECONDS):
                done, _ = await asyncio.wait({listening, self.task}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self.close_code, done = RESTART, set()
        for task in (listening, self.task):
            task.cancel()
        await asyncio.gather(listening, self.task, return_exceptions=True)
        if self.close_code is not None:
            await self._close(self.close_code)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    # What the reader says

    async def _first(self) -> "Wish | None":
        """The wish in the first message that is understood; None where the socket was closed instead."""
        while True:
            said = await self._hear()
            if said is None:
                return None
            try:
                if not isinstance(said, Watch):
                    raise Invalid("type", "Begin with a message of type “watch”.")
                return await self._wish(said)
            except (PostilError, BadUrl) as error:
                if not await self._refuse(error):
                    return None

    async def _wish(self, said: Watch) -> "Wish":
        key = owner_key(said.page.key) if said.page.key else page_key(said.page.url)
        async with door.resources(self.socket).database.read() as snapshot:
            viewer = await self._viewer(snapshot, said)
            page = await reading.find_page(snapshot, viewer.site, key)
            revision = reading.page_revision(page, viewer.audience) if page else 0
            self.named = said.sections
            self.shown = await self._resolve(snapshot, viewer, key)
            since = parse_since(said.since) if said.since else Since(snapshot.epoch, revision)
        return Wish(viewer, key, since)

    async def _viewer(self, snapshot: Snapshot, said: Watch) -> Viewer:
        authorization = f"Bearer {said.token}" if said.token else None
        viewer = await door.reader_of(snapshot, self.socket, said.page.url, said.author, authorization)
        origin = self.socket.headers.get("origin")
        if origin is not None and origin != door.own_origin(self.socket):
            door.of_site(viewer, await site_of(snapshot, origin))
        return viewer

    async def _resolve(self, snapshot: Snapshot, viewer: Viewer, key: str) -> frozenset[str]:
        """The ids of the sections that were named; one that is named by its place may have none yet."""
        ids = {name for name in self.named if isinstance(name, str)}
        places = [name for name in self.named if isinstance(name, PlaceIn)]
        for outline in {place.outline for place in places}:
            page = await reading.read_page(snapshot, viewer, key, outline)
            found = page.outline or []
            indexes = [place.index for place in places if place.outline == outline]
            ids |= {id for index in indexes if index < len(found) and (id := found[index])}
        return frozenset(ids)

    async def _listen(self, wish: "Wish") -> None:
        while (said := await self._hear()) is not None:
            try:
                if not isinstance(said, Show):
                    raise Invalid("type", "This socket watches its page already. Open another for another page.")
                self.named = said.sections
                async with door.resources(self.socket).database.read() as snapshot:
                    self.shown = await self._resolve(snapshot, wish.viewer, wish.key)
            except PostilError as error:
                if not await self._refuse(error):
                    return

    async def _hear(self) -> Watch | Show | None:
        """The next message that is understood; None once the socket has been closed for talking too much."""
        while True:
            try:
                return SAID.validate_python(json.loads(await self._receive()))
            except ValidationError as error:
                where = ".".join(str(part) for part in error.errors()[0]["loc"])
                refusal = Invalid(where or "type", f"This message is not understood: {error.errors()[0]['msg']}")
            except (ValueError, RecursionError):
                refusal = Invalid("message", "This message is not JSON as we read it.")
            except TooMany:
                await self._close(POLICY)
                return None
            if not await self._refuse(refusal):
                return None

    async def _receive(self) -> str:
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        self._count()
        text: str = message.get("text") or ""
        if len(text) > MOST_CHARACTERS:
            raise ValueError("too long")
        return text

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        if len(self.heard) == MOST_MESSAGES and now - self.heard[0] < PER_SECONDS:
            raise TooMany()
        self.heard.append(now)

    async def _refuse(self, error: Exception) -> bool:
        """Say what was wrong; whether the socket stays."""
        refused = error if isinstance(error, PostilError) else Invalid("page.url", str(error))
        self.errors += 1
        await self._send(encode(Refusal(type="error", code=refused.code, detail=refused.detail)))
        if self.errors < MOST_ERRORS and not isinstance(refused, Unauthorized | OriginRefused):
            return True
        await self._close(POLICY)
        return False

    # What the reader is told

    async def _tell(self, wish: "Wish", room: Room) -> None:
        since = wish.since
        moved = room.moved
        since = await self._step(wish, room, since)
        await self._send(encode(Watching(type="watching", since=str(since))))
        while True:
            if room.revisions[wish.viewer.audience] <= since.revision:
                await moved.wait()
            moved = room.moved
            since = await self._step(wish, room, since)

    async def _step(self, wish: "Wish", room: Room, since: Since) -> Since:
        """Send what changed since a revision, bodies first: the counts end the step and move the reader's cursor."""
        frames = await self.hub.frames(room, wish.viewer, since)
        now = parse_since(frames.changes.since)
        if frames.changes.resync:
            await self._send(frames.resync)
        elif now.revision > since.revision:
            await self._send_changes(wish, frames)
        return now

    async def _send_changes(self, wish: "Wish", frames: Frames) -> None:
        if not {section.id for section in frames.changes.sections} <= self.shown:
            async with door.resources(self.socket).database.read() as snapshot:
                self.shown = await self._resolve(snapshot, wish.viewer, wish.key)
        for section, body in frames.bodies.items():
            if section in self.shown:
                await self._send(body)
        await self._send(frames.counts)

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.socket.send_text(text)
        except TimeoutError:
            self.close_code = TRY_AGAIN
            raise WebSocketDisconnect(TRY_AGAIN) from None

    async def _close(self, code: int) -> None:
        if self.socket.application_state is not WebSocketState.DISCONNECTED:
            await self.socket.close(code)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a socket asked for: who watches which page, from where."""

    viewer: Viewer
    key: str
    since: Since
