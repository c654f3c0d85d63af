"""Flags: what readers ask moderators to look at, and what their asking weighs.

A flag counts by how often whoever raised it was right before, so that any number of fresh accounts weighs nothing.
"""

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from postil import logbook, rulebook
from postil.changing import Change, set_state
from postil.db import Transaction
from postil.models import Author, Comment, Decision, Flag, Section
from postil.rules import Kind, RuleInForce, flagger_weight, flags_hide
from postil.states import Move, State

CREDITED = 3


async def weigh(change: Change, comment: Comment, section: Section) -> None:
    """Take a comment out of sight until a moderator has looked, where the site's rule says that its flags suffice."""
    tx = change.tx
    rules = await rulebook.in_force(tx, comment.site_id)
    rule = next((rule for rule in rules if rule.kind is Kind.FLAGS), None)
    if rule is None or comment.state is not State.PUBLISHED or await _was_kept(tx, comment):
        return
    weights = [flagger_weight(right, wrong) for right, wrong in await _flaggers(tx, comment)]
    if flags_hide(weights, float(rule.settings["weight"])):
        await _hold(change, comment, section, rule, len(weights))


async def _hold(change: Change, comment: Comment, section: Section, rule: RuleInForce, flags: int) -> None:
    why = rule.why(f"flagged by {flags} readers who were right before")
    comment.why = [*comment.why, why.kept()]
    old = comment.state
    await set_state(change, comment, section, State.PENDING)
    logbook.write_verdict(change.tx, comment, Move.HOLD, old, [why])


async def _was_kept(tx: Transaction, comment: Comment) -> bool:
    """Whether a moderator has said of this very text that it may stand: flags do not overrule him."""
    kept = (col(Decision.move).in_((Move.APPROVE, Move.RESTORE)), col(Decision.edition) == comment.edition)
    return await logbook.standing(tx, comment.id, col(Decision.moderator_id).is_not(None), *kept) is not None


async def _flaggers(tx: Transaction, comment: Comment) -> list[tuple[int, int]]:
    """How often each of those whose flag is open was right and wrong before; one who flags himself does not count."""
    query = (
        select(col(Author.flags_right), col(Author.flags_wrong))
        .join(Flag, col(Flag.author_id) == Author.id)
        .where(col(Flag.comment_id) == comment.id, col(Flag.answered_by).is_(None))
        .where(col(Author.id) != (comment.author_id or ""))
    )
    return [(right, wrong) for right, wrong in await tx.execute(query)]


async def answer(tx: Transaction, comment: Comment, decision: Decision, *, right: bool) -> None:
    """A moderator has decided: the open flags are answered, and those who raised them were right or not."""
    if not comment.flags:
        return
    is_open = (col(Flag.comment_id) == comment.id) & col(Flag.answered_by).is_(None)
    authors = await _raised_by(tx, is_open)
    await tx.execute(update(Flag).where(is_open).values(answered_by=decision.id))
    await _credit(tx, comment, authors, right=right, by=1)
    comment.flags = 0


async def reopen(tx: Transaction, comment: Comment, decision: Decision, *, right: bool) -> None:
    """Undo `answer`."""
    answered = (col(Flag.comment_id) == comment.id) & (col(Flag.answered_by) == decision.id)
    authors = await _raised_by(tx, answered)
    await tx.execute(update(Flag).where(answered).values(answered_by=None))
    await _credit(tx, comment, authors, right=right, by=-1)
    comment.flags += len(authors)


async def _raised_by(tx: Transaction, which: ColumnElement[bool]) -> list[str]:
    """Who raised flags, the first ones first."""
    query = select(col(Flag.author_id)).where(which).order_by(col(Flag.created_at), col(Flag.author_id))
    return list(await tx.scalars(query))


async def _credit(tx: Transaction, comment: Comment, authors: list[str], *, right: bool, by: int) -> None:
    """Of many who were right only the first are credited: a brigade cannot earn its trust on one planted comment."""
    others = [id for id in authors if id != comment.author_id]
    counted = others[:CREDITED] if right else others
    column = Author.flags_right if right else Author.flags_wrong
    for start in range(0, len(counted), 500):
        some = col(Author.id).in_(counted[start : start + 500])
        await tx.execute(update(Author).where(some).values({col(column): column + by}))
