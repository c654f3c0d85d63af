"""Equal questions at one time are one, and an answer that may be kept by nobody is asked anew."""

import asyncio

import pytest

from postil.live.shared import Shared


class Oracle:
    def __init__(self) -> None:
        self.asked, self.may_answer = 0, asyncio.Event()

    async def answer(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        if number == 13:
            raise LookupError("not that one")
        return number


@pytest.mark.parametrize(("keeps", "then"), [(True, 1), (False, 2)])
async def test_who_asks_meanwhile_shares_the_answer(keeps: bool, then: int) -> None:
    shared, oracle = Shared[str, int](8, keeps=keeps), Oracle()
    asking = [asyncio.create_task(shared.ask("page", oracle.answer)) for _ in range(20)]
    await asyncio.sleep(0)
    oracle.may_answer.set()
    assert await asyncio.gather(*asking) == [1] * 20
    assert await shared.ask("page", oracle.answer) == then


async def test_a_failure_is_everybodys_who_asked_and_nobodys_after() -> None:
    shared, oracle = Shared[str, int](8, keeps=False), Oracle()
    oracle.asked = 12
    asking = [asyncio.create_task(shared.ask("page", oracle.answer)) for _ in range(3)]
    await asyncio.sleep(0)
    oracle.may_answer.set()
    assert [type(each) for each in await asyncio.gather(*asking, return_exceptions=True)] == [LookupError] * 3
    assert await shared.ask("page", oracle.answer) == 14
