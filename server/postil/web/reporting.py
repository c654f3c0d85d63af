"""What readers without JavaScript do about a comment of somebody else's: report it, support it."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import discussion, overlay
from postil.auth.guests import author_key
from postil.db import Snapshot
from postil.errors import Invalid, NotFound, PostilError
from postil.names import clean_text
from postil.viewer import Viewer
from postil.web import door, guests, rooms, screens, threads
from postil.web.addresses import network_of
from postil.web.problems import status_of
from postil.web.rooms import Room, Sent

MOST_NOTE = 500
REASONS = {
    "spam": "Spam or advertising",
    "abuse": "Somebody is attacked",
    "off-topic": "Off topic",
    "illegal": "Against the law",
    "other": "Something else",
}

Do = Callable[[Sent, Room, Viewer], Awaitable[Response]]


@threads.page
async def flag(request: Request) -> Response:
    """Ask a moderator to look at a comment; `done` says that it was asked."""
    return await _about(request, "flag", _flag)


@threads.page
async def support(request: Request) -> Response:
    """Support a comment, or take that back."""
    return await _about(request, "react", _support)


async def _about(request: Request, what: str, do: Do) -> Response:
    if request.method != "POST":
        await door.hit(request, "read")
        async with door.resources(request).database.read() as snapshot:
            return await _show(request, snapshot, what, await rooms.of_comment(request, snapshot))
    form = await rooms.sent(request, f"{what}_network")
    async with door.resources(request).database.read() as snapshot:
        room = await rooms.of_comment(request, snapshot)
    try:
        seal = form.sealed(room)
        viewer = Viewer(room.site, author_key(form.token(seal)))
        await door.hit(request, what, viewer.author_key or network_of(request.scope))
        return guests.keep(await do(form, room, viewer), form.token(seal))
    except NotFound:
        raise
    except PostilError as error:
        async with door.resources(request).database.read() as snapshot:
            return await _show(request, snapshot, what, room, form, error)


async def _flag(form: Sent, room: Room, viewer: Viewer) -> Response:
    reason = form.text("reason")
    if reason not in REASONS:
        raise Invalid("reason", "Say what is wrong with it.")
    assert room.parent is not None
    async with door.resources(form.request).database.begin() as tx:
        await discussion.flag(tx, viewer, room.parent.id, reason, clean_text(form.text("note"), MOST_NOTE))
    return RedirectResponse(f"{room.action}?done", 303, screens.PRIVATE)


async def _support(form: Sent, room: Room, viewer: Viewer) -> Response:
    assert room.parent is not None
    async with door.resources(form.request).database.begin() as tx:
        await discussion.support(tx, viewer, room.parent.id, on=form.text("do") != "take back")
    return RedirectResponse(room.back, 303, screens.PRIVATE)


async def _show(
    request: Request,
    snapshot: Snapshot,
    what: str,
    room: Room,
    form: Sent | None = None,
    error: PostilError | None = None,
) -> Response:
    """The page that asks once more, with the comment it is about."""
    own = await overlay.read_own(snapshot, Viewer(room.site, guests.key_of(request)), room.page.key)
    assert room.parent is not None
    values: dict[str, Any] = {
        "what": what,
        "room": room,
        "comment": room.parent,
        "seal": rooms.seal_for(request, room, form),
        "reasons": REASONS,
        "reason": form.text("reason") if form else "",
        "note": form.text("note")[:MOST_NOTE] if form else "",
        "most": MOST_NOTE,
        "done": "done" in request.query_params or (what == "flag" and room.parent.id in own.flagged),
        "supported": room.parent.id in own.reacted,
        "problem": error.detail if error else "",
    }
    return screens.page("asked.html", status_of(type(error)) if error else 200, **values)
