"""The verbs of readers: post, edit, remove, react, flag, and a page seen."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update
from sqlmodel import col

from postil.appeals import forget_texts as forget_appeals
from postil.appeals import raise_appeal
from postil.bans import refuse_banned
from postil.changing import Change, changing, set_state
from postil.db import Transaction
from postil.editions import forget_texts as forget_editions
from postil.editions import hold_edit, waiting_edition, write_edit
from postil.errors import (
    Blocked,
    EditWindowClosed,
    Forbidden,
    Invalid,
    Locked,
    NameRefused,
    NonceReused,
    NotFound,
    ParentGone,
    StateConflict,
    TooSoon,
    Unauthorized,
    WrongSection,
)
from postil.flagging import weigh
from postil.ids import hash_token, new_id
from postil.judging import NO_SIGNS, Signs, judge_edit, judge_post, kin_of
from postil.logbook import write_verdict
from postil.models import (
    Author,
    Comment,
    Edition,
    Flag,
    Moderator,
    Page,
    Posted,
    Reaction,
    Section,
    Site,
    Visit,
    WaitingView,
)
from postil.names import normalise, skeleton
from postil.networks import network_now
from postil.places import Outlines, Seen
from postil.placing import Aim, MadeSection, find_or_make_section
from postil.reading import find_author, find_page, page_of
from postil.rendered import RENDERER, Rendered
from postil.rules import Effect, Verdict
from postil.states import Move, SectionState, State, check
from postil.upsert import insert_if_new
from postil.viewer import Viewer

# Deeper than anybody reads, and a bound for the path and for the walk up to the root.
MOST_DEPTH = 60
# Views of pages that nobody has written on yet wait here; a flood of made-up pages stops at this.
WAITING_PAGES = 10_000
DAY = 86_400


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page of the viewer's site, as its URL or the owner's id names it."""

    key: str
    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to post: in a section by id, or by its index in an outline."""

    page: PageRef
    name: str
    source: str
    nonce: str
    parent: str | None = None
    section: str | None = None
    outline: Seen | None = None
    index: int = 0
    network: str | None = None
    signs: Signs = NO_SIGNS

    @property
    def body_hash(self) -> str:
        """Equal for the same post tried again; the section may by then be known by its id."""
        parts = (self.page.key, self.parent or "", self.name, self.source)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Written:
    """A comment after a verb of its author; `is_new`: no retry that was answered. `held`: an edit that waits."""

    comment: Comment
    section: Section
    page: Page
    site: Site
    is_new: bool = True
    held: Edition | None = None


async def post(
    tx: Transaction, viewer: Viewer, draft: Draft, rendered: Rendered, outlines: Outlines | None = None
) -> Written:
    """Post a comment, once: a repeated nonce returns the first. Errors: Locked, NotFound, ParentGone, WrongSection,
    NameRefused, NonceReused, Invalid, OutlineUnknown, TooMany. `outlines`: what this process remembers of them.
    """
    site = await tx.get_one(Site, viewer.site)
    author = await _author(tx, viewer, await _vetted_name(tx, viewer, draft.name))
    page = await find_or_make_page(tx, viewer.site, draft.page)
    async with changing(tx, page.id) as change:
        if first := await _posted_before(tx, author, draft, site):
            return first
        await refuse_banned(tx, viewer, author, draft.network)
        aim = Aim(draft.section, draft.outline, draft.index, draft.network)
        place = await find_or_make_section(change, aim, outlines or Outlines())
        parent = await _parent(tx, viewer, author, draft.parent, place.section)
        _refuse_locked(place.section, parent)
        await _refuse_early(tx, viewer, author, place.section)
        signs = replace(draft.signs, network=await _network(tx, viewer, draft))
        verdict = await judge_post(tx, viewer, author, place.section, draft.source, rendered.html, signs)
        _refuse_blocked(verdict)
        comment = _comment(tx, viewer, author, draft, rendered, place, parent)
        comment.why, comment.network = [why.kept() for why in verdict.whys], signs.network
        tx.add(comment)
        tx.add(Posted(author_id=author.id, nonce=draft.nonce, body_hash=draft.body_hash, comment_id=comment.id))
        await _join_thread(change, comment, parent)
        state = State.PENDING if verdict.effect is Effect.HOLD else State.PUBLISHED
        place.section.pending += 1  # it begins as one that waits, and moves on from there like any other
        await set_state(change, comment, place.section, state)
        if state is State.PENDING:
            write_verdict(tx, comment, Move.HOLD, None, verdict.whys)
    return Written(comment, place.section, change.page, site)


async def edit(
    tx: Transaction, viewer: Viewer, comment_id: str, source: str, rendered: Rendered, signs: Signs = NO_SIGNS
) -> Written:
    """Change one's own comment within the site's window. Where a rule holds the edit of a published comment, readers
    keep the text before it until a moderator has seen the new one. Errors: EditWindowClosed, Banned, Blocked.
    """
    async with _own(tx, viewer, comment_id) as own:
        comment, site = own.comment, own.site
        closed_at = comment.created_at + site.edit_window
        check(Move.EDIT, comment.state, comment.state)
        if tx.now > closed_at:
            raise EditWindowClosed(closed_at)
        await refuse_banned(tx, viewer, own.author)
        verdict = await judge_edit(tx, viewer, own.author, comment, source, rendered.html, signs)
        _refuse_blocked(verdict)
        await _write_edit(own, source, rendered, verdict)
    return own.written(await waiting_edition(tx, comment))


async def _write_edit(own: "_Own", source: str, rendered: Rendered, verdict: Verdict) -> None:
    change, comment = own.change, own.comment
    if verdict.whys:
        comment.why = [why.kept() for why in verdict.whys]
    if verdict.effect is Effect.HOLD and comment.state is State.PUBLISHED:
        await hold_edit(change.tx, comment, source, rendered)
        change.stamp_staff(comment, own.section)
        write_verdict(change.tx, comment, Move.HOLD, comment.state, verdict.whys)
        return
    await write_edit(change.tx, comment, source, rendered)
    comment.kin = kin_of(source, rendered.html)
    await set_state(change, comment, own.section, comment.state)


async def remove(tx: Transaction, viewer: Viewer, comment_id: str) -> Written:
    """Take one's own comment away: text and name are gone for everybody, replies keep a tombstone above them."""
    async with _own(tx, viewer, comment_id) as own:
        comment = own.comment
        check(Move.REMOVE, comment.state, State.REMOVED)
        comment.source = comment.html = comment.author_name = ""
        comment.reason = comment.edited_at = comment.kin = comment.network = comment.learned = None
        comment.why, comment.flags = [], 0
        await forget_editions(tx, comment)
        await forget_appeals(tx, comment)
        await set_state(own.change, comment, own.section, State.REMOVED)
    return own.written()


async def support(tx: Transaction, viewer: Viewer, comment_id: str, *, on: bool) -> tuple[Page, int]:
    """Give or take back one's support; saying it twice changes nothing. Returns the page and the comment's support."""
    author = await _writing_author(tx, viewer)
    await refuse_banned(tx, viewer, author)
    page_id = await page_of(tx, viewer, comment_id)
    async with changing(tx, page_id, calm=True) as change:
        comment = await _published(tx, comment_id)
        given = await tx.get(Reaction, (comment_id, author.id))
        if (given is not None) is not on:
            await _set_support(change, comment, author, given)
    return change.page, comment.support


async def _set_support(change: Change, comment: Comment, author: Author, given: Reaction | None) -> None:
    tx, delta = change.tx, -1 if given else 1
    if given:
        await tx.delete(given)
    else:
        tx.add(Reaction(comment_id=comment.id, author_id=author.id))
    comment.support += delta
    section = await tx.get_one(Section, comment.section_id)
    change.stamp_public(comment, section)
    change.tell_support(comment, delta)


async def flag(tx: Transaction, viewer: Viewer, comment_id: str, reason: str, note: str) -> None:
    """Ask a moderator to look, once for each author and comment. Where those who were right before ask together, the
    comment waits out of sight (flagging.weigh); else readers' answers do not change.
    """
    author = await _writing_author(tx, viewer)
    await refuse_banned(tx, viewer, author)
    page_id = await page_of(tx, viewer, comment_id)
    async with changing(tx, page_id) as change:
        comment = await _published(tx, comment_id)
        if await tx.get(Flag, (comment_id, author.id)):
            return
        tx.add(Flag(comment_id=comment_id, author_id=author.id, reason=reason, note=note, created_at=tx.now))
        comment.flags += 1
        change.stamp_staff(comment)
        await tx.flush()
        await weigh(change, comment, await tx.get_one(Section, comment.section_id))


async def appeal(tx: Transaction, viewer: Viewer, comment_id: str, text: str) -> Written:
    """Ask again about the decision that hid one's own comment: once for each. StateConflict where it is not hidden."""
    async with _own(tx, viewer, comment_id) as own:
        await raise_appeal(tx, own.comment, text)
        own.change.stamp_staff(own.comment, own.section)
    return own.written()


async def see(tx: Transaction, viewer: Viewer, page: PageRef, visit: str) -> int:
    """Count a view: once for each `visit` (a browser's word for itself, new every day). Moves no revision."""
    found = await find_page(tx, viewer.site, page.key)
    if found is None and not await _may_wait(tx, viewer.site, page.key):
        return 0
    is_new = await _is_new_visit(tx, viewer.site, page.key, visit)
    if found is None:
        return await _see_waiting(tx, viewer.site, page.key, int(is_new))
    if not is_new:
        return found.views
    one_more = update(Page).where(col(Page.id) == found.id).values(views=Page.views + 1).returning(col(Page.views))
    return int(await tx.scalar(one_more, execution_options={"synchronize_session": False}) or 0)


async def _is_new_visit(tx: Transaction, site: str, key: str, visit: str) -> bool:
    day = tx.now // DAY
    visit_hash = hash_token(f"{site}\0{key}\0{day}\0{visit}")
    return await insert_if_new(tx, Visit, visit_hash=visit_hash, day=day)


async def _may_wait(tx: Transaction, site: str, key: str) -> bool:
    """Whether the views of a page without a row are kept, now; only so many such pages are."""
    if await tx.get(WaitingView, (site, key)) is not None:
        return True
    if (await tx.scalar(select(func.count()).select_from(WaitingView)) or 0) >= WAITING_PAGES:
        return False
    await insert_if_new(tx, WaitingView, site_id=site, key=key, views=0, seen_at=tx.now)
    return True


async def _see_waiting(tx: Transaction, site: str, key: str, more: int) -> int:
    here = (col(WaitingView.site_id) == site, col(WaitingView.key) == key)
    counted = update(WaitingView).where(*here).values(views=WaitingView.views + more, seen_at=tx.now)
    views = await tx.scalar(counted.returning(col(WaitingView.views)), execution_options={"synchronize_session": False})
    return int(views or 0)


# Authors


async def _vetted_name(tx: Transaction, viewer: Viewer, name: str) -> str:
    """The name, normalised; NameRefused where it is, or looks like, that of somebody who answers for the site."""
    normal = normalise(name)
    taken = select(col(Moderator.id)).where(
        col(Moderator.site_id) == viewer.site, col(Moderator.skeleton) == skeleton(normal)
    )
    if await tx.scalar(taken):
        raise NameRefused()
    return normal


async def _author(tx: Transaction, viewer: Viewer, name: str) -> Author:
    if viewer.author_key is None:
        raise Unauthorized("Send the author's token (Postil-Author) to write.")
    author = await find_author(tx, viewer)
    if author is None:
        # Two of his tabs may write their first comments at once; both are by one author.
        values = {"name": name, "flags_right": 0, "flags_wrong": 0, "created_at": tx.now}
        await insert_if_new(tx, Author, id=new_id(tx.now), site_id=viewer.site, token_hash=viewer.author_key, **values)
        author = await find_author(tx, viewer)
        assert author is not None
    author.name = name
    return author


async def _writing_author(tx: Transaction, viewer: Viewer) -> Author:
    """The guest who reacts or flags: he needs a token and no name."""
    found = await find_author(tx, viewer)
    return found or await _author(tx, viewer, "")


# Pages and threads


async def find_or_make_page(tx: Transaction, site: str, ref: PageRef) -> Page:
    """The page's row, made by its first comment; two at once make one. Views that waited come along."""
    page = await find_page(tx, site, ref.key)
    if page is not None:
        return page
    values = {"url": ref.url, "title": ref.title, "views": 0, "created_at": tx.now}
    values |= {"public_revision": 0, "staff_revision": 0}
    is_new = await insert_if_new(tx, Page, id=new_id(tx.now), site_id=site, key=ref.key, **values)
    page = await find_page(tx, site, ref.key)
    assert page is not None
    if is_new and (waited := await tx.get(WaitingView, (site, ref.key))):
        page.views = waited.views
        await tx.delete(waited)
        await tx.flush()  # before changing() reads the row again
    return page


async def _posted_before(tx: Transaction, author: Author, draft: Draft, site: Site) -> Written | None:
    posted = await tx.get(Posted, (author.id, draft.nonce))
    if posted is None:
        return None
    # A purge blanks the hash too: whatever comes again under that nonce is the purged comment.
    if posted.body_hash and posted.body_hash != draft.body_hash:
        raise NonceReused()
    comment = await tx.get_one(Comment, posted.comment_id)
    section = await tx.get_one(Section, comment.section_id)
    return Written(comment, section, await tx.get_one(Page, comment.page_id), site, is_new=False)


async def _parent(
    tx: Transaction, viewer: Viewer, author: Author, parent_id: str | None, section: Section
) -> Comment | None:
    """The comment that is answered. What the viewer may not see is not there; what is gone is a conflict."""
    if parent_id is None:
        return None
    parent = await tx.get(Comment, parent_id)
    if parent is None or parent.site_id != viewer.site:
        raise NotFound()
    if not (parent.shown or viewer.is_staff or parent.author_id == author.id):
        raise NotFound()
    if parent.section_id != section.id:
        raise WrongSection()
    if parent.state is not State.PUBLISHED:
        raise ParentGone()
    if parent.depth >= MOST_DEPTH:
        raise Invalid("parent", "This thread is as deep as it may be. Answer an earlier comment.")
    return parent


def _refuse_locked(section: Section, parent: Comment | None) -> None:
    if section.state is SectionState.LOCKED:
        raise Locked()
    if section.state is SectionState.CLOSED and parent is None:
        raise Locked("This section takes replies, and no new threads.")


async def _refuse_early(tx: Transaction, viewer: Viewer, author: Author, section: Section) -> None:
    """In a slow section an author waits between two comments; staff do not."""
    if section.state is not SectionState.SLOW or viewer.is_staff:
        return
    his = (col(Comment.author_id) == author.id, col(Comment.section_id) == section.id)
    last = await tx.scalar(select(func.max(Comment.created_at)).where(*his))
    wait = (last or 0) + section.pace * 60 - tx.now
    if wait > 0:
        raise TooSoon(wait)


async def _network(tx: Transaction, viewer: Viewer, draft: Draft) -> str | None:
    return await network_now(tx, viewer.site, draft.network) if draft.network else None


def _refuse_blocked(verdict: Verdict) -> None:
    if verdict.effect is Effect.BLOCK:
        raise Blocked(verdict.sentence)


def _comment(
    tx: Transaction,
    viewer: Viewer,
    author: Author,
    draft: Draft,
    rendered: Rendered,
    place: MadeSection,
    parent: Comment | None,
) -> Comment:
    id = new_id()
    return Comment(
        id=id,
        site_id=viewer.site,
        page_id=place.section.page_id,
        section_id=place.section.id,
        parent_id=parent.id if parent else None,
        root_id=parent.root_id if parent else id,
        path=(parent.path if parent else "") + id,
        depth=parent.depth + 1 if parent else 0,
        author_id=author.id,
        author_name=author.name,
        state=State.PENDING,
        source=draft.source,
        html=rendered.html,
        renderer=RENDERER,
        outline_hash=place.outline_hash,
        kin=kin_of(draft.source, rendered.html),
        created_at=tx.now,
    )


async def _join_thread(change: Change, comment: Comment, parent: Comment | None) -> None:
    if parent is not None:
        (await change.tx.get_one(Comment, comment.root_id)).thread_size += 1
    await change.tx.flush()


# One's own comment


@dataclass(frozen=True, slots=True)
class _Own:
    """A viewer's own comment while its page is locked for a change."""

    change: Change
    author: Author
    comment: Comment
    section: Section
    site: Site

    def written(self, held: Edition | None = None) -> Written:
        return Written(self.comment, self.section, self.change.page, self.site, held=held)


@asynccontextmanager
async def _own(tx: Transaction, viewer: Viewer, comment_id: str) -> AsyncIterator[_Own]:
    author = await find_author(tx, viewer)
    async with changing(tx, await page_of(tx, viewer, comment_id)) as change:
        comment = await tx.get_one(Comment, comment_id)
        own_author = _refuse_strangers(comment, author)
        section = await tx.get_one(Section, comment.section_id)
        yield _Own(change, own_author, comment, section, await tx.get_one(Site, viewer.site))


def _refuse_strangers(comment: Comment, author: Author | None) -> Author:
    if author is not None and comment.author_id == author.id:
        return author
    if comment.shown:
        raise Forbidden("Only its author may change a comment.")
    raise NotFound()


async def _published(tx: Transaction, comment_id: str) -> Comment:
    """A comment to react to or to flag: a tombstone is a conflict, anything else unseen is not there."""
    comment = await tx.get_one(Comment, comment_id)
    if comment.state is State.PUBLISHED:
        return comment
    if comment.shown:
        raise StateConflict("This comment is gone.")
    raise NotFound()
