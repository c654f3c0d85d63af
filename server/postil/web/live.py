"""The socket: one page, the sections it shows, and what happens there from a revision on.

This listens to the reader; telling.py tells him. They end by raising, and whichever ends takes the other with it.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import ValidationError
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from postil import reading
from postil.auth.guests import author_key
from postil.cursors import Since, parse_since
from postil.db import Snapshot
from postil.errors import Invalid, OriginRefused, PostilError, TooMany, Unauthorized, Unavailable
from postil.live.hub import Hub
from postil.live.room import Room
from postil.live.wire import (
    SAID,
    Refusal,
    SectionRef,
    Show,
    Watch,
    Writing,
    encode,
)
from postil.sites import site_of
from postil.urls import BadUrl, origin_of, owner_key, page_key
from postil.viewer import Viewer
from postil.web import body, door
from postil.web.addresses import network_of
from postil.web.origins import origin_in
from postil.web.problems import BadJson, problem
from postil.web.telling import Teller
from postil.web.transport import go_on

TRY_AGAIN, POLICY, RESTART, REVOKED = 1013, 1008, 1012, 4401
# A browser says what it watches in its first message, at once; who stays silent wants only the connection.
FIRST_SECONDS = 10.0
# Half a day: longer than anybody reads, short enough that no socket outlives an upgrade by much.
LIFE_SECONDS = 12 * 3600.0
MOST_ERRORS = 10
MOST_MESSAGES, PER_SECONDS = 20, 10.0
MOST_CHARACTERS = 32_000


class Closing(Exception):
    """The conversation is over, by us; the code tells the reader's client what to do next."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Sockets:
    """How many are open, in all and by network: an attacker's thousand must not be everybody's last."""

    most: int
    most_per_network: int
    open: Counter[str] = field(default_factory=Counter)

    def enter(self, network: str) -> None:
        if self.open[network] >= self.most_per_network:
            raise TooMany(10, "Too many sockets are open from here.")
        if self.open.total() >= self.most:
            raise Unavailable(10, "As many sockets are open as there may be.")
        self.open[network] += 1

    def leave(self, network: str) -> None:
        self.open[network] -= 1
        if not self.open[network]:
            del self.open[network]


async def watch(socket: WebSocket) -> None:
    """/v1/live. A strange origin or a flood is refused before the handshake, as a problem; later, with a close code."""
    sockets: Sockets = socket.app.state.sockets
    network = network_of(socket.scope)
    try:
        await _refuse_strangers(socket)
        await door.hit(socket, "socket")
        sockets.enter(network)
    except PostilError as error:
        return await socket.send_denial_response(problem(error))
    try:
        await socket.accept()
    except BaseException:
        sockets.leave(network)
        raise
    hub, scope = door.resources(socket).hub, socket.scope

    async def converse(receive: Receive, send: Send) -> None:
        try:
            await Conversation(_accepted(scope, receive, send), hub).run()
        except WebSocketDisconnect:
            pass
        finally:
            sockets.leave(network)

    await go_on(scope, converse, socket.receive, socket.send)


def _accepted(scope: Scope, receive: Receive, send: Send) -> WebSocket:
    """The socket as it is after accept(), by other ways in and out."""
    socket = WebSocket(scope, receive, send)
    socket.client_state = socket.application_state = WebSocketState.CONNECTED
    return socket


async def _refuse_strangers(socket: WebSocket) -> None:
    """A browser's socket comes from a page of some site (of which, the first message says); CORS does not guard it."""
    origin = origin_in(socket.headers)
    if origin is None or origin == door.own_origin(socket):
        return

    async def is_known() -> bool:
        async with door.resources(socket).database.read() as snapshot:
            return await site_of(snapshot, origin) is not None

    if not await door.resources(socket).hub.arrivals.ask(origin, is_known):
        raise OriginRefused()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a socket asked for: who watches which page, from where."""

    viewer: Viewer
    key: str
    since: Since
    sections: list[SectionRef]
    outline: str | None = None
    presence: bool = False


class Arrival(NamedTuple):
    """Who somebody is, the page's present key, and the revision that it is at now."""

    viewer: Viewer
    key: str
    now: Since


def understand(text: str) -> Watch | Show | Writing:
    """A reader's message, read as strictly as a body over HTTP; BadJson, Invalid or TooLong where it is none."""
    if not 0 < len(text) <= MOST_CHARACTERS:
        raise BadJson(f"Say something, as JSON text of at most {MOST_CHARACTERS} characters.")
    try:
        return SAID.validate_python(body.parse(text.encode()), strict=True)
    except ValidationError as error:
        raise body.invalid(error, "type") from error


class Conversation:
    """One reader's socket, from its first message to its close."""

    def __init__(self, socket: WebSocket, hub: Hub) -> None:
        self.socket, self.hub = socket, hub
        self.errors = 0
        self.heard: list[float] = []
        self.ends_with = RESTART

    async def run(self) -> None:
        """Until the reader goes, or is let go."""
        code = None
        try:
            await self._converse()
        except* WebSocketDisconnect:
            pass
        except* Closing as group:
            code = _code(group)
        except* Unavailable:
            code = TRY_AGAIN
        if code is not None:
            with suppress(WebSocketDisconnect):
                await self.socket.close(code)

    async def _converse(self) -> None:
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                wish = await self._first()
        except TimeoutError:
            raise Closing(POLICY) from None
        # Nobody asks for them again: they would be a kilobyte of each socket.
        self.socket.scope["headers"] = []
        room = self.hub.enter(wish.viewer.site, wish.key)
        try:
            await self._talk(wish, room)
        finally:
            self.hub.leave(room)

    async def _talk(self, wish: Wish, room: Room) -> None:
        viewer = wish.viewer
        forget = None
        try:
            async with asyncio.timeout(LIFE_SECONDS) as life, asyncio.TaskGroup() as group:
                if viewer.session is not None:
                    forget = self.hub.on_revoked(viewer.session, lambda: self._revoke(life))
                teller = Teller(self.socket, room, viewer, wish.since, wish.outline, group.create_task)
                group.create_task(self._begin(teller, wish))
                try:
                    await self._listen(teller)
                finally:
                    teller.end()
        except TimeoutError:
            raise Closing(self.ends_with) from None
        finally:
            if forget is not None:
                forget()

    def _revoke(self, life: asyncio.Timeout) -> None:
        """The rights are gone: the socket's life ends now."""
        if self.ends_with != REVOKED:
            self.ends_with = REVOKED
            life.reschedule(0)

    async def _begin(self, teller: Teller, wish: Wish) -> None:
        session = wish.viewer.session
        if session is not None and not await self.hub.holds(session):
            raise Closing(REVOKED)
        await teller.begin(wish.sections, presence=wish.presence)

    # What the reader says

    async def _first(self) -> Wish:
        """The wish in the first message that is understood and may be granted."""
        while True:
            said = await self._hear()
            try:
                if not isinstance(said, Watch):
                    raise Invalid("type", "Begin with a message of type “watch”.")
                return await self._wish(said)
            except BadUrl as error:
                await self._refuse(Invalid("page.url", str(error)))
            except Unavailable:
                raise
            except PostilError as error:
                await self._refuse(error)

    async def _wish(self, said: Watch) -> Wish:
        key = owner_key(said.page.key) if said.page.key else page_key(said.page.url)
        since = parse_since(said.since) if said.since else None
        if said.token is None and since is not None:
            # Nobody in particular, who knows where he stands: equal ones share the question.
            author, origin = author_key(said.author), origin_in(self.socket.headers)
            asked = (origin, origin_of(said.page.url), key)
            arrival: Arrival = await self.hub.arrivals.ask(asked, lambda: self._arrive(said, key))
            viewer = Viewer(arrival.viewer.site, author)
        else:
            arrival = await self._arrive(said, key)
            viewer = arrival.viewer
        presence = said.presence and door.resources(self.socket).settings.presence
        return Wish(viewer, arrival.key, since or arrival.now, said.sections, said.outline, presence)

    async def _arrive(self, said: Watch, key: str) -> Arrival:
        async with door.resources(self.socket).database.read() as snapshot:
            viewer = await self._viewer(snapshot, said)
            page = await reading.find_page(snapshot, viewer.site, key)
            revision = reading.page_revision(page, viewer.audience) if page else 0
            # A page that moved is watched under its present key, where the hints are.
            return Arrival(viewer, page.key if page else key, Since(snapshot.epoch, revision))

    async def _viewer(self, snapshot: Snapshot, said: Watch) -> Viewer:
        authorization = f"Bearer {said.token}" if said.token else None
        viewer = await door.reader_of(snapshot, self.socket, said.page.url, said.author, authorization)
        origin = origin_in(self.socket.headers)
        if origin is not None and origin != door.own_origin(self.socket):
            door.of_site(viewer, await site_of(snapshot, origin))
        return viewer

    async def _listen(self, teller: Teller) -> None:
        while True:
            said = await self._hear()
            if isinstance(said, Show):
                await teller.show(said.sections)
            elif isinstance(said, Writing):
                teller.write_in(said.section)
            else:
                await self._refuse(Invalid("type", "This socket watches its page. Open another for another page."))

    async def _hear(self) -> Watch | Show | Writing:
        """The next message that is understood; each one that is not gets its error."""
        while True:
            try:
                return understand(await self._receive())
            except PostilError as error:
                await self._refuse(error)

    async def _receive(self) -> str:
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        self._count()
        return message.get("text") or ""

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        self.heard = [*(then for then in self.heard if now - then < PER_SECONDS), now]
        if len(self.heard) > MOST_MESSAGES:
            raise Closing(POLICY)

    async def _refuse(self, error: PostilError) -> None:
        """Say what was wrong. The socket stays, unless it has no right to be here or never learns."""
        self.errors += 1
        await self.socket.send_text(encode(Refusal(type="error", code=error.code, detail=error.detail)))
        if self.errors >= MOST_ERRORS or isinstance(error, Unauthorized | OriginRefused):
            raise Closing(POLICY)


def _code(group: BaseExceptionGroup[Closing]) -> int:
    first = group.exceptions[0]
    return first.code if isinstance(first, Closing) else _code(first)
