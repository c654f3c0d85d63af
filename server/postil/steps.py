"""What changed on a page since a revision, as readers may see it, straight from SQLite: what reading.changes tells, at
a fraction of the cost, for it stands between every comment and the first reader who hears of it.

reading.changes is the plain form, and the tests' oracle; it answers whatever is rare.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from postil.answers import ChangesAnswer
from postil.cursors import Since
from postil.glance import Look, Question
from postil.models import Comment, Page, PublicSpan, Section
from postil.reading import comment_answer, section_answer
from postil.ready import OF_SECTION, SEEN, listed, tell_earlier
from postil.viewer import Audience

PUBLIC = Audience.PUBLIC
# Whoever is further behind comes back after a while, and one revision may hide hundreds: so many comments are not put
# together on the event loop.
MOST_BEHIND, MOST_COMMENTS = 20, 50


def read(glance: Look, epoch: str, site: str, key: str, since: Since) -> ChangesAnswer | None:
    """The changes, at one revision; None where the plain form must answer."""
    with glance.snapshot():
        page = next(iter(glance.ask(_PAGE, site=site, key=key)), None)
        if page is None or since.epoch != epoch or not 0 < page.public_revision - since.revision <= MOST_BEHIND:
            return None
        rows = glance.ask(_CHANGED, page=page.id, since=since.revision, limit=MOST_COMMENTS + 1)
        if len(rows) > MOST_COMMENTS:
            return None
        seen = [row for row in rows if row.shown]
        gone = _gone(glance, [row for row in rows if not row.shown], since.revision)
        comments = [comment_answer(row, PUBLIC, in_section=True) for row in seen]
        tell_earlier(glance, page.id, page.reference, seen, comments)
        sections = glance.ask(_SECTIONS, page=page.id)
    touched = {row.section_id for row in seen} | set(gone.values())
    answer = ChangesAnswer(
        since=str(Since(epoch, page.public_revision)),
        total=0,
        views=page.views,
        sections=[section_answer(each, PUBLIC) for each in sections if _has_news(each, since.revision, touched)],
        comments=comments,
        gone=gone,
        tallies={each.id: each.comments for each in sections},
        shared=frozenset(each.id for each in sections if each.is_shared),
        is_open=page.reference is None,
    )
    answer.total = answer.total_for(None)
    return answer


def _has_news(section: Any, since: int, touched: set[str]) -> bool:
    return section.public_revision > since and (section.shown > 0 or section.id in touched)


def _gone(glance: Look, rows: Sequence[Any], since: int) -> dict[str, str]:
    if not rows:
        return {}
    were_public = {
        row.comment_id for row in glance.ask(_WERE_PUBLIC, ids=json.dumps([row.id for row in rows]), at=since)
    }
    return {row.id: row.section_id for row in rows if row.id in were_public}


_OF_PAGE: tuple[Any, ...] = (Page.id, Page.public_revision, Page.reference, Page.views)
_PAGE = Question(select(*_OF_PAGE).where(col(Page.site_id) == bindparam("site"), col(Page.key) == bindparam("key")))
_CHANGED = Question(
    select(*SEEN, col(Comment.shown))
    .where(col(Comment.page_id) == bindparam("page"), col(Comment.public_revision) > bindparam("since"))
    .order_by(col(Comment.public_revision), col(Comment.id))
    .limit(bindparam("limit"))
)
_SECTIONS = Question(
    select(*OF_SECTION, col(Section.is_shared), col(Section.shown), col(Section.public_revision))
    .where(col(Section.page_id) == bindparam("page"))
    .order_by(col(Section.id))
)
_WERE_PUBLIC = Question(
    select(col(PublicSpan.comment_id)).where(
        col(PublicSpan.comment_id).in_(listed("ids")),
        col(PublicSpan.since) <= bindparam("at"),
        col(PublicSpan.until) > bindparam("at"),
    )
)
