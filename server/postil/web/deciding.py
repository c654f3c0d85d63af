"""What the queue's forms do. Each answers with the way back to where one was, at the next item, and what was done.

No JavaScript is needed; with it the very same forms are sent, and the same pages come back.
"""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import bans, bulk, moderation, record, reviewing
from postil.db import Snapshot, Transaction
from postil.errors import Conflict, Invalid, NotFound, PostilError
from postil.ids import looks_like_id, new_id
from postil.models import Comment, QueueItem
from postil.names import clean_text
from postil.policy import Action, allow
from postil.reviewing import Filter
from postil.states import SectionState
from postil.viewer import Viewer
from postil.web import door, screens
from postil.web.problems import status_of
from postil.web.queue import Said, in_comments, show
from postil.web.times import ago
from postil.web.where import Where, back_to

MOST_REASON, MOST_NOTE = 200, 500
DAY = 86_400
MOST_DAYS = 3_650
_DECIDES = {each.value: each for each in (Action.APPROVE, Action.HIDE, Action.RESTORE, Action.REFUSE, Action.PURGE)}
# What may be done to many at once: all of it can be undone.
_IN_BULK = {each.value: each for each in (Action.APPROVE, Action.HIDE, Action.RESTORE)}


class Form:
    """A posted form, its token checked, and who sent it."""

    def __init__(self, request: Request, viewer: Viewer, fields: dict[str, list[str]]) -> None:
        self.request, self.viewer, self.fields = request, viewer, fields
        self.back: Where = back_to(self.text("back"))
        self.reason = clean_text(self.text("reason"), MOST_REASON) or None
        self.note = clean_text(self.text("note"), MOST_NOTE) or None

    def text(self, name: str) -> str:
        return (self.fields.get(name) or [""])[0]

    def id(self, name: str) -> str:
        """An id; NotFound for what was never issued."""
        if not looks_like_id(self.text(name)):
            raise NotFound()
        return self.text(name)

    def number(self, name: str, most: int) -> int | None:
        """A whole number from one on, None where the field is empty; Invalid."""
        text = self.text(name).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= most):
            raise Invalid(name, f"Give a whole number, 1 to {most:,}.")
        return int(text)


async def posted(request: Request) -> Form:
    """What was sent, by whom; refused unless it comes from a page of ours that this session opened."""
    fields = await screens.form(request)
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
    door.check_form(request, viewer, fields)
    await door.hit(request, "moderate", viewer.moderator or "nobody")
    return Form(request, viewer, fields)


async def decide(request: Request) -> Response:
    """Approve, hide, restore, refuse or purge what is looked at: a comment, or all that wait of a flood."""
    form = await posted(request)
    action = _DECIDES.get(form.text("action"))
    about = form.id("about")
    try:
        if action is None:
            raise Invalid("action", "Say what is to be done with it.")
        comments = await _behind(form, about)
        if action is Action.PURGE and not form.text("sure"):
            return await _ask_purge(form, about)
        if len(comments) > 1:
            done = await _decide_all(form, comments, action)
        else:
            done = await _decide_one(form, comments, action)
    except PostilError as error:
        return await _refused(form, about, error)
    return await _on(form, about, done)


async def _behind(form: Form, about: str) -> list[str]:
    """The comments that an item stands for; of one that somebody has decided meanwhile, the comment it stood for."""
    async with door.resources(form.request).database.read() as snapshot:
        found = await reviewing.comments_of(snapshot, form.viewer, [about], bulk.MOST_AT_ONCE)
        item = None if found else await snapshot.get(QueueItem, about)
    if item is not None and item.site_id == form.viewer.site:
        return [item.comment_id]
    if not found:
        raise NotFound()
    return found


async def _decide_one(form: Form, comments: Sequence[str], action: Action) -> str:
    edition = int(form.text("edition")) if form.text("edition").isdigit() else None
    since = form.text("since") if "since" in form.fields else None
    async with door.resources(form.request).database.begin() as tx:
        decided = await moderation.decide(
            tx, form.viewer, comments[0], action, form.reason, form.note, edition=edition, since=since
        )
    door.report(form.request, form.viewer.site, comments)
    return decided.decision.id


async def _decide_all(form: Form, comments: Sequence[str], action: Action) -> str:
    if action.value not in _IN_BULK:
        raise Invalid("action", "Decide this about one comment at a time.")
    done = await bulk.decide_all(
        door.resources(form.request).database, form.viewer, comments, action, reason=form.reason, note=form.note
    )
    if not done.done:
        raise Conflict("All of these are decided already.")
    door.report(form.request, form.viewer.site, comments)
    return done.id


async def _ask_purge(form: Form, about: str) -> Response:
    return await _sure(
        form,
        question="Purge this comment?",
        explained="Its text, its author and its edits are gone for good, and nobody can take that back. To take it out "
        "of sight only, hide it.",
        action="/moderate/decide",
        fields=[("action", Action.PURGE.value), ("about", about), ("edition", form.text("edition")), ("sure", "yes")],
        yes="Purge for good",
        tone="bad",
        shortcut="p",
    )


async def _sure(form: Form, *, question: str, yes: str = "", **values: Any) -> Response:
    """The page between: what is about to happen, to be said once more."""
    filled: dict[str, Any] = {"ask_reason": False, "tone": "", "shortcut": ""} | values
    async with door.resources(form.request).database.read() as snapshot:
        desk = await screens.desk(form.request, snapshot, form.viewer, at=form.back.wanted.view)
        site_reasons = await moderation.reasons_of(snapshot, form.viewer.site)
    return screens.page(
        "confirm.html",
        back=form.back.text,
        question=question,
        yes=yes,
        site_reasons=site_reasons,
        **desk,
        **filled,
    )


async def _on(form: Form, about: str, done: str) -> Response:
    """To the next item, and say what was done."""
    here = form.back
    async with door.resources(form.request).database.read() as snapshot:
        following = await reviewing.next_after(snapshot, form.viewer, here.wanted, about)
    after = here.after if following and (following < here.after) is not here.wanted.oldest else ""
    return _to(Where(here.wanted, after, following or ""), done)


def _to(here: Where, done: str) -> Response:
    return RedirectResponse(here.said(done=done), 303, screens.PRIVATE)


async def _refused(form: Form, about: str, error: PostilError) -> Response:
    """The screen where one was, with what was wrong: where somebody was quicker, who, and what he has decided."""
    async with door.resources(form.request).database.read() as snapshot:
        text = error.detail
        if isinstance(error, Conflict) and (said := await _who_was_quicker(snapshot, form.viewer, about)):
            text = said
        here = form.back.at(about) if looks_like_id(about) else form.back
        return await show(form.request, snapshot, form.viewer, here, Said(text, tone="warn"), status_of(type(error)))


async def _who_was_quicker(snapshot: Snapshot, viewer: Viewer, about: str) -> str | None:
    item = await snapshot.get(QueueItem, about)
    comment = item.comment_id if item else about
    lines = (await record.read_log(snapshot, viewer, comment=comment)).lines
    if not lines or lines[0].decision is None or lines[0].decision.moderator_id == viewer.moderator:
        return None
    last = lines[0]
    why = f" ({last.decision.reason})" if last.decision and last.decision.reason else ""
    return f"{last.by} was quicker: {last.did}{why}, {ago(last.at, snapshot.now)}."


async def undo(request: Request) -> Response:
    """Take back a decision, or all that were made at once."""
    form = await posted(request)
    database = door.resources(request).database
    try:
        if batch := form.text("batch"):
            done = await bulk.undo_all(database, form.viewer, form.id("batch"))
            if not done.done:
                raise Conflict("Something happened to these comments since: nothing was taken back.")
            return _to(form.back, batch)
        async with database.begin() as tx:
            made = await moderation.undo(tx, form.viewer, form.id("decision"))
            item = await _item_of(tx, made.comment_id, form.back.wanted)
    except PostilError as error:
        return await _refused(form, form.back.item, error)
    if form.text("then") == "log":
        return RedirectResponse(f"/moderate/log?done={made.id}", 303, screens.PRIVATE)
    return _to(form.back.at(item) if item else form.back, made.id)


async def _item_of(tx: Transaction, comment: str | None, wanted: Filter) -> str | None:
    """What stands for a comment in a list, to look at it again."""
    row = await tx.get(Comment, comment) if comment else None
    if row is None:
        return None
    return row.item_id if wanted.of_items and row.waits else row.id


async def ban(request: Request) -> Response:
    """Ban who wrote a comment, or its network; what they wrote stays, or is hidden with the same undo."""
    form = await posted(request)
    about, database, batch = form.id("about"), door.resources(request).database, new_id()
    try:
        async with database.begin() as tx:
            days = form.number("days", MOST_DAYS)
            row, _ = await bans.ban(
                tx,
                form.viewer,
                form.id("comment"),
                by_network=form.text("by") == "network",
                until=None if days is None else tx.now + days * DAY,
                reason=form.reason,
                note=form.note,
                batch=batch,
            )
            theirs = await bans.comments_of(tx, row) if form.text("existing") == "hide" else []
        await bulk.decide_all(database, form.viewer, theirs, Action.HIDE, reason=form.reason, batch=batch)
    except PostilError as error:
        return await _refused(form, about, error)
    if not theirs:
        return _to(form.back.at(about), batch)
    return await _on(form, about, batch)


async def section(request: Request) -> Response:
    """Open, slow, close or lock the section of what is looked at."""
    form = await posted(request)
    about = form.text("about")
    try:
        if form.text("state") not in set(SectionState):
            raise Invalid("state", "Choose what the section is to be.")
        state = SectionState(form.text("state"))
        minutes = form.number("minutes", moderation.MOST_MINUTES) or 0
        async with door.resources(request).database.begin() as tx:
            _, decision = await moderation.set_section_state(
                tx, form.viewer, form.id("section"), state, minutes if state is SectionState.SLOW else 0, form.reason
            )
    except PostilError as error:
        return await _refused(form, about, error)
    return _to(form.back.at(about) if looks_like_id(about) else form.back, decision.id)


async def many(request: Request) -> Response:
    """Decide the same about all that are selected, or all that the filter matches. It asks first, with the count."""
    form = await posted(request)
    action = _IN_BULK.get(form.text("action"))
    try:
        if action is None:
            raise Invalid("action", "Say what is to be done with them.")
        allow(form.viewer, action)
        comments = await _chosen(form)
        if not comments:
            raise Invalid("pick", "Select some first, then decide.")
        if not form.text("sure"):
            return await _ask_many(form, action, len(comments))
        done = await _decide_all(form, comments, action)
    except PostilError as error:
        return await _refused(form, form.back.item, error)
    return _to(Where(form.back.wanted), done)


async def _chosen(form: Form) -> list[str]:
    async with door.resources(form.request).database.read() as snapshot:
        if form.text("what") == "all":
            return await reviewing.matching(snapshot, form.viewer, form.back.wanted, bulk.MOST_AT_ONCE)
        picked = [id for id in form.fields.get("pick", []) if looks_like_id(id)]
        return await reviewing.comments_of(snapshot, form.viewer, picked, bulk.MOST_AT_ONCE) if picked else []


async def _ask_many(form: Form, action: Action, count: int) -> Response:
    picked = [("pick", id) for id in form.fields.get("pick", []) if form.text("what") != "all" and looks_like_id(id)]
    verb = action.value.capitalize()
    explained = "All of it can be undone, from here and later from the log."
    if count >= bulk.MOST_AT_ONCE:
        explained = f"So many are decided at once; those beyond them stay. {explained}"
    return await _sure(
        form,
        question=f"{verb} {in_comments(count)}?",
        explained=explained,
        action="/moderate/bulk",
        fields=[("action", action.value), ("what", form.text("what")), ("sure", "yes"), *picked],
        yes=f"{verb} {in_comments(count)}",
        tone="",
        ask_reason=action is Action.HIDE,
    )
