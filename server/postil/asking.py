"""Which pages ask something of their owner, and a page as its owner names it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from postil.db import Snapshot
from postil.errors import NotFound
from postil.models import Anchoring, Page, PageMove
from postil.reading import find_page
from postil.states import Anchor
from postil.urls import page_key, page_url

# A screen of them. What asks comes first, and leaves the list when it is answered.
MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class AskingPage:
    """A page with how many `questions` and proposed `moves` wait for its owner."""

    page: Page
    questions: int
    moves: int


async def asking_pages(snapshot: Snapshot, site: str, *, all: bool = True) -> list[AskingPage]:
    """A site's pages: those that ask first, then (with `all`) the others that have a reference, newest first."""
    later = aliased(Anchoring)
    answered = select(col(later.id)).where(col(later.answers) == Anchoring.id).exists()
    asked = select(col(Anchoring.page_id), func.count().label("count")).where(
        col(Anchoring.site_id) == site, col(Anchoring.move) == Anchor.UNSURE, ~answered
    )
    questions = asked.group_by(col(Anchoring.page_id)).subquery()
    found = select(col(PageMove.page_id), func.count().label("count")).where(
        col(PageMove.found).is_not(None), col(PageMove.settled_at).is_(None)
    )
    moves = found.group_by(col(PageMove.page_id)).subquery()
    waits = func.coalesce(questions.c.count, 0) + func.coalesce(moves.c.count, 0)
    query = (
        select(Page, func.coalesce(questions.c.count, 0), func.coalesce(moves.c.count, 0))
        .outerjoin(questions, questions.c.page_id == Page.id)
        .outerjoin(moves, moves.c.page_id == Page.id)
        .where(col(Page.site_id) == site, (waits > 0) | col(Page.reference).is_not(None) if all else waits > 0)
        .order_by((waits > 0).desc(), col(Page.id).desc())
        .limit(MOST_LISTED)
    )
    return [AskingPage(*row) for row in (await snapshot.execute(query))]


async def page_at(snapshot: Snapshot, site: str, url: str, key: str | None = None) -> Page:
    """A page by its key, else by its address; NotFound where nobody has written on it and nothing was published."""
    page = await find_page(snapshot, site, key or page_key(url))
    if page is None and key is None:  # one that its owner gave a key of its own
        here = select(Page).where(col(Page.site_id) == site, col(Page.url) == page_url(url))
        page = await snapshot.scalar(here.limit(1))
    if page is None:
        raise NotFound("Nobody has written on this page, and it was not published or refreshed yet.")
    return page
