"""The moderation log: how a decision is written, and which one stands. Nothing in it ever changes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from postil.db import Snapshot, Transaction
from postil.ids import new_id
from postil.models import Comment, Decision
from postil.rules import Why
from postil.states import Move, State

OF_COMMENTS = (Move.APPROVE, Move.HIDE, Move.RESTORE, Move.REFUSE, Move.HOLD, Move.PURGE)


def write(tx: Transaction, site: str, moderator: str | None, move: Move | str, **more: Any) -> Decision:
    """One row, by a moderator or (None) by a rule or at the command line."""
    states = {"from_state": "", "to_state": ""}
    decision = Decision(
        id=new_id(), site_id=site, moderator_id=moderator, move=str(move), created_at=tx.now, **(states | more)
    )
    tx.add(decision)
    return decision


def write_verdict(tx: Transaction, comment: Comment, move: Move, old: State | None, whys: Sequence[Why]) -> Decision:
    """What a rule decided: it is named, with its version. The word that it found stays with the comment, and goes with
    it when that is purged.
    """
    first = next((why for why in whys if why.rule is not None), None)
    return write(
        tx,
        comment.site_id,
        None,
        move,
        comment_id=comment.id,
        from_state=old or "",
        to_state=comment.state,
        rule=first.rule if first else None,
        rule_version=first.version if first else None,
        why=", ".join(dict.fromkeys(str(why.kind) for why in whys)) or None,
        edition=comment.edition if comment.held is None else comment.held,
    )


async def standing(snapshot: Snapshot, comment: str, *more: Any) -> Decision | None:
    """The latest decision about a comment that nobody has undone."""
    undone = aliased(Decision)
    query = select(Decision).where(
        col(Decision.comment_id) == comment,
        col(Decision.move).in_(OF_COMMENTS),
        ~select(col(undone.id)).where(col(undone.undoes) == Decision.id).exists(),
        *more,
    )
    return (await snapshot.scalars(query.order_by(col(Decision.id).desc()).limit(1))).first()


async def latest(snapshot: Snapshot, comment: str) -> str:
    """The id of the newest row about a comment, undos among them; "" where there is none."""
    about = (col(Decision.comment_id) == comment, col(Decision.move).in_((*OF_COMMENTS, Move.UNDO)))
    return await snapshot.scalar(select(func.max(col(Decision.id))).where(*about)) or ""


async def is_undone(snapshot: Snapshot, decision: str) -> bool:
    return await snapshot.scalar(select(col(Decision.id)).where(col(Decision.undoes) == decision)) is not None
