"""The service's own pages: where threads stand, for owners, and where a reader without JavaScript lands."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib import resources

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from postil import reading, windows
from postil.answers import NestedComment, PageAnswer
from postil.cursors import Sort
from postil.db import Snapshot
from postil.errors import PostilError
from postil.states import State
from postil.tree import nest
from postil.urls import BadUrl, page_key, page_url
from postil.viewer import Viewer
from postil.web import door, screens

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="stylesheet" href="/service.css">
{head}
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""

# Sections shown at once without JavaScript, and comments of each: a page, not an archive.
SECTIONS_SHOWN = 50
COMMENTS_SHOWN = 50


async def anchors(request: Request) -> Response:
    """The page where an owner says where threads stand. All it shows its module asks the API for."""
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        return screens.page("anchors.html", **await screens.desk(request, snapshot, viewer, at="anchors"))


_PRIVATE = {"Cache-Control": "no-store"}


async def here(request: Request) -> Response:
    """The discussion of the page that linked here, to be read without JavaScript; its URL comes as the Referer."""
    await door.hit(request, "read")
    url = request.query_params.get("url") or request.headers.get("referer", "")
    try:
        async with door.resources(request).database.read() as snapshot:
            viewer = await door.reader_of(snapshot, request, page_url(url))
            body = await _discussion(request, snapshot, viewer, url)
    except (BadUrl, PostilError):
        body = "<h1>No discussion here</h1>\n<p>Come from the article whose discussion you want to read.</p>"
        return HTMLResponse(_PAGE.format(title="Postil", head="", body=body), 404, headers=_PRIVATE)
    return HTMLResponse(_PAGE.format(title="Discussion · Postil", head="", body=body), headers=_PRIVATE)


async def _discussion(request: Request, snapshot: Snapshot, viewer: Viewer, url: str) -> str:
    page = await _page(request, snapshot, viewer, page_key(url))
    back = f'<p><a href="{escape(page_url(url))}" rel="nofollow">{escape(page.title or "Back to the article")}</a></p>'
    parts = [back, "<h1>Discussion</h1>"]
    if not page.sections:
        parts.append("<p>Nobody has written here yet.</p>")
    earlier = {each.section for each in page.earlier}
    led = page.outline or [None]
    sections = sorted(page.sections, key=lambda each: (each.id in earlier, _place(page, each.id), each.id not in led))
    for section in sections[:SECTIONS_SHOWN]:
        window = await windows.open_window(snapshot, viewer, section.id, COMMENTS_SHOWN)
        answer = await windows.read_threads(snapshot, window, Sort.OLDEST)
        unnamed = "Introduction" if section.id == led[0] else "A part of the article"
        parts += _section(section.heading or unnamed, nest(answer.comments), is_earlier=section.id in earlier)
    return "\n".join(parts)


async def _page(request: Request, snapshot: Snapshot, viewer: Viewer, key: str) -> PageAnswer:
    """The page as its reference shows it, where it has one."""
    found = await reading.find_page(snapshot, viewer.site, key)
    outlines = door.resources(request).outlines
    places = await outlines.places(snapshot, found, found.reference) if found and found.reference else None
    return await reading.read_page(snapshot, viewer, key, found, places)


def _place(page: PageAnswer, section: str) -> int:
    """Where a section stands, for the order; a merged thread stands with the one that it was merged into."""
    at = {id: index for index, id in enumerate(page.outline or []) if id}
    at |= {id: index for index, ids in page.joined.items() for id in ids}
    return at.get(section, len(at))


def _section(heading: str, comments: Sequence[NestedComment], *, is_earlier: bool) -> list[str]:
    gone = ['<p class="earlier">This part is no longer in the article.</p>'] if is_earlier else []
    return [f'<h2 dir="auto">{escape(heading)}</h2>', *gone, *(_comment(comment) for comment in comments)]


def _comment(comment: NestedComment) -> str:
    """A comment with its replies inside. Its html is markup.render's own; all else is text."""
    replies = "\n".join(_comment(reply) for reply in comment.replies)
    inside = f'<div class="replies">\n{replies}\n</div>' if replies else ""
    if comment.html is None:
        return f'<article><p class="tombstone">{escape(_tombstone(comment))}</p>{inside}</article>'
    name, at = escape(comment.author or ""), datetime.fromtimestamp(comment.at, UTC)
    head = f'<p class="head"><b><bdi>{name}</bdi></b> <time datetime="{at:%FT%TZ}">{at:%-d %B %Y}</time></p>'
    return (
        f'<article id="postil-{comment.id}">{head}\n<div class="body" dir="auto">{comment.html}</div>{inside}</article>'
    )


def _tombstone(comment: NestedComment) -> str:
    said = _TOMBSTONES.get(comment.state, "This comment is not here now")
    return f"{said}: {comment.reason}" if comment.reason else said


_TOMBSTONES = {
    State.HIDDEN: "Hidden by a moderator",
    State.REMOVED: "Removed by its author",
    State.PURGED: "Deleted by a moderator",
}


async def style(_request: Request) -> Response:
    """How the service's own pages look."""
    return Response(_css(), media_type="text/css", headers={"Cache-Control": "public, max-age=300"})


@cache
def _css() -> bytes:
    """The page's own sheet first, then those of the desk's rooms."""
    sheets = [each for each in resources.files("postil.web").iterdir() if each.name.endswith(".css")]
    sheets.sort(key=lambda each: (each.name != "service.css", each.name))
    return b"\n".join(each.read_bytes() for each in sheets)
