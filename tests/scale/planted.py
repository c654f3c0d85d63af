"""`python -m tests.scale.planted BUG serve …`: the service with one bug, which the checker of histories must see."""

import sys
from typing import Any

from sqlalchemy import Select

from postil import changing, reading, steps
from postil.cli import main
from postil.live.bus import CarriedBus
from postil.live.hub import Hub
from postil.postgresql import Driver
from postil.states import State
from postil.viewer import Audience


async def _nothing(*_: object) -> None:
    pass


def drop_hints() -> None:
    """No other process hears of a change, and nobody looks by himself."""
    CarriedBus._put = lambda *_: None  # type: ignore[method-assign]
    Hub.sweep = _nothing  # type: ignore[method-assign, assignment]


def forget_the_lock() -> None:
    """A page's revision is read, and another is written, while somebody else does the same."""

    class Unlocked(Select[Any]):
        inherit_cache = True

        def with_for_update(self, **_: object) -> "Unlocked":
            return self

    vars(changing)["select"] = Unlocked
    Driver.locking = ""


def push_unfiltered() -> None:
    """What changed is told whether or not readers may see it."""
    plain = reading.comment_answer

    class Shown:
        def __init__(self, row: Any) -> None:
            self._row = row

        def __getattr__(self, name: str) -> Any:
            return True if name == "shown" else getattr(self._row, name)

    rows_of = reading._changed_rows

    async def all_rows(*asked: Any) -> Any:
        return [Shown(row) for row in await rows_of(*asked)]

    def answer(row: Any, audience: Audience, **more: Any) -> Any:
        return plain(row, Audience.STAFF if isinstance(row, Shown) else audience, **more)

    reading._changed_rows = all_rows  # type: ignore[assignment]
    reading.comment_answer = answer
    at_a_glance = steps._CHANGED.on_postgresql
    plain_rows = at_a_glance.read

    def all_read(raw: Any) -> Any:
        return [row._replace(shown=True, state=State.PUBLISHED) for row in plain_rows(raw)]

    at_a_glance.read = all_read  # type: ignore[method-assign]


BUGS = {each.__name__: each for each in (drop_hints, forget_the_lock, push_unfiltered)}

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)]()
    sys.exit(main())
