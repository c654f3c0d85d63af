"""What readers without JavaScript write: comments, replies, edits of their own. Each on a page of its own.

What is refused comes back with the words kept, and says what to do next; what is done leads on by a 303, so that a
reload repeats nothing, and a form that is sent twice posts once (house, law 6).
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import discussion, outside
from postil.auth.guests import author_key
from postil.discussion import Draft
from postil.errors import Invalid, NotFound, PostilError, TooLong
from postil.judging import Signs
from postil.kin import kin_of
from postil.late import render_async
from postil.rendered import MAX_SOURCE, Rendered
from postil.rules import Why
from postil.viewer import Viewer
from postil.web import door, guests, rooms, screens, threads
from postil.web.addresses import network_of, shortened
from postil.web.guests import Seal
from postil.web.problems import status_of
from postil.web.rooms import Find, Room, Sent


@threads.page
async def write(request: Request) -> Response:
    """A comment on a section."""
    return await compose(request, rooms.of_section)


@threads.page
async def reply(request: Request) -> Response:
    """An answer to a comment."""
    return await compose(request, rooms.of_reply)


async def compose(request: Request, find: Find) -> Response:
    """Show the form of a room, or take what it brings: to be previewed, or posted."""
    if request.method != "POST":
        return await _open(request, find)
    form = await rooms.sent(request, "post_network")
    async with door.resources(request).database.read() as snapshot:
        room = await find(request, snapshot)
    try:
        seal = form.sealed(room)
        rendered = await _render(form)
        if form.text("do") == "preview":
            return show(request, room, form, preview=rendered)
        made = await _post(form, room, seal, rendered)
    except NotFound:
        raise
    except PostilError as error:
        return show(request, room, form, error)
    return guests.keep(_to(made), form.token(seal))


async def _open(request: Request, find: Find) -> Response:
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        return show(request, await find(request, snapshot))


def _to(comment: str) -> Response:
    return RedirectResponse(f"/t/c/{comment}", 303, screens.PRIVATE)


async def _render(form: Sent) -> Rendered:
    if not form.source.strip():
        raise Invalid("source", "Write something first.")
    if (over := len(form.source) - MAX_SOURCE) > 0:
        raise TooLong("source", f"A comment has at most {MAX_SOURCE:,} characters. Shorten this one by {over:,}.")
    return await render_async(form.source, kin_of)


async def _post(form: Sent, room: Room, seal: Seal, rendered: Rendered) -> str:
    """Post what the form brings; the comment's id."""
    request, held = form.request, door.resources(form.request)
    viewer = Viewer(room.site, author_key(form.token(seal)))
    name = form.text("name")[:200]
    asked = await _ask(form, room, name, rendered)
    # A time of ours and not of the form's: whoever forges it has no seal. It may still be waited out, as anywhere.
    took = int(held.database.clock()) - seal.issued
    draft = Draft(
        page=room.page,
        name=name,
        source=form.source,
        nonce=seal.nonce,
        parent=room.parent.id if room.parent else None,
        section=room.section,
        outline=room.outline,
        index=chosen(form, room),
        network=network_of(request.scope),
        signs=Signs(trapped=bool(form.text("website").strip()), took=took, outside=asked),
    )
    async with held.database.begin() as tx:
        await door.hit(request, "post", viewer.author_key or "")
        return (await discussion.post(tx, viewer, draft, rendered, held.outlines)).comment.id


def chosen(form: Sent, room: Room) -> int:
    """Which of the room's choices was taken."""
    number = form.text("at")
    is_one = number.isascii() and number.isdigit() and len(number) < 4 and int(number) < len(room.choices)
    return int(number) if is_one else room.index


async def _ask(form: Sent, room: Room, name: str, rendered: Rendered) -> tuple[Why, ...]:
    held = door.resources(form.request)
    post = outside.Post(room.site, room.page.url, name, form.source, rendered.html, shortened(form.request.scope))
    return await outside.ask(held.database, outside.Line(held.settings.fetch_networks), post)


def show(
    request: Request,
    room: Room,
    form: Sent | None = None,
    error: PostilError | None = None,
    preview: Rendered | None = None,
) -> Response:
    """The form, with what was written in it and what is to be said of that."""
    source = form.source if form else room.edits.source if room.edits else ""
    shown = screens.page(
        "compose.html",
        status_of(type(error)) if error else 200,
        room=room,
        seal=rooms.seal_for(request, room, form),
        source=source,
        name=form.text("name") if form else room.name,
        chosen=chosen(form, room) if form else room.index,
        problem=error.detail if error else "",
        field=getattr(error, "field", ""),
        preview=preview.html if preview else "",
        most=MAX_SOURCE,
        closed=room.edits is not None
        and (room.edits.editable_until or 0) < int(door.resources(request).database.clock()),
    )
    if error and (wait := error.extra.get("retry_after")):
        shown.headers["Retry-After"] = str(wait)
    return shown


# One's own comment


@threads.page
async def edit(request: Request) -> Response:
    """Change or remove one's own comment; for anybody else there is no such page."""
    if request.method != "POST":
        return await _open(request, rooms.of_own)
    form = await rooms.sent(request, "edit_network")
    async with door.resources(request).database.read() as snapshot:
        room = await rooms.of_own(request, snapshot)
    try:
        seal = form.sealed(room)
        match form.text("do"):
            case "remove":
                return screens.page("asked.html", what="remove", room=room, comment=room.edits, seal=seal.text)
            case "remove for good":
                return await _remove(form, room)
            case "preview":
                return show(request, room, form, preview=await _render(form))
        return await _edit(form, room, await _render(form))
    except NotFound:
        raise
    except PostilError as error:
        return show(request, room, form, error)


async def _remove(form: Sent, room: Room) -> Response:
    assert room.edits is not None
    async with door.resources(form.request).database.begin() as tx:
        await discussion.remove(tx, Viewer(room.site, guests.key_of(form.request)), room.edits.id)
    return RedirectResponse(room.back, 303, screens.PRIVATE)


async def _edit(form: Sent, room: Room, rendered: Rendered) -> Response:
    assert room.edits is not None
    viewer = Viewer(room.site, guests.key_of(form.request))
    asked = await _ask(form, room, room.edits.author or "", rendered)
    async with door.resources(form.request).database.begin() as tx:
        await door.hit(form.request, "edit", viewer.author_key or "")
        await discussion.edit(tx, viewer, room.edits.id, form.source, rendered, Signs(outside=asked))
    return _to(room.edits.id)
