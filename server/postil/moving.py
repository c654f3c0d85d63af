"""A page that got another address: its threads go along, and old links still find it.

A new address that shows the very outline of a page whose old address answers no more is proposed to the owner; nothing
moves by itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from postil.changing import Change, changing
from postil.db import Database, Hint, Snapshot, Transaction
from postil.errors import NotFound, StateConflict
from postil.ids import new_id
from postil.models import (
    Anchoring,
    Comment,
    Outline,
    Page,
    PageAlias,
    PageMove,
    Section,
    Sighting,
    SupportChange,
    WaitingView,
)
from postil.reference import gather
from postil.states import Anchor
from postil.upsert import insert_if_new

# More addresses than that for one article are somebody's experiments with its URL.
MOST_MOVES = 20
# Old addresses are asked in the background, a few at a time, each again after a day.
ASKED_AT_ONCE = 20
ASKED_AGAIN = 24 * 3600


@dataclass(frozen=True, slots=True)
class Address:
    """A page's key, and the URL that leads to it."""

    key: str
    url: str


async def notice(tx: Transaction, site: str, address: Address, hash: str) -> None:
    """A reader was shown `hash` at an address where nobody has written: it may be a page that moved."""
    query = select(Page).where(col(Page.site_id) == site, col(Page.reference) == hash, col(Page.key) != address.key)
    pages = (await tx.scalars(query.limit(2))).all()
    if len(pages) != 1:  # two pages of one outline: nobody can say which of them it is
        return
    await propose(tx, pages[0], address)


async def propose(tx: Transaction, page: Page, address: Address, found: str | None = None) -> None:
    """Note that a page may have moved, once for each address. `found`: how the old one answers, where that is known."""
    known = select(func.count()).select_from(PageMove).where(col(PageMove.page_id) == page.id)
    if (await tx.scalar(known) or 0) < MOST_MOVES:
        to = {"key": address.key, "url": address.url, "found": found}
        await insert_if_new(tx, PageMove, page_id=page.id, seen_at=tx.now, **to)


async def ask_old_addresses(database: Database, check: Callable[[str, str], Awaitable[str | None]]) -> None:
    """See which pages that may have moved answer no more where they were. `check(url, site)`: how, or None."""
    async with database.read() as snapshot:
        due = select(PageMove, Page).join(Page, col(PageMove.page_id) == Page.id)
        due = due.where(col(PageMove.settled_at).is_(None), col(PageMove.found).is_(None))
        due = due.where(func.coalesce(PageMove.asked_at, 0) < snapshot.now - ASKED_AGAIN).limit(ASKED_AT_ONCE)
        rows = (await snapshot.execute(due)).all()
    for move, page in rows:
        found = await check(page.url, page.site_id)
        async with database.begin() as tx:
            this = update(PageMove).where(col(PageMove.page_id) == move.page_id, col(PageMove.key) == move.key)
            await tx.execute(this.values(asked_at=tx.now, found=found))


async def proposals(snapshot: Snapshot, page: str) -> list[PageMove]:
    """Where a page seems to have gone, for its owner to say."""
    query = select(PageMove).where(col(PageMove.page_id) == page, col(PageMove.found).is_not(None))
    return list(await snapshot.scalars(query.where(col(PageMove.settled_at).is_(None)).order_by(col(PageMove.seen_at))))


async def refuse(tx: Transaction, site: str, page: str, key: str) -> None:
    """The owner says that a proposed address is another page."""
    (await _proposal(tx, site, page, key)).settled_at = tx.now


async def accept(tx: Transaction, site: str, page: str, key: str, *, by: str | None = None) -> Page:
    """The owner says that a proposed address is the page's own."""
    proposal = await _proposal(tx, site, page, key)
    return await move(tx, site, await tx.get_one(Page, page), Address(proposal.key, proposal.url), by=by)


async def _proposal(tx: Transaction, site: str, page: str, key: str) -> PageMove:
    found = await tx.get(PageMove, (page, key))
    owner = await tx.get(Page, page)
    if found is None or owner is None or owner.site_id != site:
        raise NotFound()
    return found


async def move(tx: Transaction, site: str, page: Page, to: Address, *, by: str | None = None) -> Page:
    """Give a page another address. What was discussed there joins it; the old address stays known. Returns the page.

    StateConflict where it has that address already.
    """
    if page.key == to.key:
        raise StateConflict("The page has this address already.")
    other = await tx.scalar(select(Page).where(col(Page.site_id) == site, col(Page.key) == to.key))
    async with changing(tx, page.id) as change:
        before = page.key
        if other is not None:
            await _absorb(change, other)
            await gather(change)
        await _rename(change, to)
        change.move_places(readers=True)
        await tx.execute(
            update(PageMove)
            .where(col(PageMove.page_id) == page.id, col(PageMove.key) == to.key)
            .values(settled_at=tx.now)
        )
        tx.add(_said(change, by))
        tx.hints.append(Hint(site, before, change.public, change.staff))  # to whoever watches at the old address
    return change.page


async def _rename(change: Change, to: Address) -> None:
    tx, page = change.tx, change.page
    await tx.execute(delete(PageAlias).where(col(PageAlias.site_id) == page.site_id, col(PageAlias.key) == to.key))
    await insert_if_new(tx, PageAlias, site_id=page.site_id, key=page.key, page_id=page.id)
    if waited := await tx.get(WaitingView, (page.site_id, to.key)):
        page.views += waited.views
        await tx.delete(waited)
    page.key, page.url = to.key, to.url
    await tx.flush()


def _said(change: Change, by: str | None) -> Anchoring:
    return Anchoring(
        id=new_id(),
        site_id=change.page.site_id,
        page_id=change.page.id,
        move=Anchor.MOVED,
        score=1.0,
        reason=f"The page is at {change.page.url} now.",
        moderator_id=by,
        created_at=change.tx.now,
    )


async def _absorb(change: Change, other: Page) -> None:
    """Take over what was written at the new address before anybody said that the page had moved there."""
    tx, page = change.tx, change.page
    # Every cursor of either page is too far behind after move_places.
    page.public_revision = max(page.public_revision, other.public_revision)
    page.staff_revision = max(page.staff_revision, other.staff_revision)
    page.views += other.views
    mine = select(col(Outline.hash)).where(col(Outline.page_id) == page.id).scalar_subquery()
    await tx.execute(delete(Outline).where(col(Outline.page_id) == other.id, col(Outline.hash).in_(mine)))
    for table in (Outline, Section, Comment, PageAlias):
        await tx.execute(update(table).where(col(table.page_id) == other.id).values(page_id=page.id))
    for stale in (SupportChange, Sighting, PageMove):
        await tx.execute(delete(stale).where(col(stale.page_id) == other.id))
    await tx.flush()
    await tx.delete(other)
    await tx.flush()
