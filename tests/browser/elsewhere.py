"""A moderator at another desk: decides straight through the verbs, while somebody reads."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.sync_api import Locator
from sqlmodel import col, select
from tests.browser.stage import Reader, Stage

from postil import bans, moderation, sites
from postil.db import Transaction
from postil.editions import seen_edition
from postil.models import Comment, Moderator
from postil.policy import Action
from postil.states import SectionState
from postil.viewer import Role, Scope, Viewer


class Elsewhere:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def _do(self, act: Callable[[Transaction, Viewer], Awaitable[Any]]) -> Any:
        async def work() -> Any:
            async with self.stage.resources.database.begin() as tx:
                site = await sites.site_of(tx, self.stage.site)
                assert site is not None
                first = (await tx.scalars(select(Moderator).where(col(Moderator.site_id) == site.id))).first()
                if first is None:
                    await sites.invite(tx, self.stage.site, "Olga")
                    first = (await tx.scalars(select(Moderator).where(col(Moderator.site_id) == site.id))).one()
                viewer = Viewer(site.id, role=Role.MODERATOR, scope=Scope.FULL, moderator=first.id)
                return await act(tx, viewer)

        return self.stage.loop.run(work())

    def decide(self, comment: Locator, action: Action, reason: str | None = None) -> str:
        """Decide about a comment that is on somebody's screen; the decision's id."""
        id = comment.get_attribute("data-comment")
        assert id is not None

        async def decide(tx: Transaction, viewer: Viewer) -> str:
            seen = seen_edition(await tx.get_one(Comment, id))
            return (await moderation.decide(tx, viewer, id, action, reason, edition=seen)).decision.id

        return str(self._do(decide))

    def undo(self, decision: str) -> None:
        """Take a decision back."""
        self._do(lambda tx, viewer: moderation.undo(tx, viewer, decision))

    def ban(self, comment: Locator, *, until: int | None, reason: str) -> None:
        id = comment.get_attribute("data-comment")
        assert id is not None
        self._do(lambda tx, viewer: bans.ban(tx, viewer, id, by_network=False, until=until, reason=reason))

    def set_section(self, reader: Reader, state: SectionState, minutes: int = 0) -> None:
        """Change the section that somebody has open."""
        id = reader.panel.locator("dialog").get_attribute("data-section")
        assert id
        self._do(lambda tx, viewer: moderation.set_section_state(tx, viewer, id, state, minutes))
