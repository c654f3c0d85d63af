"""A page's discussion as our own pages show it: its sections in the article's order, and whose place is whose."""

from dataclasses import dataclass, field

from starlette.requests import Request

from postil import overlay, reading
from postil.answers import NestedComment, OwnAnswer, OwnComment, PageAnswer, SectionAnswer
from postil.db import Snapshot
from postil.errors import NotFound
from postil.ids import looks_like_id
from postil.models import Outline, Page
from postil.places import Places, Seen
from postil.states import SectionState, State
from postil.viewer import Viewer
from postil.web import door

INTRODUCTION, UNNAMED = "Introduction", "A part of the article"
NOTHING = OwnAnswer(comments=[], reacted=[], flagged=[])
# What an author still sees of his own.
HIS = frozenset({State.PENDING, State.PUBLISHED, State.HIDDEN})


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page, also one where nobody has written yet (`answer` is None then).

    `at`: its index in the owner's own outline, where it stands there. `public`: readers see something in it.
    """

    id: str
    heading: str
    answer: SectionAnswer | None = None
    at: int | None = None
    is_earlier: bool = False
    public: bool = True

    @property
    def comments(self) -> int:
        return self.answer.comments if self.answer else 0

    @property
    def state(self) -> SectionState:
        return self.answer.state if self.answer else SectionState.OPEN


@dataclass(frozen=True, slots=True)
class Thread:
    """A part of the page with its comments, as the page shows them.

    `own`: of each comment of the guest's, what only he is told. `more`: where a thread that was cut goes on, by root.
    """

    part: Part
    comments: list[NestedComment]
    own: dict[str, OwnComment] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)
    next: str = ""


@dataclass(frozen=True, slots=True)
class Discussion:
    """A page, its parts in order, and what only this guest is told of it."""

    page: Page
    viewer: Viewer
    parts: list[Part]
    own: OwnAnswer
    outline: Seen | None = None

    @property
    def title(self) -> str:
        return self.page.title or self.page.url.partition("://")[2]

    @property
    def path(self) -> str:
        return f"/t/{self.page.id}"

    @property
    def comments(self) -> int:
        return sum(part.comments for part in self.parts)

    @property
    def is_public(self) -> bool:
        return any(part.public and part.answer for part in self.parts)

    def part(self, section: str) -> Part:
        """One of the parts; NotFound for what this viewer is told nothing of."""
        found = next((part for part in self.parts if part.id == section), None)
        if found is None:
            raise NotFound()
        return found

    def own_in(self, section: str) -> list[OwnComment]:
        return [each for each in self.own.comments if each.section == section]


async def page_named(snapshot: Snapshot, id: str) -> Page:
    page = await snapshot.get(Page, id) if looks_like_id(id) else None
    if page is None:
        raise NotFound()
    return page


async def read(
    request: Request, snapshot: Snapshot, page: Page, author_key: str | None, section: str | None = None
) -> Discussion:
    """The discussion of a page, with `section` among its parts where anybody sees something there.

    NotFound where this guest may not know that there is one: nobody has published the page, and nothing on it is public
    or his own. A page of which a first comment waits is like one that was never heard of (house, law 3).
    """
    if section is not None and not looks_like_id(section):
        raise NotFound()
    viewer = Viewer(page.site_id, author_key)
    reference = await snapshot.get(Outline, (page.id, page.reference)) if page.reference else None
    owners = reference if reference and reference.source.is_owners else None
    places = await door.resources(request).outlines.places(snapshot, page, page.reference) if page.reference else None
    told = await reading.read_page(snapshot, viewer, page.key, page, places)
    own = await overlay.read_own(snapshot, viewer, page.key) if author_key else NOTHING
    parts = _in_order(told, places or (), owners)
    parts += await _more(snapshot, viewer, page, {part.id for part in parts}, own, section)
    if not parts:
        raise NotFound()
    return Discussion(page, viewer, parts, own, Seen(owners.hash) if owners else None)


def _in_order(told: PageAnswer, places: Places, owners: Outline | None) -> list[Part]:
    """The article's order, earlier discussions last. Of the owner's own outline also what nobody has written under."""
    earlier = {each.section for each in told.earlier}
    by_id = {each.id: each for each in told.sections}
    parts: list[Part] = []
    for at, place in enumerate(places):
        ids = [id for id in place.ids if id in by_id]
        for id in ids:
            found = by_id.pop(id)
            parts.append(Part(id, found.heading or _unnamed(at), found, at))
        if not ids and owners and place.id:
            parts.append(Part(place.id, owners.sections[at]["heading"] or _unnamed(at), None, at))
    rest = [each for id, each in by_id.items() if id not in earlier]
    gone = [each for id, each in by_id.items() if id in earlier]
    parts += [Part(each.id, each.heading or UNNAMED, each) for each in rest]
    return parts + [Part(each.id, each.heading or UNNAMED, each, is_earlier=True) for each in gone]


def _unnamed(at: int) -> str:
    return INTRODUCTION if at == 0 else UNNAMED


async def _more(
    snapshot: Snapshot, viewer: Viewer, page: Page, known: set[str], own: OwnAnswer, section: str | None
) -> list[Part]:
    """Sections that stand in no list of everybody's: where the guest himself has written, and the one asked for by its
    address, as whoever has a link to a comment in it may read it.
    """
    mine = {each.section for each in own.comments if each.section and each.state in HIS}
    found: list[Part] = []
    for id in sorted((mine | ({section} if section else set())) - known):
        row, at = await reading.find_section(snapshot, id, viewer.site)
        if at.id == page.id and (row.shown or id in mine):
            answer = reading.section_answer(row, viewer.audience)
            found.append(Part(id, row.heading or UNNAMED, answer, public=False))
    return found
