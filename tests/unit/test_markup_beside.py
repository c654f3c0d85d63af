"""Texts that may take long to render are rendered beside the event loop, and all of them in one thread."""

import asyncio
import threading

from postil.markup import MAX_SOURCE, OFF_LOOP, render, render_async

HOSTILE = ("[" * 900 + "*a_ " * MAX_SOURCE)[:MAX_SOURCE]


def _rendering() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("postil-render")]


async def test_the_loop_goes_on_while_a_hostile_text_is_rendered() -> None:
    rendering = asyncio.create_task(render_async(HOSTILE))
    turns = 0
    while not rendering.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 1
    assert await rendering == render(HOSTILE)


async def test_many_at_once_take_one_thread() -> None:
    source = "A *long* thought. " * (OFF_LOOP // 10)
    assert await asyncio.gather(*(render_async(source) for _ in range(5))) == [render(source)] * 5
    assert len(_rendering()) == 1
