"""Where a reader without JavaScript writes, and what his forms bring.

A form comes from a page of ours that this very guest opened (web/guests.py), or it changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from starlette.requests import Request

from postil import overlay, reading
from postil.answers import CommentAnswer, OwnComment
from postil.db import Snapshot
from postil.discussion import PageRef
from postil.errors import Forbidden, Locked, NotFound, ParentGone
from postil.ids import looks_like_id
from postil.models import Comment, Page
from postil.places import Seen
from postil.rendered import MAX_SOURCE
from postil.states import SectionState, State
from postil.viewer import Viewer
from postil.web import discussions, door, guests, screens
from postil.web.guests import Seal

# Twelve bytes for a character as forms write it, and what else a form has.
MOST_FORM = 12 * MAX_SOURCE + 8_192
_STALE = "This form was open for too long, or another window has sent one since. Your words are kept: send it again."


@dataclass(frozen=True, slots=True)
class Room:
    """Where somebody writes: on which page, in which section (by id, or by its index in an outline), and about which
    comment. `choices`: the sections of an article where nobody has written yet. `edits`: his own comment.
    """

    site: str
    page: PageRef
    action: str
    back: str
    heading: str = ""
    section: str | None = None
    outline: Seen | None = None
    index: int = 0
    parent: CommentAnswer | None = None
    minutes: int = 0
    choices: tuple[str, ...] = ()
    edits: OwnComment | None = None
    name: str = ""

    @property
    def form(self) -> str:
        """What the seal of its form is bound to."""
        return f"{self.action}\0{self.page.key}"


Find = Callable[[Request, Snapshot], Awaitable[Room]]


class Sent:
    """A form as it was sent."""

    def __init__(self, request: Request, fields: dict[str, list[str]]) -> None:
        self.request, self.fields = request, fields

    def text(self, name: str) -> str:
        return (self.fields.get(name) or [""])[0]

    @property
    def source(self) -> str:
        return self.text("source").replace("\r\n", "\n")

    @property
    def _secret(self) -> str:
        return door.resources(self.request).database.lineage.secret

    def seal(self, room: Room) -> Seal | None:
        """The seal that came with it; None where it is no good, and a fresh one is due."""
        now = int(door.resources(self.request).database.clock())
        return guests.read_seal(self._secret, room.form, guests.token_of(self.request), self.text("seal"), now)

    def sealed(self, room: Room) -> Seal:
        """The same; Forbidden where it is no good."""
        seal = self.seal(room)
        if seal is None:
            raise Forbidden(_STALE)
        return seal

    def token(self, seal: Seal) -> str:
        """The guest's token: the cookie's, or the one that begins with this form."""
        return guests.token_of(self.request) or guests.token_for(self._secret, seal)


async def sent(request: Request, limit: str) -> Sent:
    """What a form of ours brought; refused from anywhere else, and from a network that sends too many."""
    door.check_own_page(request)
    form = Sent(request, await screens.form(request, MOST_FORM))
    await door.hit(request, "preview" if form.text("do") == "preview" else limit)
    return form


def seal_for(request: Request, room: Room, form: Sent | None = None) -> str:
    """The seal to go into a room's form: the one that was sent, as long as it is good."""
    held = door.resources(request).database
    kept = form.seal(room) if form else None
    made = kept or guests.seal(held.lineage.secret, room.form, guests.token_of(request), int(held.clock()))
    return made.text


async def of_section(request: Request, snapshot: Snapshot) -> Room:
    """A section that a path names, to write in; Locked where it takes no new threads."""
    page = await discussions.page_named(snapshot, request.path_params["page"])
    told = await discussions.read(request, snapshot, page, guests.key_of(request), request.path_params["section"])
    part = told.part(request.path_params["section"])
    if part.state is SectionState.LOCKED:
        raise Locked()
    if part.state is SectionState.CLOSED:
        raise Locked("This section takes replies, and no new threads.")
    room = Room(
        page.site_id, ref(page), path(request), f"{told.path}/{part.id}", part.heading, name=told.own.name or ""
    )
    if part.answer is None:
        return replace(room, outline=told.outline, index=part.at or 0)
    return replace(room, section=part.id, minutes=_pause(part.state, part.answer.minutes))


async def of_comment(request: Request, snapshot: Snapshot) -> Room:
    """A comment that a path names and that readers see, to be reported or supported; ParentGone for what is left of
    one that was taken down.
    """
    told = await reading.read_comment(snapshot, None, _comment_in(request))
    if told.comment.html is None:
        raise ParentGone("This comment is gone.")
    section, page = await reading.find_section(snapshot, told.section.id)
    author = await reading.find_author(snapshot, Viewer(page.site_id, guests.key_of(request)))
    return Room(
        page.site_id,
        ref(page),
        path(request),
        f"/t/c/{told.comment.id}",
        section=section.id,
        parent=told.comment,
        minutes=_pause(section.state, section.pace),
        name=author.name if author else "",
    )


async def of_reply(request: Request, snapshot: Snapshot) -> Room:
    """The same to be answered; Locked where its section is."""
    room = await of_comment(request, snapshot)
    section, _ = await reading.find_section(snapshot, room.section or "")
    if section.state is SectionState.LOCKED:
        raise Locked()
    return room


async def of_own(request: Request, snapshot: Snapshot) -> Room:
    """The guest's own comment that a path names; NotFound for everybody else, whatever there is."""
    id, key = _comment_in(request), guests.key_of(request)
    row = await snapshot.get(Comment, id) if key else None
    if row is None:
        raise NotFound()
    page = await snapshot.get_one(Page, row.page_id)
    own = await overlay.read_own(snapshot, Viewer(row.site_id, key), page.key)
    mine = next((each for each in own.comments if each.id == id), None)
    if mine is None or mine.state not in (State.PENDING, State.PUBLISHED):
        raise NotFound()
    return Room(page.site_id, ref(page), path(request), f"/t/{page.id}/{row.section_id}", edits=mine)


def _comment_in(request: Request) -> str:
    id: str = request.path_params["comment"]
    if not looks_like_id(id):
        raise NotFound()
    return id


def ref(page: Page) -> PageRef:
    return PageRef(page.key, page.url, page.title)


def path(request: Request) -> str:
    """As it was routed; what a Host header says of it is nobody's business."""
    return str(request.scope["path"])


def _pause(state: SectionState, minutes: int) -> int:
    return minutes if state is SectionState.SLOW else 0
