"""What is loaded after the start: whoever reads needs none of it, and a start would take a tenth longer with it.

Soon after the first answers all of it is loaded in a thread, so that nobody waits for it. Who needs it earlier waits
for that alone, and does not hold the event loop up meanwhile. What most services never need waits until it is asked for
(web/seldom.py).
"""

import asyncio
import gc
from collections.abc import Callable
from importlib import import_module

from postil.rendered import Rendered

# What each brings, and who is the first to need it.
LATE = {
    "postil.markup": "bleach, markdown-it and nh3: who posts, edits or previews",
}
# By then those who waited for the service have had their first pages.
WARM_SECONDS = 2.0

_loaded: set[str] = set()


async def load(name: str) -> None:
    """Until a module is there; an ordinary import of it costs nothing from then on."""
    if name not in _loaded:
        await asyncio.get_running_loop().run_in_executor(None, import_module, name)
        _loaded.add(name)


async def warm() -> None:
    """Load all of it."""
    for name in LATE:
        await load(name)
    gc.freeze()  # like what was imported before


async def render_async(source: str, look: Callable[[str, str], object] | None = None) -> Rendered:
    """markup.render_async(), once that is there."""
    await load("postil.markup")
    from postil import markup

    return await markup.render_async(source, look)
