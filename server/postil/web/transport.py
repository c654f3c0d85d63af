"""uvicorn's socket, with an end to its patience.

uvicorn closes politely: it waits until what is buffered has been taken, which a reader who has stopped reading puts
off for as long as his kernel lives; and it answers every ping, taken or not. Here such a reader is let go, and what
he holds is freed. Fragments are counted too: `ws_max_size` adds up their bytes, and empty ones have none.

And it offers what ASGI has not: to write frames that are made already, the same bytes to thousands of sockets, without
making each of them anew and without a task for each; and to go on outside of the application's layers, so that an idle
socket does not keep a dozen of them waiting with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.types import Receive, Send
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import State

from postil.web.waiting import Gate, Inbox

# A reader whose buffer is full has so long to take so many bytes: a kilobyte a second, the slowest of phones.
STALL_SECONDS = 10.0
LEAST_TAKEN = 10 * 1024
# Time for a close frame behind what is buffered; then the connection is cut.
GRACE_SECONDS = 5.0
# What a reader says is short. Browsers send it in one piece.
MOST_FRAGMENTS = 64
TRY_AGAIN, TOO_BIG = 1013, 1009
# ASGI extensions of ours. Where a scope lacks them (another server, another protocol) ordinary sends do the same, and
# the conversation takes place where it began.
FRAMES, OUTSIDE = "postil.frames", "postil.outside"

Write = Callable[[bytes], object]
Rest = Callable[[Receive, Send], Awaitable[None]]


def write(scope: Mapping[str, Any], frames: bytes) -> bool:
    """Write ready frames to a socket, if its server has a way and nothing hinders it."""
    offered = scope.get("extensions", {}).get(FRAMES)
    return offered is not None and offered.write_frames(frames)


def lend(scope: Mapping[str, Any], back: Callable[[], None]) -> Write | None:
    """What writes ready frames to a socket, at once and with nothing asked; None where that is not to be had now.

    It may be used until `back` is called: that is before the socket is closed, or when its buffer is full.
    """
    offered = scope.get("extensions", {}).get(FRAMES)
    return offered.lend(back) if offered is not None else None


async def go_on(scope: Mapping[str, Any], rest: Rest, receive: Receive, send: Send) -> None:
    """Do the rest of a socket's life with the server's own receive and send, when every layer of the application has
    returned; where the server knows nothing of that, here and now with those that are given.
    """
    outside = scope.get("extensions", {}).get(OUTSIDE)
    if outside is None:
        return await rest(receive, send)
    outside["rest"] = rest


class PatientProtocol(WebSocketsSansIOProtocol):
    """Given to uvicorn as `ws`. A stalled reader is told 1013 and cut; no closed socket lingers."""

    _patience: asyncio.TimerHandle | None = None
    _cut: asyncio.TimerHandle | None = None
    _back: Callable[[], None] | None = None

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.gate = Gate()
        self.queue, self.writable = Inbox(), self.gate  # type: ignore[assignment]
        self.layers, self.app = self.app, self._run

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            self._take_back()
        await super().send(message)
        if message["type"] == "websocket.accept":
            # Nobody asks for them again, and they are two kilobytes of each socket.
            del self.request, self.response
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # A handshake that is refused with an answer is complete. uvicorn would log it as a crash, each time, and a
            # stranger could fill the log.
            self.handshake_complete = True

    def pause_writing(self) -> None:
        self._take_back()
        super().pause_writing()
        # Who does not listen is not listened to: answers to his pings would fill the buffer without end.
        if not self.read_paused:
            self.transport.pause_reading()
        self._look_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_looking()
        if not (self.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()

    def _look_later(self) -> None:
        buffered = self.transport.get_write_buffer_size()
        self._patience = self.loop.call_later(STALL_SECONDS, self._look, buffered)

    def _look(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() >= LEAST_TAKEN:
            return self._look_later()
        self._let_go()

    def _stop_looking(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _let_go(self) -> None:
        if not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.conn.send_close(TRY_AGAIN)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self._is_over(TRY_AGAIN)
        self._cut_later(GRACE_SECONDS)

    def _is_over(self, code: int) -> None:
        """Whoever sends from now on is told that nobody is there; whoever listens, at once."""
        self.close_sent = self.disconnected = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.writable.set()

    def _cut_later(self, seconds: float) -> None:
        if self._cut is None:
            self._cut = self.loop.call_later(seconds, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.state is not State.OPEN:
            self._take_back()

    def eof_received(self) -> None:
        self._take_back()
        super().eof_received()

    def shutdown(self) -> None:
        self._take_back()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._take_back()
        self._stop_looking()
        if self._cut is not None:
            self._cut.cancel()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """Who does not answer a ping takes nothing more either: there is nothing to wait for."""
        self._take_back()
        super().keepalive_timeout()
        self.disconnected = True
        self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        if self.disconnected:
            return
        if len(self.frames) < MOST_FRAGMENTS:
            return super().handle_cont(event)
        self.conn.fail(TOO_BIG, "too many fragments")
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        if not self.disconnected:
            super().handle_parser_exception()
            self.disconnected = True

    def write_frames(self, frames: bytes) -> bool:
        """Write text frames that are made already, whole and at once, between two ordinary sends or before a close.

        False, and nothing is written, where the reader's buffer is full or his socket no longer open: then the ordinary
        send waits for him, or says that he is gone.
        """
        is_free = self._is_free()
        if is_free:
            self.transport.write(frames)
        return is_free

    def lend(self, back: Callable[[], None]) -> Write | None:
        """The same for whoever writes often: the transport's own way, until `back` is called."""
        if not self._is_free():
            return None
        self._back = back
        return self.transport.write

    def _is_free(self) -> bool:
        is_open = self.conn.state is State.OPEN and not (self.close_sent or self.transport.is_closing())
        return is_open and self.gate.is_open

    def _take_back(self) -> None:
        """Before anything else happens to the socket."""
        back, self._back = self._back, None
        if back is not None:
            back()

    async def _run(self, scope: Any, receive: Any, send: Any) -> None:
        """The application; and what it left to be done outside of its layers."""
        extensions, outside = scope["extensions"], dict[str, Rest]()
        extensions |= {FRAMES: self, OUTSIDE: outside}
        try:
            await self.layers(scope, receive, send)
            if (rest := outside.pop("rest", None)) is not None:
                await rest(receive, send)
        finally:
            extensions.clear()  # or it would hold us, and we it
            self._back = None

    async def run_asgi(self) -> None:
        await super().run_asgi()
        if self in self.connections:
            self._cut_later(self.close_timeout + GRACE_SECONDS)
