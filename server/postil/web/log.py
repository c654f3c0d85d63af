"""The moderation log, and who is banned: two screens of the desk."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import bans, record
from postil.errors import PostilError
from postil.ids import looks_like_id
from postil.web import door, queue, screens
from postil.web.deciding import posted
from postil.web.problems import status_of
from postil.web.queue import Said


async def read(request: Request) -> Response:
    """Decisions, newest first: of all, of one moderator, about one comment."""
    await door.hit(request, "read")
    asked = request.query_params
    comment, by, after = (_id(asked.get(name, "")) for name in ("comment", "by", "after"))
    by = "-" if asked.get("by") == "-" else by
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        values = {
            "log": await record.read_log(snapshot, viewer, comment=comment, moderator=by, after=after),
            "moderators": await record.moderators_of(snapshot, viewer),
            "said": await queue.done(snapshot, viewer, asked.get("done", "")),
            **await queue.numbers(snapshot, viewer),
            **await screens.desk(request, snapshot, viewer, at="log"),
        }
        return screens.page("log.html", about=comment, by=by, after=after, now=snapshot.now, **values)


async def read_bans(request: Request) -> Response:
    """Bans in force, or those that are over."""
    await door.hit(request, "read")
    said = None
    if looks_like_id(request.query_params.get("done", "")):
        async with door.resources(request).database.read() as snapshot:
            viewer = await door.moderator_page(request, snapshot)
            said = await queue.done(snapshot, viewer, request.query_params["done"])
    return await _show_bans(request, said)


async def _show_bans(request: Request, said: Said | None = None, status: int = 200) -> Response:
    over, after = request.query_params.get("over") == "yes", _id(request.query_params.get("after", ""))
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        rows, more = await record.read_bans(snapshot, viewer, over=over, after=after)
        desk = await screens.desk(request, snapshot, viewer, at="bans")
        values = {"rows": rows, "next": more, "over": over, "now": snapshot.now, "said": said}
        return screens.page("bans.html", status, **desk, **values)


async def lift(request: Request) -> Response:
    """End a ban now."""
    form = await posted(request)
    try:
        async with door.resources(request).database.begin() as tx:
            decision = await bans.lift(tx, form.viewer, form.id("ban"))
    except PostilError as error:
        return await _show_bans(request, Said(error.detail, tone="warn"), status_of(type(error)))
    return RedirectResponse(f"/moderate/bans?done={decision.id}", 303, screens.PRIVATE)


def _id(text: str) -> str:
    return text if looks_like_id(text) else ""
