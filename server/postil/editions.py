"""Edits that wait: readers keep the approved text until a moderator has seen the new one."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlmodel import col

from postil import logbook
from postil.db import Snapshot, Transaction
from postil.errors import StateConflict
from postil.models import Comment, Decision, Edition
from postil.rendered import RENDERER, Rendered
from postil.states import Move


def seen_edition(comment: Comment) -> int:
    """The edition that a moderator looks at: the one that waits, else the text itself."""
    return comment.edition if comment.held is None else comment.held


def check_seen(comment: Comment, edition: int | None) -> None:
    """StateConflict where the comment was edited after `edition` was looked at; None stands for the text as posted."""
    if seen_edition(comment) != (edition or 0):
        raise StateConflict("This comment was edited since you looked at it. Read it again, then decide.")


async def waiting_edition(snapshot: Snapshot, comment: Comment) -> Edition | None:
    return None if comment.held is None else await snapshot.get_one(Edition, (comment.id, comment.held))


async def waiting_editions(snapshot: Snapshot, comments: Sequence[str]) -> dict[str, Edition]:
    """The edits that wait among these comments, by comment."""
    if not comments:
        return {}
    query = (
        select(Edition)
        .join(Comment, (col(Comment.id) == Edition.comment_id) & (col(Comment.held) == Edition.number))
        .where(col(Edition.comment_id).in_(comments))
    )
    return {edition.comment_id: edition for edition in await snapshot.scalars(query)}


async def hold_edit(tx: Transaction, comment: Comment, source: str, rendered: Rendered) -> None:
    """Keep an edit aside; one that waited before is replaced."""
    number = await _next_number(tx, comment)
    await drop_waiting(tx, comment)
    tx.add(_edition(comment, number, source, rendered.html, RENDERER, tx.now))
    comment.held = number


async def write_edit(tx: Transaction, comment: Comment, source: str, rendered: Rendered) -> None:
    """Put an edit in place; one that waited is void with it."""
    number = await _next_number(tx, comment)
    await drop_waiting(tx, comment)
    comment.source, comment.html, comment.renderer = source, rendered.html, RENDERER
    comment.edition, comment.edited_at = number, tx.now


async def publish_held(tx: Transaction, comment: Comment) -> None:
    """Put the edit that waits in place; the text before it is kept for an undo."""
    assert comment.held is not None
    if await tx.get(Edition, (comment.id, comment.edition)) is None:
        tx.add(_edition(comment, comment.edition, comment.source, comment.html, comment.renderer, comment.edited_at))
    _put(comment, await tx.get_one(Edition, (comment.id, comment.held)))
    comment.held = None


async def take_back(tx: Transaction, comment: Comment) -> None:
    """Undo publish_held: the text before is public again, and the edit waits."""
    query = select(Edition).where(col(Edition.comment_id) == comment.id, col(Edition.number) < comment.edition)
    before = (await tx.scalars(query.order_by(col(Edition.number).desc()).limit(1))).one()
    comment.held = comment.edition
    _put(comment, before)


async def was_held(tx: Transaction, comment: Comment, approval: Decision) -> bool:
    """Whether an approval put an edit in place that had waited; a later one of the same text answered flags."""
    if comment.edition != approval.edition or await tx.get(Edition, (comment.id, comment.edition)) is None:
        return False
    same = (col(Decision.move) == Move.APPROVE, col(Decision.edition) == approval.edition)
    return await logbook.standing(tx, comment.id, *same, col(Decision.id) < approval.id) is None


async def drop_waiting(tx: Transaction, comment: Comment) -> None:
    """Forget the edit that waits."""
    if edition := await waiting_edition(tx, comment):
        await tx.delete(edition)
        comment.held = None
        await tx.flush()


async def forget_texts(tx: Transaction, comment: Comment) -> None:
    """Nothing of any edition stays."""
    await tx.execute(delete(Edition).where(col(Edition.comment_id) == comment.id))
    comment.held = None


async def _next_number(tx: Transaction, comment: Comment) -> int:
    """One more than that of any edition so far; one that was refused is kept, should the refusal be undone."""
    last = await tx.scalar(select(func.max(Edition.number)).where(col(Edition.comment_id) == comment.id))
    return max(seen_edition(comment), last or 0) + 1


def _put(comment: Comment, edition: Edition) -> None:
    comment.source, comment.html, comment.renderer = edition.source, edition.html, edition.renderer
    comment.edition, comment.edited_at = edition.number, edition.edited_at


def _edition(comment: Comment, number: int, source: str, html: str, renderer: int, edited_at: int | None) -> Edition:
    return Edition(
        comment_id=comment.id, number=number, source=source, html=html, renderer=renderer, edited_at=edited_at
    )
