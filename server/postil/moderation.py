"""The verbs of moderators. Each is one decision: allowed by policy, moved by the table, written to the log."""

from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlmodel import col

from postil.changing import changing, set_state, support_change
from postil.db import Transaction
from postil.ids import new_id
from postil.models import Comment, Decision, Flag, Page, Posted, Reaction, Section
from postil.policy import Action, allow
from postil.reading import find_section, page_of
from postil.states import Move, SectionState, State, check
from postil.viewer import Viewer

_MOVES = {
    Action.APPROVE: (Move.APPROVE, State.PUBLISHED),
    Action.HIDE: (Move.HIDE, State.HIDDEN),
    Action.RESTORE: (Move.RESTORE, State.PUBLISHED),
    Action.PURGE: (Move.PURGE, State.PURGED),
}


@dataclass(frozen=True, slots=True)
class Decided:
    comment: Comment
    section: Section
    page: Page
    decision: Decision


async def decide(
    tx: Transaction,
    viewer: Viewer,
    comment_id: str,
    action: Action,
    reason: str | None = None,
    note: str | None = None,
) -> Decided:
    """Approve, hide, restore or purge a comment of the viewer's site; what hides is hidden when this commits."""
    allow(viewer, action)
    move, state = _MOVES[action]
    async with changing(tx, await page_of(tx, viewer, comment_id)) as change:
        comment = await tx.get_one(Comment, comment_id)
        section = await tx.get_one(Section, comment.section_id)
        check(move, comment.state, state)
        decision = _log(tx, viewer, comment, move, state, reason, note)
        comment.reason = reason if state is State.HIDDEN else None
        support = comment.support
        if state is State.PURGED:
            await _blank(tx, comment)
        await set_state(change, comment, section, state)
        if change.public and comment.support != support:
            tx.add(support_change(change, comment, comment.support - support))
    return Decided(comment, section, change.page, decision)


async def set_section_state(tx: Transaction, viewer: Viewer, section_id: str, state: SectionState) -> Section:
    """Open, lock or close a section of the viewer's site."""
    allow(viewer, Action.SET_SECTION)
    section, page = await find_section(tx, section_id, viewer.site)
    async with changing(tx, page.id) as change:
        await tx.refresh(section)
        section.state = state
        (change.stamp_public if section.shown else change.stamp_staff)(section)
    return section


def _log(
    tx: Transaction,
    viewer: Viewer,
    comment: Comment,
    move: Move,
    state: State,
    reason: str | None,
    note: str | None,
) -> Decision:
    assert viewer.moderator is not None
    decision = Decision(
        id=new_id(),
        site_id=viewer.site,
        comment_id=comment.id,
        moderator_id=viewer.moderator,
        move=move,
        from_state=comment.state,
        to_state=state,
        reason=reason,
        note=note,
        created_at=tx.now,
    )
    tx.add(decision)
    return decision


async def _blank(tx: Transaction, comment: Comment) -> None:
    """Leave nothing of a comment but its place: id, parent, state and revisions."""
    comment.source = comment.html = comment.author_name = ""
    comment.author_id = comment.edited_at = comment.outline_hash = None
    comment.support = comment.flags = 0
    await tx.execute(delete(Reaction).where(col(Reaction.comment_id) == comment.id))
    await tx.execute(delete(Flag).where(col(Flag.comment_id) == comment.id))
    await tx.execute(update(Posted).where(col(Posted.comment_id) == comment.id).values(body_hash=""))
