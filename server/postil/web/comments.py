"""Comments: windows of a section, one by id, and what readers do with them."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from postil import discussion, reading, windows
from postil.answers import CommentInPlace, NestedThreadAnswer, PostedAnswer, SupportAnswer, ThreadAnswer
from postil.cursors import AfterReply, Since, Sort, parse_window
from postil.discussion import Draft, Written
from postil.markup import render_async
from postil.models import Page
from postil.sites import site_of
from postil.tree import nest
from postil.urls import origin_of
from postil.viewer import Viewer
from postil.web import door
from postil.web.addresses import network_of
from postil.web.api import Reply
from postil.web.caching import fresh
from postil.web.pages import PRIVATE, Author, Staff, page_ref
from postil.web.schemas import CommentCreate, CommentEdit, FlagCreate, Id

Limit = Annotated[int, Field(ge=1, le=windows.MOST_COMMENTS)]
Cursor = Annotated[str, Field(max_length=100)]


async def read(
    request: Request,
    section: Id,
    sort: Sort = Sort.OLDEST,
    limit: Limit = 50,
    cursor: Cursor | None = None,
    nested: bool = False,
    authorization: Staff = None,
) -> Reply[ThreadAnswer | NestedThreadAnswer]:
    """A window of a section, flat (a parent always before its replies) or nested; `next` and `more` go on."""
    await door.hit(request, "read")
    after = parse_window(cursor) if cursor else None
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization)
        window = await windows.open_window(snapshot, viewer, section, limit)
        if isinstance(after, AfterReply):
            answer = await windows.read_replies(snapshot, window, after)
        else:
            answer = await windows.read_threads(snapshot, window, sort, after)
    return fresh(request, _encoded(answer, nested), private=viewer is not None)


def _encoded(answer: ThreadAnswer, nested: bool) -> bytes:
    if not nested:
        return answer.encode()
    return NestedThreadAnswer(
        since=answer.since,
        section=answer.section,
        comments=nest(answer.comments),
        next=answer.next,
        more=answer.more,
    ).encode()


async def one(request: Request, comment: Id, authorization: Staff = None) -> Reply[CommentInPlace]:
    """One comment, with its section and its page."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization)
        answer = await reading.read_comment(snapshot, viewer, comment)
    return fresh(request, answer.encode(), private=viewer is not None)


async def around(request: Request, comment: Id, limit: Limit = 50, authorization: Staff = None) -> Reply[ThreadAnswer]:
    """The thread that holds a comment, for a permalink: its ancestors, itself, and what is near."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization)
        answer = await windows.read_around(snapshot, viewer, comment, limit)
    return fresh(request, answer.encode(), private=viewer is not None)


async def post(
    request: Request, body: CommentCreate, postil_author: Author = None, authorization: Staff = None
) -> Reply[PostedAnswer]:
    """Post a comment. 201 means that it is on the disk; a repeated nonce answers 200 with the first."""
    await door.hit(request, "post_network")
    rendered = await render_async(body.source)
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author, authorization)
        await door.hit(request, "post", viewer.author_key or "")
        door.of_site(viewer, await site_of(tx, origin_of(body.page.url)))
        written = await discussion.post(tx, viewer, _draft(body), rendered)
        answer = posted(written, tx.epoch, viewer)
    return Reply(answer.encode(), 201 if written.is_new else 200, PRIVATE)


def _draft(body: CommentCreate) -> Draft:
    return Draft(
        page=page_ref(body.page),
        name=body.name,
        source=body.source,
        nonce=body.nonce,
        parent=body.parent,
        section=body.section,
        outline=body.outline.known() if body.outline else (),
        outline_hash=body.outline.hash if body.outline else None,
        index=body.index,
    )


def posted(written: Written, epoch: str, viewer: Viewer) -> PostedAnswer:
    return PostedAnswer(
        since=since_of(epoch, written.page, viewer),
        section=reading.section_answer(written.section, viewer.audience),
        comment=reading.own_answer(written.comment, written.site.edit_window),
    )


def since_of(epoch: str, page: Page, viewer: Viewer) -> str:
    return str(Since(epoch, reading.page_revision(page, viewer.audience)))


async def edit(request: Request, comment: Id, body: CommentEdit, postil_author: Author = None) -> Reply[PostedAnswer]:
    """Edit one's own comment, within the site's window."""
    await door.hit(request, "edit_network")
    rendered = await render_async(body.source)
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author)
        await door.hit(request, "edit", viewer.author_key or "")
        written = await discussion.edit(tx, viewer, comment, body.source, rendered)
        answer = posted(written, tx.epoch, viewer)
    return Reply(answer.encode(), headers=PRIVATE)


async def remove(request: Request, comment: Id, postil_author: Author = None) -> Reply[PostedAnswer]:
    """Take one's own comment away; its text is gone for everybody."""
    await door.hit(request, "edit_network")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author)
        written = await discussion.remove(tx, viewer, comment)
        answer = posted(written, tx.epoch, viewer)
    return Reply(answer.encode(), headers=PRIVATE)


async def support(request: Request, comment: Id, postil_author: Author = None) -> Reply[SupportAnswer]:
    """Support a comment, once."""
    return await _support(request, comment, postil_author, on=True)


async def unsupport(request: Request, comment: Id, postil_author: Author = None) -> Reply[SupportAnswer]:
    """Take one's support back."""
    return await _support(request, comment, postil_author, on=False)


async def _support(request: Request, comment: str, author: str | None, *, on: bool) -> Reply[SupportAnswer]:
    await door.hit(request, "react_network")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, author)
        await door.hit(request, "react", viewer.author_key or network_of(request.scope))
        page, support = await discussion.support(tx, viewer, comment, on=on)
        answer = SupportAnswer(since=since_of(tx.epoch, page, viewer), comment=comment, support=support)
    return Reply(answer.encode(), headers=PRIVATE)


async def flag(request: Request, comment: Id, body: FlagCreate, postil_author: Author = None) -> None:
    """Ask a moderator to look at a comment."""
    await door.hit(request, "flag_network")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author)
        await door.hit(request, "flag", viewer.author_key or network_of(request.scope))
        await discussion.flag(tx, viewer, comment, body.reason, body.note)
