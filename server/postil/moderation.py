"""The verbs of moderators. Each is one decision: allowed by policy, moved by the table, written to the log, undone by
another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import col

from postil import appeals, bans, editions, flagging, logbook
from postil.changing import Change, changing, set_state
from postil.db import Snapshot, Transaction
from postil.editions import check_seen, seen_edition
from postil.errors import Invalid, NotFound, PostilError, StateConflict
from postil.learning import learn
from postil.models import Comment, Decision, Flag, Page, Posted, Reaction, Section, Site
from postil.names import clean_text
from postil.policy import REASONS, Action, allow
from postil.reading import find_section, page_of
from postil.states import Move, SectionState, State, check
from postil.viewer import Viewer

_MOVES = {
    Action.APPROVE: (Move.APPROVE, State.PUBLISHED),
    Action.HIDE: (Move.HIDE, State.HIDDEN),
    Action.RESTORE: (Move.RESTORE, State.PUBLISHED),
    Action.REFUSE: (Move.REFUSE, State.PUBLISHED),
    Action.PURGE: (Move.PURGE, State.PURGED),
}
MOST_MINUTES = 24 * 60
MOST_REASONS = 30


@dataclass(frozen=True, slots=True)
class Decided:
    comment: Comment
    section: Section
    page: Page
    decision: Decision


@dataclass(frozen=True, slots=True)
class Say:
    """What a moderator decides, and why. Readers may see the reason; the note is for moderators."""

    action: Action
    reason: str | None = None
    note: str | None = None
    batch: str | None = None


async def decide(
    tx: Transaction,
    viewer: Viewer,
    comment_id: str,
    action: Action,
    reason: str | None = None,
    note: str | None = None,
    *,
    edition: int | None = None,
    since: str | None = None,
) -> Decided:
    """Approve, hide, restore or purge a comment of the viewer's site, or refuse the edit of one that waits.

    What hides is hidden when this commits. An approval names the `edition` it saw: StateConflict where that is not
    the text, or the edit that waits, by now. `since`: the latest decision that was seen (logbook.latest); StateConflict
    where there is a newer one, so that of two moderators at one comment the second is told.
    """
    allow(viewer, action)
    async with changing(tx, await page_of(tx, viewer, comment_id)) as change:
        comment = await tx.get_one(Comment, comment_id)
        if action in (Action.APPROVE, Action.REFUSE):
            check_seen(comment, edition)
        if since is not None and await logbook.latest(tx, comment_id) != since:
            raise StateConflict("Somebody decided about this comment since you looked. Look at it again.")
        decision = await _decide(change, viewer, comment, Say(action, reason, note))
        section = await tx.get_one(Section, comment.section_id)
    return Decided(comment, section, change.page, decision)


async def decide_many(
    tx: Transaction, viewer: Viewer, page_id: str, comments: Sequence[str], say: Say
) -> list[Decision]:
    """The same for many comments of one page, as one change. Those that are in no state for it by now are left out, and
    of an approval those that were edited: it names the edit it saw, and nobody saw so many.
    """
    allow(viewer, say.action)
    made = []
    async with changing(tx, page_id) as change:
        query = select(Comment).where(col(Comment.id).in_(comments), col(Comment.page_id) == page_id)
        # Replies before what they answer: a tombstone that nobody needs is then never made.
        for comment in (await tx.scalars(query.order_by(col(Comment.id).desc()))).all():
            if comment.site_id == viewer.site and _is_open_to(comment, say.action):
                made.append(await _decide(change, viewer, comment, say))
    return made


def _is_open_to(comment: Comment, action: Action) -> bool:
    if action in (Action.APPROVE, Action.REFUSE) and seen_edition(comment):
        return False
    try:
        _check(comment, action)
    except StateConflict:
        return False
    return True


def _check(comment: Comment, action: Action) -> None:
    """What may be decided: approving what is public, and hiding what is hidden, answers a question that is asked."""
    move, state = _MOVES[action]
    check(move, comment.state, state)
    asks = comment.held is not None or (comment.flags > 0 and move is Move.APPROVE)
    if comment.state is State.PUBLISHED and state is State.PUBLISHED and not asks:
        raise StateConflict("This comment is public already, and nobody asks anything about it.")
    if move is Move.REFUSE and comment.held is None:
        raise StateConflict("No edit of this comment waits.")
    if comment.state is State.HIDDEN and move is Move.HIDE and not comment.appealed:
        raise StateConflict("This comment is hidden already. Somebody was quicker.")


async def _decide(change: Change, viewer: Viewer, comment: Comment, say: Say) -> Decision:
    tx, support = change.tx, comment.support
    _check(comment, say.action)
    move, state = _MOVES[say.action]
    # What is hidden still, with no other reason named, is hidden for the reason it was.
    reason = say.reason or (comment.reason if comment.state is State.HIDDEN and state is State.HIDDEN else None)
    decision = logbook.write(
        tx,
        comment.site_id,
        viewer.moderator,
        move,
        comment_id=comment.id,
        from_state=comment.state,
        to_state=state,
        reason=reason,
        from_reason=comment.reason,
        note=say.note,
        edition=seen_edition(comment),
        batch=say.batch,
    )
    await _answer(tx, comment, decision, move)
    await _teach(tx, comment, move, reason)
    await _change_text(change, comment, move)
    comment.reason = reason if state is State.HIDDEN else None
    await _set_state(change, comment, state)
    if comment.support != support and comment.public_revision == change.public:
        change.tell_support(comment, comment.support - support)
    return decision


async def _answer(tx: Transaction, comment: Comment, decision: Decision, move: Move) -> None:
    """Flags and appeals ask something; this is the answer."""
    if move in (Move.APPROVE, Move.HIDE, Move.PURGE) and comment.state is not State.HIDDEN:
        await flagging.answer(tx, comment, decision, right=move is not Move.APPROVE)
    await appeals.answer(tx, comment, decision)


async def _teach(tx: Transaction, comment: Comment, move: Move, reason: str | None) -> None:
    """The site's spam filter learns from what its moderators say."""
    if move is Move.HIDE and reason and await _is_spam(tx, comment.site_id, reason):
        await _learn(tx, comment, "spam")
    elif move is Move.RESTORE or (move is Move.APPROVE and comment.state is State.PENDING):
        await _learn(tx, comment, "ham")


async def _learn(tx: Transaction, comment: Comment, label: str | None) -> None:
    if comment.learned == label:
        return
    if comment.learned:
        await learn(tx, comment, is_spam=comment.learned == "spam", forget=True)
    if label:
        await learn(tx, comment, is_spam=label == "spam")
    comment.learned = label


async def _is_spam(tx: Transaction, site: str, reason: str) -> bool:
    return any(each["text"] == reason and each["is_spam"] for each in await _reasons(tx, site))


async def reasons_of(snapshot: Snapshot, site: str) -> list[str]:
    """The site's own reasons, or those that every site begins with."""
    return [each["text"] for each in await _reasons(snapshot, site)]


async def _reasons(snapshot: Snapshot, site: str) -> Sequence[dict[str, Any]]:
    return (await snapshot.get_one(Site, site)).reasons or REASONS


async def _change_text(change: Change, comment: Comment, move: Move) -> None:
    if move is Move.APPROVE and comment.held is not None:
        await editions.publish_held(change.tx, comment)
        change.stamp_public(comment)
    if move is Move.REFUSE:
        comment.held = None
    if move is Move.PURGE:
        await _blank(change, comment)


async def _set_state(change: Change, comment: Comment, state: State) -> None:
    section = await change.tx.get_one(Section, comment.section_id)
    if comment.state is state:  # only what staff are told has changed
        change.stamp_staff(comment, section)
        if comment.shown and change.public:
            change.stamp_public(section)
        return
    await set_state(change, comment, section, state)


# Taking back


async def undo(tx: Transaction, viewer: Viewer, decision_id: str) -> Decision:
    """Take a decision of the viewer's site back, exactly: state, reason, flags, appeal, text and place in the queue.

    StateConflict for a purge, an undo, what was undone before, and what something newer stands on.
    """
    allow(viewer, Action.UNDO)
    old = await tx.get(Decision, decision_id)
    if old is None or old.site_id != viewer.site:
        raise NotFound()
    if old.move in (Move.BAN, Move.LIFT):
        return await bans.take_back(tx, viewer, old)
    if old.move == Move.SET_SECTION:
        return await _undo_section(tx, viewer, old)
    if old.move not in logbook.OF_COMMENTS or old.comment_id is None or not old.from_state or old.move == Move.PURGE:
        raise StateConflict("This cannot be undone.")
    async with changing(tx, await page_of(tx, viewer, old.comment_id)) as change:
        return await _undo(change, viewer, old)


async def undo_many(tx: Transaction, viewer: Viewer, page_id: str, decisions: Sequence[str]) -> list[Decision]:
    """The same for many decisions about comments of one page; those that cannot be undone by now are left out."""
    allow(viewer, Action.UNDO)
    made = []
    async with changing(tx, page_id) as change:
        query = select(Decision).where(col(Decision.id).in_(decisions), col(Decision.site_id) == viewer.site)
        for old in (await tx.scalars(query.order_by(col(Decision.id)))).all():
            try:
                made.append(await _undo(change, viewer, old))
            except PostilError:
                continue
    return made


async def _undo(change: Change, viewer: Viewer, old: Decision) -> Decision:
    tx = change.tx
    assert old.comment_id is not None
    comment = await tx.get_one(Comment, old.comment_id)
    last = await logbook.standing(tx, comment.id)
    if await logbook.is_undone(tx, old.id):
        raise StateConflict("This was undone before.")
    if last is None or last.id != old.id or comment.state != old.to_state or old.move == Move.PURGE:
        raise StateConflict("Something happened to this comment since. Look at it again.")
    await _check_text(tx, comment, old)
    state = State(old.from_state)
    check(Move.UNDO, comment.state, state)
    decision = logbook.write(
        tx,
        comment.site_id,
        viewer.moderator,
        Move.UNDO,
        comment_id=comment.id,
        from_state=comment.state,
        to_state=state,
        reason=old.from_reason,
        from_reason=comment.reason,
        edition=old.edition,
        undoes=old.id,
    )
    await _restore_text(change, comment, old)
    await flagging.reopen(tx, comment, old, right=old.move != Move.APPROVE)
    await appeals.reopen(tx, comment, old)
    if comment.learned and old.move in (Move.HIDE, Move.RESTORE, Move.APPROVE):
        await _learn(tx, comment, None)
    comment.reason = old.from_reason
    await _set_state(change, comment, state)
    return decision


async def _check_text(tx: Transaction, comment: Comment, old: Decision) -> None:
    """An approval or a refusal was of an edition; once there is a later one, it cannot be taken back."""
    if old.edition is not None and seen_edition(comment) > old.edition:
        raise StateConflict("The comment was edited since. Look at it again.")


async def _restore_text(change: Change, comment: Comment, old: Decision) -> None:
    if old.from_state != State.PUBLISHED or old.edition is None:
        return
    if old.move == Move.REFUSE:
        comment.held = old.edition
    elif old.move == Move.APPROVE and await editions.was_held(change.tx, comment, old):
        await editions.take_back(change.tx, comment)
        change.stamp_public(comment)


# Sections and reasons


async def set_section_state(
    tx: Transaction, viewer: Viewer, section_id: str, state: SectionState, minutes: int = 0, reason: str | None = None
) -> tuple[Section, Decision]:
    """Open, slow (one comment of an author in so many minutes), lock or close a section of the viewer's site."""
    allow(viewer, Action.SET_SECTION)
    if (state is SectionState.SLOW) != (1 <= minutes <= MOST_MINUTES):
        raise Invalid("minutes", f"A slow section needs a number of minutes, 1 to {MOST_MINUTES}; no other takes one.")
    section, page = await find_section(tx, section_id, viewer.site)
    return section, await change_section(tx, section, page, state, minutes, viewer.moderator, reason=reason)


async def change_section(
    tx: Transaction,
    section: Section,
    page: Page,
    state: SectionState,
    minutes: int,
    moderator: str | None,
    **more: Any,
) -> Decision:
    """The same without asking who: for a rule, and for an undo. The log says “slow 5” for five minutes."""
    async with changing(tx, page.id) as change:
        await tx.refresh(section)
        before = _said(section.state, section.pace)
        section.state, section.pace = state, minutes
        (change.stamp_public if section.shown else change.stamp_staff)(section)
        values = {"move": Move.SET_SECTION} | more
        move = values.pop("move")
        return logbook.write(
            tx,
            page.site_id,
            moderator,
            move,
            section_id=section.id,
            from_state=before,
            to_state=_said(state, minutes),
            **values,
        )


def _said(state: SectionState, minutes: int) -> str:
    return f"{state} {minutes}" if state is SectionState.SLOW else str(state)


async def _undo_section(tx: Transaction, viewer: Viewer, old: Decision) -> Decision:
    section, page = await find_section(tx, old.section_id or "", viewer.site)
    if await logbook.is_undone(tx, old.id) or _said(section.state, section.pace) != old.to_state:
        raise StateConflict("The section was changed since. Look at it again.")
    state, _, minutes = old.from_state.partition(" ")
    return await change_section(
        tx, section, page, SectionState(state), int(minutes or 0), viewer.moderator, move=Move.UNDO, undoes=old.id
    )


async def set_reasons(tx: Transaction, viewer: Viewer, reasons: Sequence[tuple[str, bool]]) -> None:
    """The site's own list of why comments are hidden: text, and whether it means spam. Empty: policy.REASONS."""
    allow(viewer, Action.SET_RULES)
    kept = {clean_text(text, 80): is_spam for text, is_spam in reasons}
    kept.pop("", None)
    if len(kept) > MOST_REASONS:
        raise Invalid("reasons", f"A list of more than {MOST_REASONS} reasons helps nobody. Leave some out.")
    site = await tx.get_one(Site, viewer.site)
    site.reasons = [{"text": text, "is_spam": is_spam} for text, is_spam in kept.items()]


async def _blank(change: Change, comment: Comment) -> None:
    """Leave nothing of a comment but its place: id, parent, state and revisions."""
    tx = change.tx
    comment.source = comment.html = comment.author_name = ""
    comment.author_id = comment.edited_at = comment.outline_hash = None
    comment.network = comment.kin = comment.learned = None
    comment.why = []
    comment.support = comment.flags = comment.edition = 0
    await editions.forget_texts(tx, comment)
    await appeals.forget_texts(tx, comment)
    await tx.execute(delete(Reaction).where(col(Reaction.comment_id) == comment.id))
    await tx.execute(delete(Flag).where(col(Flag.comment_id) == comment.id))
    await tx.execute(update(Posted).where(col(Posted.comment_id) == comment.id).values(body_hash=""))
