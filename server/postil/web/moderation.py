"""Decisions of moderators, and the state of sections."""

from starlette.requests import Request

from postil import moderation, reading
from postil.answers import DecidedAnswer, DecisionAnswer, SectionAnswer
from postil.errors import Unauthorized
from postil.moderation import Decided
from postil.names import clean_text
from postil.policy import Action
from postil.states import SectionState
from postil.viewer import Viewer
from postil.web import door
from postil.web.api import Reply
from postil.web.comments import since_of
from postil.web.pages import PRIVATE, Staff
from postil.web.schemas import DecisionCreate, Id, SectionStateIn


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


async def _decide(
    request: Request, comment: str, action: Action, body: DecisionCreate, authorization: str | None
) -> Reply[DecidedAnswer]:
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, authorization=authorization)
        await door.hit(request, "moderate", viewer.moderator or "nobody")
        reason = clean_text(body.reason, 200) if body.reason else None
        decided = await moderation.decide(tx, viewer, comment, action, reason or None, body.note)
        answer = _answer(decided, tx.epoch, viewer)
    return Reply(answer.encode(), headers=PRIVATE)


def _answer(decided: Decided, epoch: str, viewer: Viewer) -> DecidedAnswer:
    decision = decided.decision
    return DecidedAnswer(
        since=since_of(epoch, decided.page, viewer),
        section=reading.section_answer(decided.section, viewer.audience),
        comment=reading.comment_answer(decided.comment, viewer.audience, in_section=True),
        decision=DecisionAnswer(
            id=decision.id,
            move=decision.move,
            from_state=decision.from_state,
            to_state=decision.to_state,
            reason=decision.reason,
            at=decision.created_at,
        ),
    )


async def set_section(
    request: Request, section: Id, body: SectionStateIn, authorization: Staff
) -> Reply[SectionAnswer]:
    """Open, lock or close a section."""
    async with door.resources(request).database.begin() as tx:
        viewer = await door.writer_of(tx, request, authorization=authorization)
        if not viewer.is_staff:
            raise Unauthorized()
        found = await moderation.set_section_state(tx, viewer, section, SectionState(body.state))
        answer = reading.section_answer(found, viewer.audience)
    return Reply(answer.encode(), headers=PRIVATE)
