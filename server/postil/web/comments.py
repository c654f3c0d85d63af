"""Comments: windows of a section, one by id, and what readers do with them."""

from collections.abc import Hashable
from functools import partial
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from postil import discussion, outside, overlay, posting, reading, windows
from postil.answers import (
    CommentInPlace,
    NestedThreadAnswer,
    PostedAnswer,
    PreviewAnswer,
    SupportAnswer,
    ThenAndNow,
    ThreadAnswer,
)
from postil.auth.guests import author_key
from postil.cursors import AfterReply, Since, Sort, parse_window
from postil.db import Brief, Snapshot
from postil.discussion import Draft, Written
from postil.judging import Signs
from postil.kin import kin_of
from postil.late import render_async
from postil.live.shared import Shared
from postil.models import Comment, Page
from postil.names import tidy
from postil.outline import outline_hash
from postil.rendered import Rendered
from postil.rules import Why
from postil.sites import site_of
from postil.tree import nest
from postil.urls import origin_of
from postil.viewer import Viewer
from postil.web import door
from postil.web.addresses import network_of, shortened
from postil.web.api import Reply
from postil.web.body import MAX_OUTLINE, Most
from postil.web.caching import Kept, Later, Prepared, answer, fresh, prepare
from postil.web.front import Front
from postil.web.origins import origin_in
from postil.web.pages import PRIVATE, Author, Staff, page_ref
from postil.web.schemas import AppealCreate, CommentCreate, CommentEdit, FlagCreate, Id, PreviewAsk, key_of
from postil.web.shelf import Shelf
from postil.windows import Wish

Limit = Annotated[int, Field(ge=1, le=windows.MOST_COMMENTS)]
Whys = tuple[Why, ...]
Cursor = Annotated[str, Field(max_length=100)]
# An outline comes along where the service does not know it.
Posting = Annotated[CommentCreate, Most(MAX_OUTLINE)]


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
    wish = Wish(section, sort, limit, parse_window(cursor) if cursor else None, nested)
    if authorization is None and not request.cookies:  # nobody in particular
        if ready := await _at_hand(request, wish):
            return answer(request, ready)
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization)
        if viewer is not None:
            return fresh(request, await _window(snapshot, viewer, wish), private=True)
        key = (wish, await windows.read_stamp(snapshot, section))
    return answer(request, await _shared(request, wish, key))


async def _at_hand(request: Request, wish: Wish) -> Prepared | None:
    """The window from the shelf; whoever asks for the same address next is answered before the router."""
    shelf: Shelf = request.app.state.shelf
    found = shelf.now(wish)
    if isinstance(found, Later):
        stamp = await found.asked
        found = await _shared(request, wish, (wish, stamp)) if stamp is not None else None
    if found is not None:
        front: Front = request.app.state.front
        front.let_in(request.scope, partial(shelf.now, wish))
    return found


async def _shared(request: Request, wish: Wish, key: Hashable) -> Prepared:
    """The window as it was kept, or made once for all who ask for it now."""
    kept: Kept[Prepared] = request.app.state.kept
    asked: Shared[Hashable, Prepared] = request.app.state.asked

    async def make() -> Prepared:
        shelf: Shelf = request.app.state.shelf
        if made := await shelf.make(wish):
            return made
        async with door.resources(request).database.read() as snapshot:
            found = await _window(snapshot, None, wish)
            return kept.keep((wish, await windows.read_stamp(snapshot, wish.section)), prepare(found))

    return kept.get(key) or await asked.ask(key, make)


async def _window(snapshot: Snapshot, viewer: Viewer | None, wish: Wish) -> bytes:
    window = await windows.open_window(snapshot, viewer, wish.section, wish.limit)
    if isinstance(wish.after, AfterReply):
        found = await windows.read_replies(snapshot, window, wish.after)
    else:
        found = await windows.read_threads(snapshot, window, wish.sort, wish.after)
    return _encoded(found, wish.nested)


def _encoded(found: ThreadAnswer, nested: bool) -> bytes:
    if not nested:
        return found.encode()
    return NestedThreadAnswer(
        since=found.since,
        section=found.section,
        comments=nest(found.comments),
        next=found.next,
        more=found.more,
    ).encode()


async def one(request: Request, comment: Id, authorization: Staff = None) -> Reply[CommentInPlace]:
    """One comment, with its section and its page."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization)
        found = await reading.read_comment(snapshot, viewer, comment)
    return fresh(request, found.encode(), private=viewer is not None)


async def then(request: Request, comment: Id, authorization: Staff = None) -> Reply[ThenAndNow]:
    """How a comment's section read when it was written, and how it reads now."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization)
        found = await reading.read_then(snapshot, viewer, comment)
    return fresh(request, found.encode(), private=viewer is not None)


async def around(request: Request, comment: Id, limit: Limit = 50, authorization: Staff = None) -> Reply[ThreadAnswer]:
    """The thread that holds a comment, for a permalink: its ancestors, itself, and what is near."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization)
        found = await windows.read_around(snapshot, viewer, comment, limit)
    return fresh(request, found.encode(), private=viewer is not None)


async def post(
    request: Request, body: Posting, postil_author: Author = None, authorization: Staff = None
) -> Reply[PostedAnswer]:
    """Post a comment. 201 means that it is on the disk; a repeated nonce answers 200 with the first."""
    await door.hit(request, "post_network")
    rendered = await render_async(body.source, kin_of)
    guest = author_key(postil_author) if authorization is None else None
    if guest is not None:
        # Before anything is written: where processes count together, it takes a question.
        await door.hit(request, "post", guest)
        if brief := await _post_briefly(request, body, rendered, guest):
            return Reply(brief, 201, PRIVATE)
    await _compare_early(request, body)
    asked = await _ask_about_post(request, body, rendered.html, postil_author, authorization)
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author, authorization)
        if guest is None:
            await door.hit(request, "post", viewer.author_key or "")
        door.of_site(viewer, await site_of(tx, origin_of(body.page.url)))
        draft = _draft(body, network_of(request.scope), asked)
        written = await discussion.post(tx, viewer, draft, rendered, door.resources(request).outlines)
        said = posted(written, tx.epoch, viewer)
    return Reply(said.encode(), 201 if written.is_new else 200, PRIVATE)


async def _post_briefly(request: Request, body: CommentCreate, rendered: Rendered, key: str) -> bytes | None:
    """The answer to a guest whose comment can be posted the short way; None where it is not, or not surely so."""
    database, origin = door.resources(request).database, origin_in(request.headers)
    if not (body.section and origin) or origin == door.own_origin(request):
        return None
    draft, there = _draft(body, network_of(request.scope), ()), origin_of(body.page.url)

    def write(tx: Brief) -> PostedAnswer | None:
        site = posting.site_at(tx, origin)
        is_there = there == origin or site == posting.site_at(tx, there)
        way = posting.find(tx, site, key, draft, rendered) if site and is_there else None
        return posting.write(tx, way) if way else None

    answer = await database.briefly(write)
    return answer.encode() if answer else None


async def _compare_early(request: Request, body: CommentCreate) -> None:
    """Find the places of an outline before the one writer is taken: for a long article that takes a while."""
    seen = body.outline.seen() if body.outline and body.section is None else None
    if seen is None:
        return
    held = door.resources(request)
    async with held.database.read() as snapshot:
        site = await site_of(snapshot, origin_of(body.page.url))
        page = await reading.find_page(snapshot, site.id, key_of(body.page)) if site else None
        if page is None:
            return
        if seen.sections and outline_hash(seen.sections) == seen.hash:
            held.outlines.remember(page.site_id, page.key, seen)
        await held.outlines.places(snapshot, page, seen.hash)


async def _ask_about_post(
    request: Request, body: CommentCreate, html: str, author: str | None, authorization: str | None
) -> Whys:
    """What is asked outside of the site, for those alone who may write on it, and before the one writer is taken."""
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.writer_of(snapshot, request, author, authorization)
        door.of_site(viewer, await site_of(snapshot, origin_of(body.page.url)))
    return await _ask(request, viewer, body.page.url, body.name, body.source, html)


async def _ask_about_edit(request: Request, comment: str, source: str, html: str, token: str | None) -> Whys:
    """The same of an edit of one's own comment; of anybody else's nothing is asked."""
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.writer_of(snapshot, request, token)
        author = await reading.find_author(snapshot, viewer)
        found = await snapshot.get(Comment, comment) if author else None
        if author is None or found is None or found.author_id != author.id:
            return ()
        page = await snapshot.get_one(Page, found.page_id)
    return await _ask(request, viewer, page.url, found.author_name, source, html)


async def _ask(request: Request, viewer: Viewer, url: str, name: str, source: str, html: str) -> Whys:
    if viewer.is_staff:
        return ()
    held = door.resources(request)
    post = outside.Post(viewer.site, url, name, source, html, shortened(request.scope))
    return await outside.ask(held.database, outside.Line(held.settings.fetch_networks), post)


def _draft(body: CommentCreate, network: str, asked: Whys) -> Draft:
    return Draft(
        page=page_ref(body.page),
        name=body.name,
        source=body.source,
        nonce=body.nonce,
        parent=body.parent,
        section=body.section,
        outline=body.outline.seen() if body.outline else None,
        index=body.index,
        network=network,
        signs=Signs(trapped=bool(body.trap.strip()), took=body.took, outside=asked),
    )


def posted(written: Written, epoch: str, viewer: Viewer, appeal: str | None = None) -> PostedAnswer:
    return PostedAnswer(
        since=since_of(epoch, written.page, viewer),
        section=reading.section_answer(written.section, viewer.audience),
        comment=overlay.own_answer(written.comment, written.site.edit_window, written.held, appeal),
    )


def since_of(epoch: str, page: Page, viewer: Viewer) -> str:
    return str(Since(epoch, reading.page_revision(page, viewer.audience)))


async def preview(
    request: Request, body: PreviewAsk, postil_author: Author = None, authorization: Staff = None
) -> Reply[PreviewAnswer]:
    """How a source will look once it is posted; nothing of it is kept."""
    await door.hit(request, "preview")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.writer_of(snapshot, request, postil_author, authorization)
        door.of_site(viewer, await site_of(snapshot, origin_of(body.page.url)))
    rendered = await render_async(body.source)
    return Reply(PreviewAnswer(html=rendered.html), headers=PRIVATE)


async def edit(request: Request, comment: Id, body: CommentEdit, postil_author: Author = None) -> Reply[PostedAnswer]:
    """Edit one's own comment, within the site's window."""
    await door.hit(request, "edit_network")
    rendered = await render_async(body.source, kin_of)
    asked = await _ask_about_edit(request, comment, body.source, rendered.html, postil_author)
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author)
        await door.hit(request, "edit", viewer.author_key or "")
        written = await discussion.edit(tx, viewer, comment, body.source, rendered, Signs(outside=asked))
        said = posted(written, tx.epoch, viewer)
    return Reply(said.encode(), headers=PRIVATE)


async def remove(request: Request, comment: Id, postil_author: Author = None) -> Reply[PostedAnswer]:
    """Take one's own comment away; its text is gone for everybody."""
    await door.hit(request, "edit_network")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author)
        written = await discussion.remove(tx, viewer, comment)
        said = posted(written, tx.epoch, viewer)
    return Reply(said.encode(), headers=PRIVATE)


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
        said = SupportAnswer(since=since_of(tx.epoch, page, viewer), comment=comment, support=support)
    return Reply(said.encode(), headers=PRIVATE)


async def flag(request: Request, comment: Id, body: FlagCreate, postil_author: Author = None) -> None:
    """Ask a moderator to look at a comment."""
    await door.hit(request, "flag_network")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author)
        await door.hit(request, "flag", viewer.author_key or network_of(request.scope))
        await discussion.flag(tx, viewer, comment, body.reason, body.note)


async def appeal(
    request: Request, comment: Id, body: AppealCreate, postil_author: Author = None
) -> Reply[PostedAnswer]:
    """Say once why one's own hidden comment should stand; a moderator looks again."""
    await door.hit(request, "flag_network")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, postil_author)
        await door.hit(request, "flag", viewer.author_key or network_of(request.scope))
        written = await discussion.appeal(tx, viewer, comment, tidy(body.text).strip())
        said = posted(written, tx.epoch, viewer, "open")
    return Reply(said.encode(), headers=PRIVATE)
