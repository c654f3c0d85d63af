"""Discussions as pages: read without JavaScript, found by search engines, linked from feeds and mail.

What they show without a guest's cookie is one for all and carries no secret, so it revalidates by its ETag. With the
cookie the guest's own is shown too, and nothing is kept. Forms stand on pages of their own (web/writing.py).
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import reading, windows
from postil.answers import CommentAnswer, OwnComment, ThreadAnswer
from postil.cursors import AfterReply, AfterRoot, Sort, parse_window
from postil.db import Snapshot
from postil.errors import Invalid, NotFound, PostilError
from postil.ids import looks_like_id
from postil.models import Comment, Page
from postil.states import State
from postil.tree import nest
from postil.viewer import Viewer
from postil.web import caching, discussions, door, guests, jsonld, screens
from postil.web.discussions import HIS, Discussion, Part, Thread
from postil.web.problems import status_of

# What a page shows at once: a page, not an archive.
COMMENTS_SHOWN = 50
SECTIONS_SHOWN = 50
# Of many sections together each shows so few that the whole is still read in one go.
MOST_SHOWN, FEWEST_SHOWN = 300, 5

# A data block is not run, so it needs no leave to; forms stand on other pages than these.
_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
OWN = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
PRIVATE = {**OWN, "Cache-Control": "no-store"}

_GONE = "What stood at this address was taken away, or never was."

Handler = Callable[[Request], Awaitable[Response]]


def page(handler: Handler) -> Handler:
    """A handler whose refusals are pages too; one for all that is not here, was never issued, or is not to be seen."""

    @wraps(handler)
    async def answering(request: Request) -> Response:
        try:
            return await handler(request)
        except PostilError as error:
            at = str(request.scope["path"])
            is_form = at.startswith("/t/") and at.count("/") > 3
            return refusal(error, at.rpartition("/")[0] if is_form and not isinstance(error, NotFound) else "")

    return answering


def refusal(error: PostilError, back: str = "") -> Response:
    """What cannot be done, and the way back to where one was."""
    problem = _GONE if error.detail == NotFound.sentence else error.detail
    shown = screens.page(
        "refused.html", status_of(type(error)), problem=problem, gone=isinstance(error, NotFound), back=back
    )
    shown.headers.update(PRIVATE)
    if retry := error.extra.get("retry_after"):
        shown.headers["Retry-After"] = str(retry)
    return shown


@page
async def discussion(request: Request) -> Response:
    """A page's sections, each with its first comments."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        found = await discussions.page_named(snapshot, request.path_params["page"])
        if kept := _kept(request, found):
            return kept
        told = await discussions.read(request, snapshot, found, guests.key_of(request))
        parts = told.parts[:SECTIONS_SHOWN]
        share = min(
            COMMENTS_SHOWN, max(FEWEST_SHOWN, MOST_SHOWN // max(1, len([each for each in parts if each.answer])))
        )
        threads = [await _beginning(snapshot, told, part, share) for part in parts]
        return _show(request, "discussion.html", told, threads, canonical=told.path, indexed=told.is_public)


@page
async def section(request: Request) -> Response:
    """One section's thread, a page at a time; `after` goes on, `around` shows the thread that holds a comment."""
    await door.hit(request, "read")
    id, asked = request.path_params["section"], request.query_params
    async with door.resources(request).database.read() as snapshot:
        found = await discussions.page_named(snapshot, request.path_params["page"])
        if kept := _kept(request, found):
            return kept
        told = await discussions.read(request, snapshot, found, guests.key_of(request), id)
        part = told.part(id)
        path = f"{told.path}/{id}"
        sort = Sort(asked["sort"]) if asked.get("sort") in list(Sort) else Sort.OLDEST
        try:
            answer, links = await _window(snapshot, told, part, sort, asked.get("after", ""), asked.get("around", ""))
        except Invalid:  # a cursor that has grown stale, or was never one of ours
            return RedirectResponse(path, 303, PRIVATE)
        own_order = sort is Sort.OLDEST and not asked.get("around") and "." not in asked.get("after", "")
        canonical = _url(path, {"after": asked["after"]} if own_order and asked.get("after") else {})
        values = {
            "links": {rel: _url(path, query) for rel, query in links.items()},
            "sort": sort,
            "sorts": _SORTS,
            "path": path,
            "here": asked.get("around", ""),
        }
        thread = _thread(told, part, answer)
        return _show(
            request, "section.html", told, [thread], canonical=canonical,
            indexed=own_order and part.public and bool(part.comments), **values,
        )  # fmt: skip


_SORTS = {Sort.OLDEST: "Oldest first", Sort.NEWEST: "Newest first", Sort.SUPPORTED: "Most supported"}


@page
async def comment(request: Request) -> Response:
    """The address of one comment, for good: it leads to where the comment stands now."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        return RedirectResponse(await place_of(request, snapshot, request.path_params["comment"]), 303, PRIVATE)


async def place_of(request: Request, snapshot: Snapshot, id: str) -> str:
    """Where a comment stands, to whoever may see it or wrote it: on its section's first page, or with its thread."""
    key = guests.key_of(request)
    row = await snapshot.get(Comment, id) if looks_like_id(id) else None
    if row is None:
        raise NotFound()
    viewer = Viewer(row.site_id, key)
    await reading.page_of(snapshot, viewer, id)
    if not row.shown and row.state not in HIS:
        raise NotFound()
    path = f"/t/{row.page_id}/{row.section_id}"
    if row.shown:
        window = await windows.open_window(snapshot, viewer, row.section_id, COMMENTS_SHOWN)
        first = await windows.read_threads(snapshot, window, Sort.OLDEST)
        path += "" if any(each.id == id for each in first.comments) else f"?around={id}"
    return f"{path}#postil-{id}"


async def _beginning(snapshot: Snapshot, told: Discussion, part: Part, limit: int) -> Thread:
    if part.answer is None:
        return Thread(part, [])
    window = await windows.open_window(snapshot, told.viewer, part.id, limit)
    return _thread(told, part, await windows.read_threads(snapshot, window, Sort.OLDEST))


Links = dict[str, dict[str, str]]


async def _window(
    snapshot: Snapshot, told: Discussion, part: Part, sort: Sort, after: str, around: str
) -> tuple[ThreadAnswer | None, Links]:
    """The comments to show, and the queries of the pages before and after them."""
    if part.answer is None:
        return None, {}
    if around and not looks_like_id(around):
        raise NotFound()
    if around:
        answer = await windows.read_around(snapshot, told.viewer, around, COMMENTS_SHOWN)
        if answer.section.id != part.id:
            raise NotFound()
        return answer, {"whole": {}}
    window = await windows.open_window(snapshot, told.viewer, part.id, COMMENTS_SHOWN)
    cursor = _cursor(told.page, sort, after)
    if isinstance(cursor, AfterReply):
        answer = await windows.read_replies(snapshot, window, cursor)
        if not answer.comments:
            raise Invalid("after")
        return answer, {"whole": {}}
    answer = await windows.read_threads(snapshot, window, sort, cursor)
    kept: dict[str, str] = {} if sort is Sort.OLDEST else {"sort": sort}
    links: Links = {}
    if answer.next:
        links["next"] = kept | {"after": _after(sort, answer.next)}
    if cursor is not None:
        before = await windows.before(snapshot, window, sort, answer.comments[0].id) if answer.comments else None
        links["prev"] = kept | ({"after": before} if before else {})
    return answer, links


def _cursor(page: Page, sort: Sort, after: str) -> AfterRoot | AfterReply | None:
    """By the time of threads the id of the last one is cursor enough, and good for ever; by support the API's own."""
    if not after:
        return None
    if looks_like_id(after) and sort is not Sort.SUPPORTED:
        return AfterRoot(sort, page.public_revision, 0, after)
    cursor = parse_window(after)
    if isinstance(cursor, AfterRoot) and cursor.sort is not sort:
        raise Invalid("after")
    return cursor


def _url(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _after(sort: Sort, cursor: str) -> str:
    return cursor if sort is Sort.SUPPORTED else cursor.rpartition(".")[2]


def _thread(told: Discussion, part: Part, answer: ThreadAnswer | None) -> Thread:
    """A window's comments with the guest's own put among them as he sees them."""
    comments = list(answer.comments) if answer else []
    own = {each.id: each for each in told.own_in(part.id) if each.state in HIS}
    names = {each.id: each.author for each in (*comments, *own.values()) if each.author}
    more = {root: cursor for root, cursor in answer.more.items()} if answer else {}
    next = _after(Sort.OLDEST, answer.next) if answer and answer.next else ""
    return Thread(part, nest(_with_own(comments, own)), own, names, more, next)


def _with_own(comments: Sequence[CommentAnswer], own: dict[str, OwnComment]) -> list[CommentAnswer]:
    """What waits or was hidden stands where its author put it, or at the end."""
    shown: list[CommentAnswer] = [_as_his(own.get(each.id)) or each for each in comments]
    known = {each.id for each in shown}
    return shown + [each for each in map(_as_his, reversed(own.values())) if each and each.id not in known]


def _as_his(own: OwnComment | None) -> CommentAnswer | None:
    if own is None or own.state is State.PUBLISHED:
        return None
    return CommentAnswer(**own.model_dump(include=set(CommentAnswer.model_fields)))


def _show(
    request: Request,
    template: str,
    told: Discussion,
    threads: Sequence[Thread],
    *,
    canonical: str,
    indexed: bool,
    **values: Any,
) -> Response:
    held = door.resources(request)
    service = held.settings.url
    shown = screens.page(
        template,
        told=told,
        threads=threads,
        canonical=service + canonical,
        indexed=indexed,
        data=jsonld.block(told, threads, service) if indexed else "",
        now=int(held.database.clock()),
        **{"here": "", **values},
    )
    shown.headers.update(OWN)
    return _revalidating(request, told, shown)


def _revalidating(request: Request, told: Discussion, shown: Response) -> Response:
    """What is one for all is kept, and may be asked about again; what a cookie adds is nobody's to keep."""
    if guests.COOKIE in request.cookies:
        shown.headers.update({"Vary": "Cookie, Accept-Encoding", "Cache-Control": "no-store"})
        return shown
    pages: caching.Kept[caching.Prepared] = request.app.state.pages
    return _prepared(request, pages.keep(_name(request, told.page), caching.prepare(bytes(shown.body))))


def _kept(request: Request, page: Page) -> Response | None:
    """The same page as it was made before, where nothing has changed that it shows."""
    pages: caching.Kept[caching.Prepared] = request.app.state.pages
    found = None if guests.COOKIE in request.cookies else pages.get(_name(request, page))
    return _prepared(request, found) if found else None


def _name(request: Request, page: Page) -> tuple[str | int, ...]:
    """All that a page without a cookie depends on."""
    asked = (request.query_params.get(name, "")[:100] for name in ("sort", "after", "around"))
    return (str(request.scope["path"]), page.anchors, page.public_revision, page.url, page.title, *asked)


def _prepared(request: Request, prepared: caching.Prepared) -> Response:
    headers = {**OWN, "Vary": "Cookie, Accept-Encoding", "Cache-Control": "no-cache", "ETag": prepared.etag}
    if prepared.etag in request.headers.get("if-none-match", "").split(", "):
        return Response(None, 304, headers)
    coding = prepared.coding(request.headers.get("accept-encoding", ""))
    coded = {"Content-Encoding": coding} if coding else {}
    return Response(prepared.form(coding), 200, headers | coded, "text/html")
