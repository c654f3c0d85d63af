"""What only its author is told: his own comments in their true states. Nobody is hidden, held or banned in secret."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlmodel import col

from postil.answers import OwnAnswer, OwnComment
from postil.appeals import how_they_stand
from postil.db import Snapshot
from postil.editions import waiting_editions
from postil.models import Author, Comment, Edition, Flag, Page, Reaction, Site
from postil.reading import find_author, find_page, held_answer, visible
from postil.states import State
from postil.viewer import Audience, Viewer

# A guest's overlay is private and sent whole: his latest comments and reactions on one page.
MOST_OWN = 200


def own_answer(
    comment: Comment, edit_window: int, held: Edition | None = None, appeal: str | None = None
) -> OwnComment:
    """A comment as its author sees it: always its true state, and his own text while there is any.

    Where an edit of his waits, `source` is the edit and `html` what readers see. `appeal`: appeals.how_they_stand.
    """
    answer = OwnComment(
        id=comment.id,
        section=comment.section_id,
        parent=comment.parent_id,
        at=comment.created_at,
        revision=comment.public_revision,
        state=comment.state,
        reason=comment.reason,
        source=held.source if held else comment.source,
        held=held_answer(held) if held else None,
        appeal=appeal,
        can_appeal=comment.state is State.HIDDEN and appeal is None,
    )
    if comment.state in (State.PENDING, State.PUBLISHED, State.HIDDEN):
        answer.author, answer.html, answer.edited = comment.author_name, comment.html, comment.edited_at
        answer.support = comment.support
    if comment.state in (State.PENDING, State.PUBLISHED):
        answer.editable_until = comment.created_at + edit_window
    return answer


async def read_own(snapshot: Snapshot, viewer: Viewer, key: str) -> OwnAnswer:
    """The guest's private overlay of a page; empty for somebody who never wrote."""
    author = await find_author(snapshot, viewer)
    page = await find_page(snapshot, viewer.site, key) if author else None
    if author is None or page is None:
        return OwnAnswer(name=author.name if author else None, comments=[], reacted=[], flagged=[])
    # The site, though his page says it: ix_comment_author has it, and a page may hold very many.
    his = and_(col(Comment.author_id) == author.id, col(Comment.site_id) == viewer.site)
    mine = and_(his, col(Comment.page_id) == page.id)
    query = select(Comment).where(mine).order_by(col(Comment.id).desc()).limit(MOST_OWN)
    return OwnAnswer(
        name=author.name,
        comments=await _own_comments(snapshot, viewer, (await snapshot.scalars(query)).all()),
        reacted=await _marked(snapshot, Reaction, author, page),
        flagged=await _marked(snapshot, Flag, author, page),
    )


async def _own_comments(snapshot: Snapshot, viewer: Viewer, comments: Sequence[Comment]) -> list[OwnComment]:
    site = await snapshot.get_one(Site, viewer.site)
    held = await waiting_editions(snapshot, [each.id for each in comments if each.held is not None])
    asked = await how_they_stand(snapshot, [each.id for each in comments if each.state is State.HIDDEN])
    return [own_answer(each, site.edit_window, held.get(each.id), asked.get(each.id)) for each in comments]


async def _marked(snapshot: Snapshot, kind: type[Reaction] | type[Flag], author: Author, page: Page) -> list[str]:
    """Which visible comments of a page an author reacted to, or flagged."""
    query = (
        select(col(kind.comment_id))
        .join(Comment, col(Comment.id) == kind.comment_id)
        .where(col(kind.author_id) == author.id, col(Comment.page_id) == page.id, visible(Audience.PUBLIC))
        .order_by(col(kind.comment_id).desc())
        .limit(MOST_OWN)
    )
    return list(await snapshot.scalars(query))
