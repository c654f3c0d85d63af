"""What has served its time is dropped, and nothing that a cursor may still ask for."""

from sqlalchemy import func, select, update
from sqlmodel import SQLModel
from tests.world import PAGE, Clock, World, world

from postil import discussion, moderation
from postil.cursors import MOST_BEHIND
from postil.models import OneTimeCode, Page, PublicSpan, StaffSession, SupportChange, Visit
from postil.policy import Action
from postil.resources import drop_expired

DAYS = 86_400


async def count(here: World, table: type[SQLModel]) -> int:
    async with here.database.read() as snapshot:
        return await snapshot.scalar(select(func.count()).select_from(table)) or 0


async def test_the_past_of_a_page_is_kept_while_a_cursor_may_ask_for_it() -> None:
    async with world() as here:
        written = await here.post("ann")
        async with here.database.begin() as tx:
            await discussion.support(tx, here.reader("ben"), written.comment.id, on=True)
        async with here.database.begin() as tx:
            await moderation.decide(tx, here.moderator, written.comment.id, Action.HIDE)
        await drop_expired(here.database)
        assert await count(here, SupportChange) > 0
        assert await count(here, PublicSpan) == 1

        async with here.database.begin() as tx:
            await tx.execute(update(Page).values(public_revision=2 * MOST_BEHIND + 100))
        await drop_expired(here.database)
        assert await count(here, SupportChange) == 0
        assert await count(here, PublicSpan) == 0


async def test_visits_codes_and_sessions_end_with_their_time() -> None:
    clock = Clock()
    async with world(clock=clock) as here:
        async with here.database.begin() as tx:
            await discussion.see(tx, here.public, PAGE, "a browser's own word")
        assert await count(here, Visit) == 1
        assert await count(here, StaffSession) == 1
        await drop_expired(here.database)
        assert await count(here, Visit) == 1
        assert await count(here, StaffSession) == 1

        clock.now += 40 * DAYS
        await drop_expired(here.database)
        assert await count(here, Visit) == 0
        assert await count(here, StaffSession) == 0
        assert await count(here, OneTimeCode) == 0
