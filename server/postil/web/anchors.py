"""Doors of owners: where threads stand and why, what a page says now, and pages that moved."""

from collections import Counter
from typing import Annotated

from starlette.requests import Request

from postil import anchoring, moving, publishing
from postil.anchoring import Case, Side
from postil.answers import (
    AnchorAnswer,
    AnchorsAnswer,
    AskingPageAnswer,
    ChoiceAnswer,
    MoveAnswer,
    PublishedAnswer,
    TextAnswer,
)
from postil.asking import AskingPage, asking_pages, page_at
from postil.db import Snapshot, Transaction
from postil.discussion import PageRef
from postil.errors import BadSignature, Invalid, NotFound
from postil.models import Outline, Page
from postil.names import clean_text
from postil.outline import outline_hash
from postil.policy import Action, allow
from postil.publishing import Published
from postil.reference import Given
from postil.signing import verify
from postil.sites import names_of, site_of
from postil.states import Anchor, OutlineSource
from postil.urls import origin_of, owner_key
from postil.viewer import Viewer
from postil.web import door
from postil.web.api import Header, Reply
from postil.web.body import MAX_PUBLICATION, Most
from postil.web.pages import PRIVATE, Staff, page_ref
from postil.web.schemas import Id, Key, MergeCreate, MoveAnswered, PageRefresh, PublicationCreate, Url

Signature = Annotated[str, Header("Postil-Signature")]


async def read(
    request: Request, url: Url | None = None, key: Key | None = None, authorization: Staff = None
) -> Reply[AnchorsAnswer]:
    """What is asked and what was decided about a page's threads; without `url`, the pages that ask first."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization) or Viewer("")
        allow(viewer, Action.ANCHOR)
        if url is None:
            told = AnchorsAnswer(pages=[_asking(each) for each in await asking_pages(snapshot, viewer.site)])
        else:
            told = await _of_url(snapshot, viewer, url, key)
    return Reply(told.encode(), headers=PRIVATE)


async def _of_url(snapshot: Snapshot, viewer: Viewer, url: str, key: str | None) -> AnchorsAnswer:
    site = await site_of(snapshot, origin_of(url))
    if site is None or site.id != viewer.site:
        raise NotFound("This is no address of the site that you own.")
    return await _anchors(snapshot, await page_at(snapshot, site.id, url, owner_key(key) if key else None))


async def same(request: Request, decision: Id, authorization: Staff) -> Reply[AnchorsAnswer]:
    """Say that the suggested section is the same: the thread goes there."""
    return await _settle(request, authorization, decision, Anchor.SAME)


async def merge(request: Request, decision: Id, body: MergeCreate, authorization: Staff) -> Reply[AnchorsAnswer]:
    """Put the thread into another section of the article."""
    return await _settle(request, authorization, decision, Anchor.MERGE, body.into)


async def apart(request: Request, decision: Id, authorization: Staff) -> Reply[AnchorsAnswer]:
    """Say that it is another section: the thread stands among the earlier discussions."""
    return await _settle(request, authorization, decision, Anchor.APART)


async def undo(request: Request, decision: Id, authorization: Staff) -> Reply[AnchorsAnswer]:
    """Take a decision back, whoever made it. The undo is a decision too."""
    return await _settle(request, authorization, decision, Anchor.UNDO)


async def _settle(
    request: Request, authorization: str | None, decision: str, move: Anchor, into: str | None = None
) -> Reply[AnchorsAnswer]:
    async with door.resources(request).database.begin() as tx:
        viewer = await _owner(tx, request, authorization)
        if move is Anchor.UNDO:
            row = await anchoring.undo(tx, viewer.site, decision, by=viewer.moderator)
        else:
            row = await anchoring.settle(tx, viewer.site, decision, move, into=into, by=viewer.moderator)
        told = await _anchors(tx, await tx.get_one(Page, row.page_id))
    return Reply(told.encode(), headers=PRIVATE)


async def _owner(tx: Transaction, request: Request, authorization: str | None) -> Viewer:
    viewer = await door.staff_of(tx, request, authorization)
    allow(viewer, Action.ANCHOR)
    await door.hit(request, "moderate", viewer.moderator or "nobody")
    return viewer


async def refresh(request: Request, body: PageRefresh, authorization: Staff) -> Reply[PublishedAnswer]:
    """Fetch the page from its site now, and let it decide where its threads stand."""
    held = door.resources(request)
    async with held.database.read() as snapshot:
        viewer = await door.staff_of(snapshot, request, authorization)
        allow(viewer, Action.ANCHOR)
        door.of_site(viewer, await site_of(snapshot, origin_of(body.page.url)))
    await door.hit(request, "refresh", viewer.moderator or "nobody")
    networks = held.settings.fetch_networks
    done = await publishing.refresh(held.database, viewer.site, page_ref(body.page), networks)
    return Reply(_published(done).encode(), headers=PRIVATE)


async def accept(request: Request, body: MoveAnswered, authorization: Staff) -> Reply[AnchorsAnswer]:
    """Say that a proposed address is the page's own now: its threads go there, and old links find it."""
    async with door.resources(request).database.begin() as tx:
        viewer = await _owner(tx, request, authorization)
        page = await moving.accept(tx, viewer.site, body.page, body.key, by=viewer.moderator)
        told = await _anchors(tx, page)
    return Reply(told.encode(), headers=PRIVATE)


async def refuse(request: Request, body: MoveAnswered, authorization: Staff) -> Reply[AnchorsAnswer]:
    """Say that a proposed address is another page."""
    async with door.resources(request).database.begin() as tx:
        viewer = await _owner(tx, request, authorization)
        await moving.refuse(tx, viewer.site, body.page, body.key)
        await tx.flush()
        told = await _anchors(tx, await tx.get_one(Page, body.page))
    return Reply(told.encode(), headers=PRIVATE)


async def publish(
    request: Request, body: Annotated[PublicationCreate, Most(MAX_PUBLICATION)], signature: Signature = ""
) -> Reply[PublishedAnswer]:
    """Take a page as the owner's build has it, signed over the body's bytes with the site's key."""
    await door.hit(request, "publish")
    database = door.resources(request).database
    async with database.read() as snapshot:
        site = await site_of(snapshot, origin_of(body.page.url))
        if site is None:
            raise NotFound("No site here has this page's address. Its owner can add it with `postil site add`.")
        if site.signing_key is None:
            raise BadSignature("This site has no key yet. `postil site key` makes one.")
        signed_at = verify([site.signing_key], signature, request.state.body, snapshot.now)
    ref = page_ref(body.page)
    async with database.begin() as tx:
        done = await publishing.publish(tx, site.id, publishing.Publication(ref, _given(body, ref), signed_at))
    return Reply(_published(done).encode(), headers=PRIVATE)


def _given(body: PublicationCreate, ref: PageRef) -> Given:
    sections = body.outline.seen().sections
    if not sections:
        raise Invalid("outline.sections", "A page has at least one section: itself.")
    if outline_hash(sections) != body.outline.hash:
        raise Invalid("outline.hash", "The hash is not that of the outline's sections.")
    if body.excerpts and len(body.excerpts) != len(sections):
        raise Invalid("excerpts", "Send an excerpt for each section, or none at all.")
    return Given(sections, OutlineSource.PUBLISHED, tuple(body.excerpts), clean_text(ref.title, 300))


# Answers


def _published(done: Published) -> PublishedAnswer:
    moves = Counter(decision.move for decision in done.decided)
    return PublishedAnswer(page=_page(done.page), changed=done.changed, moves=dict(moves))


def _page(page: Page) -> AskingPageAnswer:
    return AskingPageAnswer(id=page.id, url=page.url, title=page.title)


def _asking(each: AskingPage) -> AskingPageAnswer:
    return _page(each.page).model_copy(update={"open": each.questions, "moves": each.moves})


async def _anchors(snapshot: Snapshot, page: Page) -> AnchorsAnswer:
    reference = await snapshot.get(Outline, (page.id, page.reference)) if page.reference else None
    cases = await anchoring.cases(snapshot, page)
    names = await names_of(snapshot, {case.decision.moderator_id for case in cases})
    proposed = await moving.proposals(snapshot, page.id)
    return AnchorsAnswer(
        page=_page(page).model_copy(update={"open": sum(case.is_open for case in cases), "moves": len(proposed)}),
        source=reference.source if reference else None,
        cases=[_case(case, names) for case in cases],
        choices=[ChoiceAnswer(id=each.id, heading=each.heading) for each in await anchoring.choices(snapshot, page)],
        moves=[MoveAnswer(key=each.key, url=each.url, found=each.found or "", seen=each.seen_at) for each in proposed],
    )


def _case(case: Case, names: dict[str, str]) -> AnchorAnswer:
    row = case.decision
    return AnchorAnswer(
        id=row.id,
        section=row.section_id or "",
        move=row.move,
        open=case.is_open,
        can_undo=case.can_undo,
        old=_side(case.old),
        new=_side(case.new),
        comments=case.comments,
        score=round(row.score, 3),
        reason=row.reason,
        by=names.get(row.moderator_id or ""),
        at=row.created_at,
        answers=row.answers,
    )


def _side(side: Side) -> TextAnswer:
    return TextAnswer(heading=side.heading, excerpt=side.excerpt)
