"""Decisions of moderators, and the state of sections."""

from starlette.requests import Request

from postil import bans, bulk, moderation, reading
from postil.answers import (
    BanAnswer,
    CommentAnswer,
    DecidedAnswer,
    DecisionAnswer,
    ReasonsAnswer,
    SectionAnswer,
    UndoneAnswer,
)
from postil.db import Transaction
from postil.discussion import DAY
from postil.ids import new_id
from postil.models import Comment, Decision
from postil.moderation import Decided
from postil.names import clean_text
from postil.policy import Action, allow
from postil.states import Move, SectionState
from postil.viewer import Viewer
from postil.web import door
from postil.web.api import Reply
from postil.web.comments import since_of
from postil.web.pages import PRIVATE, Staff
from postil.web.schemas import BanCreate, DecisionCreate, Id, SectionStateIn


async def approve(request: Request, comment: Id, body: DecisionCreate, authorization: Staff) -> Reply[DecidedAnswer]:
    """Publish what waits."""
    return await _decide(request, comment, Action.APPROVE, body, authorization)


async def hide(request: Request, comment: Id, body: DecisionCreate, authorization: Staff) -> Reply[DecidedAnswer]:
    """Take a comment out of readers' sight; restore brings it back."""
    return await _decide(request, comment, Action.HIDE, body, authorization)


async def restore(request: Request, comment: Id, body: DecisionCreate, authorization: Staff) -> Reply[DecidedAnswer]:
    """Show what was hidden again."""
    return await _decide(request, comment, Action.RESTORE, body, authorization)


async def purge(request: Request, comment: Id, body: DecisionCreate, authorization: Staff) -> Reply[DecidedAnswer]:
    """Blank a comment for good. Needs a sign-in on the service's own page."""
    return await _decide(request, comment, Action.PURGE, body, authorization)


async def refuse(request: Request, comment: Id, body: DecisionCreate, authorization: Staff) -> Reply[DecidedAnswer]:
    """Drop an edit that waits: the text that readers see stays."""
    return await _decide(request, comment, Action.REFUSE, body, authorization)


async def _decide(
    request: Request, comment: str, action: Action, body: DecisionCreate, authorization: str | None
) -> Reply[DecidedAnswer]:
    async with door.resources(request).database.begin() as tx:
        viewer = await _moderator(tx, request, authorization)
        reason = _clean(body.reason)
        decided = await moderation.decide(tx, viewer, comment, action, reason, body.note, edition=body.edition)
        answer = await _answer(tx, decided, viewer)
    door.report(request, viewer.site, [comment])
    return Reply(answer.encode(), headers=PRIVATE)


async def _moderator(tx: Transaction, request: Request, authorization: str | None) -> Viewer:
    viewer = await door.staff_of(tx, request, authorization)
    await door.hit(request, "moderate", viewer.moderator or "nobody")
    return viewer


def _clean(reason: str | None) -> str | None:
    return clean_text(reason, 200) or None if reason else None


async def _answer(tx: Transaction, decided: Decided, viewer: Viewer) -> DecidedAnswer:
    return DecidedAnswer(
        since=since_of(tx.epoch, decided.page, viewer),
        section=reading.section_answer(decided.section, viewer.audience),
        comment=await _comment(tx, decided.comment, viewer),
        decision=_said(decided.decision),
    )


async def _comment(tx: Transaction, comment: Comment, viewer: Viewer) -> CommentAnswer:
    answer = reading.comment_answer(comment, viewer.audience, in_section=True)
    await reading.tell_staff(tx, [comment], [answer])
    return answer


def _said(decision: Decision) -> DecisionAnswer:
    return DecisionAnswer(
        id=decision.id,
        move=decision.move,
        from_state=decision.from_state,
        to_state=decision.to_state,
        reason=decision.reason,
        undoes=decision.undoes,
        at=decision.created_at,
    )


async def undo(request: Request, decision: Id, authorization: Staff) -> Reply[UndoneAnswer]:
    """Take a decision back, whoever made it. The undo is a decision too. With a ban goes what was hidden with it."""
    held = door.resources(request)
    async with held.database.begin() as tx:
        viewer = await _moderator(tx, request, authorization)
        made = await moderation.undo(tx, viewer, decision)
        batch = await _batch_of(tx, decision)
        answer = UndoneAnswer(decision=_said(made))
        if made.comment_id is not None:
            answer.comment = await _comment(tx, await tx.get_one(Comment, made.comment_id), viewer)
        if made.section_id is not None:
            section, _ = await reading.find_section(tx, made.section_id)
            answer.section = reading.section_answer(section, viewer.audience)
    if batch is not None:
        await bulk.undo_all(held.database, viewer, batch)
    return Reply(answer.encode(), headers=PRIVATE)


async def _batch_of(tx: Transaction, decision: str) -> str | None:
    """What was decided with a ban. A decision of a batch that is no ban is undone alone."""
    old = await tx.get_one(Decision, decision)
    return old.batch if old.move == Move.BAN else None


async def ban(request: Request, comment: Id, body: BanCreate, authorization: Staff) -> Reply[BanAnswer]:
    """Ban whoever wrote a comment, or the network that it came from; what he wrote stays, or goes with him."""
    held, batch = door.resources(request), new_id()
    async with held.database.begin() as tx:
        viewer = await _moderator(tx, request, authorization)
        until = None if body.days is None else tx.now + body.days * DAY
        row, decision = await bans.ban(
            tx,
            viewer,
            comment,
            by_network=body.by_network,
            until=until,
            reason=_clean(body.reason),
            note=body.note,
            batch=batch,
        )
        theirs = await bans.comments_of(tx, row) if body.hide else []
    hidden = await bulk.decide_all(held.database, viewer, theirs, Action.HIDE, reason=row.reason, batch=batch)
    answer = BanAnswer(ban=row.id, decision=decision.id, until=row.until, hidden=hidden.done)
    return Reply(answer.encode(), headers=PRIVATE)


async def reasons(request: Request, authorization: Staff) -> Reply[ReasonsAnswer]:
    """The reasons that this site's moderators give."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.staff_reader(snapshot, request, authorization) or Viewer("")
        allow(viewer, Action.HIDE)
        told = ReasonsAnswer(reasons=await moderation.reasons_of(snapshot, viewer.site))
    return Reply(told.encode(), headers=PRIVATE)


async def set_section(
    request: Request, section: Id, body: SectionStateIn, authorization: Staff
) -> Reply[SectionAnswer]:
    """Open, slow, lock or close a section."""
    async with door.resources(request).database.begin() as tx:
        viewer = await _moderator(tx, request, authorization)
        state = SectionState(body.state)
        found, _ = await moderation.set_section_state(tx, viewer, section, state, body.minutes, _clean(body.reason))
        answer = reading.section_answer(found, viewer.audience)
    return Reply(answer.encode(), headers=PRIVATE)
