"""Appeals: an author may say once, of each decision that hid his comment, why it should stand."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from postil import logbook
from postil.db import Snapshot, Transaction
from postil.errors import Invalid, StateConflict
from postil.models import Appeal, Comment, Decision
from postil.states import State

MOST_APPEAL = 1_000
MOST_ASKED = 200


async def raise_appeal(tx: Transaction, comment: Comment, text: str) -> None:
    """Write an appeal against the decision that hid a comment. StateConflict where there is none, or one was said."""
    if not text:
        raise Invalid("text", "Say in a few words why your comment should be seen.")
    hidden_by = await _hiding(tx, comment.id) if comment.state is State.HIDDEN else None
    if hidden_by is None:
        raise StateConflict("This comment is not hidden: there is nothing to ask again about.")
    if await tx.get(Appeal, hidden_by.id):
        raise StateConflict("You asked about this decision before. A moderator looks once more, not twice.")
    tx.add(Appeal(decision_id=hidden_by.id, comment_id=comment.id, text=text, created_at=tx.now))
    comment.appealed = True


async def answer(tx: Transaction, comment: Comment, decision: Decision) -> None:
    """A moderator has looked again."""
    if comment.appealed:
        await tx.execute(update(Appeal).where(_is_open(comment.id)).values(answered_by=decision.id))
        comment.appealed = False


async def reopen(tx: Transaction, comment: Comment, decision: Decision) -> None:
    """Undo `answer`."""
    answered = select(col(Appeal.decision_id)).where(col(Appeal.answered_by) == decision.id)
    if await tx.scalar(answered):
        await tx.execute(update(Appeal).where(col(Appeal.answered_by) == decision.id).values(answered_by=None))
        comment.appealed = True


async def forget_texts(tx: Transaction, comment: Comment) -> None:
    await tx.execute(update(Appeal).where(col(Appeal.comment_id) == comment.id).values(text=""))
    comment.appealed = False


async def open_appeals(snapshot: Snapshot, comments: Sequence[str]) -> dict[str, Appeal]:
    """The appeals that wait, by comment."""
    if not comments:
        return {}
    query = select(Appeal).where(col(Appeal.comment_id).in_(comments), col(Appeal.answered_by).is_(None))
    return {appeal.comment_id: appeal for appeal in await snapshot.scalars(query)}


async def how_they_stand(snapshot: Snapshot, comments: Sequence[str]) -> dict[str, str]:
    """Of hidden comments: "open" or "refused" for those whose author has asked about the decision that hid them."""
    told = {}
    for comment in comments[:MOST_ASKED]:
        hidden_by = await _hiding(snapshot, comment)
        appeal = await snapshot.get(Appeal, hidden_by.id) if hidden_by else None
        if appeal is not None:
            told[comment] = "open" if appeal.answered_by is None else "refused"
    return told


async def _hiding(snapshot: Snapshot, comment: str) -> Decision | None:
    """The standing decision that hid a comment. That it stays hidden, said to an appeal, is another."""
    hides = (col(Decision.to_state) == State.HIDDEN, col(Decision.from_state) != State.HIDDEN)
    return await logbook.standing(snapshot, comment, *hides)


def _is_open(comment: str) -> ColumnElement[bool]:
    return (col(Appeal.comment_id) == comment) & col(Appeal.answered_by).is_(None)
