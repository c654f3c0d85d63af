"""The moderators' queue: a list on the left, the one thing that is looked at on the right."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from postil import bulk, inspection, moderation, record, reviewing
from postil.db import Snapshot
from postil.errors import NotFound, PostilError
from postil.ids import looks_like_id
from postil.models import Decision, Site
from postil.reviewing import ALL, HIDDEN, MOST_COUNTED, REVIEW, QueuePage
from postil.rules import Kind
from postil.states import Move
from postil.viewer import Viewer
from postil.web import door, screens
from postil.web.where import Where, where

KINDS = {
    Kind.FLAGS: "Flags",
    Kind.REVIEW: "Held for review",
    Kind.WORDS: "Words",
    Kind.LINKS: "Links",
    Kind.REPEATS: "Repeats",
    Kind.SPAM: "Looks like spam",
    Kind.TRAP: "Honeypot",
    Kind.SPEED: "Written too fast",
    Kind.AKISMET: "Akismet",
    Kind.OUTSIDE: "External check",
    Kind.EDIT: "Edits",
    Kind.APPEAL: "Appeals",
}
_HEADINGS = {REVIEW: "Needs review", HIDDEN: "Hidden", ALL: "All comments"}
_EMPTY = {REVIEW: "Nothing waits for you.", HIDDEN: "Nothing is hidden.", ALL: "Nobody has written here yet."}
_COUNTED = {REVIEW: "waiting", HIDDEN: "hidden", ALL: "in all"}

# What a decision is called once it is made.
_SAID: dict[str, str] = {
    Move.APPROVE: "Approved",
    Move.HIDE: "Hidden",
    Move.RESTORE: "Restored",
    Move.REFUSE: "Edit refused",
    Move.PURGE: "Purged",
    Move.BAN: "Banned",
    Move.LIFT: "Ban lifted",
    Move.UNDO: "Taken back",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What the toast says. `undo` names the field (decision, batch) that takes it back, `undo_value` its id."""

    text: str
    undo: str = ""
    undo_value: str = ""
    tone: str = ""


async def read(request: Request) -> Response:
    """The queue, or a list of comments; what a form has just done is said with it."""
    await door.hit(request, "read")
    here = where(request.query_params)
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        said = await done(snapshot, viewer, request.query_params.get("done", ""))
        return await show(request, snapshot, viewer, here, said)


async def show(
    request: Request, snapshot: Snapshot, viewer: Viewer, here: Where, said: Said | None = None, status: int = 200
) -> Response:
    """The screen at a place."""
    desk = await screens.desk(request, snapshot, viewer, at=here.wanted.view)
    page = await reviewing.read_queue(snapshot, viewer, here.wanted, here.after)
    looked = here.item or (page.entries[0].id if page.entries else "")
    try:
        item = await inspection.read_item(snapshot, viewer, looked, here.more) if looked else None
    except NotFound:
        item, status, said = None, 404, Said("There is nothing of that name here any more.", tone="warn")
    values = {
        "where": here,
        "page": page,
        "item": item,
        "now": snapshot.now,
        "said": said,
        "kinds": {str(kind): label for kind, label in KINDS.items()},
        "heading": _HEADINGS[here.wanted.view],
        "empty": "Nothing here is like that." if here.wanted.is_narrow else _EMPTY[here.wanted.view],
        "count": counted(page, here),
        "count_of_comments": await how_many(snapshot, viewer, here),
        "narrowed": await reviewing.named(snapshot, viewer, here.wanted),
        "site_reasons": await moderation.reasons_of(snapshot, viewer.site),
        "revision": (await snapshot.get_one(Site, viewer.site)).queue_revision,
    }
    if item is None and not page.entries:
        values |= await numbers(snapshot, viewer)
    return screens.page("queue.html", status, **desk, **values)


async def numbers(snapshot: Snapshot, viewer: Viewer) -> dict[str, Any]:
    """What numbers.html needs."""
    told = await record.numbers(snapshot, viewer)
    most = max([count for _, count in told.days] + [1])

    def bar(count: int) -> int:
        """Its height out of 60; a day without decisions has a trace of one."""
        return max(1, round(count / most * 58))

    return {"numbers": told, "bar": bar}


def counted(page: QueuePage, here: Where) -> str:
    """“14 waiting”."""
    return f"{reviewing.in_words(page.count) or 'none'} {_COUNTED[here.wanted.view]}"


async def how_many(snapshot: Snapshot, viewer: Viewer, here: Where) -> str:
    """How many comments a decision about all of them would be about."""
    return in_comments(await reviewing.how_many(snapshot, viewer, here.wanted), MOST_COUNTED)


def in_comments(count: int, most: int = bulk.MOST_AT_ONCE) -> str:
    return f"{reviewing.in_words(count, most) or 'no'} {'comment' if count == 1 else 'comments'}"


async def done(snapshot: Snapshot, viewer: Viewer, id: str) -> Said | None:
    """What was just decided, by the id of the decision or of its batch."""
    if not looks_like_id(id):
        return None
    try:
        line = await record.one(snapshot, viewer, id)
    except PostilError:
        return await _done_at_once(snapshot, viewer, id)
    assert line.decision is not None
    undo = ("decision", id) if line.can_undo and line.decision.batch is None else ("", "")
    return Said(in_words(line.decision), *undo)


async def _done_at_once(snapshot: Snapshot, viewer: Viewer, batch: str) -> Said | None:
    count, first, undone = await record.batch_of(snapshot, viewer, batch)
    if first is None:
        return None
    if undone:
        return Said(f"Taken back: {in_comments(undone)}")
    if first.move == Move.BAN:
        more = f", and {in_comments(count - 1)} hidden" if count > 1 else ""
        return Said(in_words(first) + more, "batch", batch)
    if count == 1:
        return Said(in_words(first), "batch", batch)
    reason = f", {first.reason}" if first.reason else ""
    return Said(f"{_SAID.get(first.move, first.move)}: {in_comments(count)}{reason}", "batch", batch)


def in_words(decision: Decision) -> str:
    """“Hidden: spam”."""
    if decision.move == Move.SET_SECTION:
        state, _, minutes = decision.to_state.partition(" ")
        return f"Section slow: one comment in {minutes} min" if minutes else f"Section {state}"
    if decision.move == Move.UNDO:
        return f"Taken back: {decision.to_state.replace('_', ' ')} again"
    said = _SAID.get(decision.move, decision.move.replace("_", " ").capitalize())
    return f"{said}: {decision.reason}" if decision.reason and decision.move in (Move.HIDE, Move.BAN) else said
