"""Texts that may take long to render are rendered beside the event loop, and all of them in one thread."""

import asyncio
import threading

from postil.kin import kin_of
from postil.markup import OFF_LOOP, render, render_async
from postil.rendered import MAX_SOURCE
from postil.shown import shown_in

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


async def test_what_is_read_of_a_long_text_is_read_there_too_and_kept() -> None:
    """Its words and links, which its kin and every rule ask for: a list takes longer to read than to render."""
    source = "- a\n" * (MAX_SOURCE // 4)
    readers: list[str] = []

    def look(source: str, html: str) -> None:
        readers.append(threading.current_thread().name)
        kin_of(source, html)

    rendered = await render_async(source, look)
    assert [name.rpartition("_")[0] for name in readers] == ["postil-render"]
    asked = (kin_of.cache_info().misses, shown_in.cache_info().misses)
    kin_of(source, rendered.html)
    shown_in(rendered.html)
    assert (kin_of.cache_info().misses, shown_in.cache_info().misses) == asked


async def test_a_short_text_is_rendered_where_it_is_asked_for() -> None:
    readers: list[str] = []
    source = "A *thought*."
    assert await render_async(source, lambda *_: readers.append("")) == render(source)
    assert readers == [], "its kin is told by whoever asks first"
