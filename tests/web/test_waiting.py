"""An inbox loses nothing and keeps the order; a gate lets everybody through who waits for it, and nobody before."""

import asyncio
from contextlib import suppress

from postil.web.waiting import Gate, Inbox


async def test_an_inbox_keeps_the_order_and_waits_where_it_is_empty() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    for message in ("a", "b", "c"):
        inbox.put_nowait(message)
    assert await waiting == "a"
    assert [await inbox.get(), await inbox.get()] == ["b", "c"]
    assert inbox.empty()


async def test_who_stops_listening_takes_nothing_along() -> None:
    inbox = Inbox()
    for arrives_first in (False, True):
        waiting = asyncio.create_task(inbox.get())
        await asyncio.sleep(0)
        if arrives_first:
            inbox.put_nowait("kept")
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    assert await inbox.get() == "kept"


async def test_a_gate_holds_everybody_until_it_opens() -> None:
    gate = Gate()
    await gate.wait()
    gate.clear()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    waiting[0].cancel()
    gate.set()
    await asyncio.gather(*waiting[1:])
    assert gate.is_set()


async def test_a_gate_that_shuts_again_at_once_lets_nobody_through() -> None:
    gate = Gate()
    gate.clear()
    waiting = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    gate.set()
    gate.clear()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    gate.set()
    await waiting
