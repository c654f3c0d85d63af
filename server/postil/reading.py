"""What a viewer sees. The one place that decides visibility; every answer about comments passes through it.

The question is always "what changed since revision n, as this viewer may see it?" (house, law 1). A window
(windows.py) is the same answer for a part of a section, at the revision of one snapshot.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, literal_column, or_, select, true
from sqlmodel import col

from postil.answers import (
    ChangesAnswer,
    CommentAnswer,
    CommentInPlace,
    CountAnswer,
    EarlierAnswer,
    HeldAnswer,
    PageAnswer,
    PageBrief,
    SectionAnswer,
    TextAnswer,
    ThenAndNow,
    WhyAnswer,
)
from postil.appeals import open_appeals
from postil.cursors import MOST_BEHIND, Since
from postil.db import Snapshot
from postil.editions import waiting_editions
from postil.errors import NotFound
from postil.models import (
    Author,
    Comment,
    Edition,
    Outline,
    Page,
    PageAlias,
    PublicSpan,
    Section,
    WaitingView,
)
from postil.places import Place, Places, place_of, places_in, standing
from postil.states import State
from postil.viewer import Audience, Viewer

CommentRow = Row[Any]
COLUMNS: tuple[Any, ...] = (
    Comment.id,
    Comment.section_id,
    Comment.parent_id,
    Comment.root_id,
    Comment.path,
    Comment.author_id,
    Comment.author_name,
    Comment.state,
    Comment.html,
    Comment.reason,
    Comment.edition,
    Comment.held,
    Comment.appealed,
    Comment.why,
    Comment.outline_hash,
    Comment.support,
    Comment.flags,
    Comment.shown,
    Comment.thread_shown,
    Comment.thread_size,
    Comment.public_revision,
    Comment.staff_revision,
    Comment.created_at,
    Comment.edited_at,
)


# In the statement's text, as the indexes of roots have it: a planner does not know what a parameter will be.
IS_ROOT: ColumnElement[bool] = col(Comment.depth) == literal_column("0")


def visible(audience: Audience) -> ColumnElement[bool]:
    """The rule. Readers see what is shown (states.is_shown); staff of the site see that a comment is there."""
    return true() if audience is Audience.STAFF else col(Comment.shown).is_(True)


def whole(state: State, audience: Audience) -> bool:
    """Whether text and author of a visible comment may be told, or only its tombstone."""
    return state is State.PUBLISHED or (audience is Audience.STAFF and state in (State.PENDING, State.HIDDEN))


def revision_of(audience: Audience) -> Any:
    return col(Comment.staff_revision) if audience is Audience.STAFF else col(Comment.public_revision)


def page_revision(page: Page, audience: Audience) -> int:
    return page.staff_revision if audience is Audience.STAFF else page.public_revision


def comment_answer(row: Any, audience: Audience, *, in_section: bool = False, in_window: bool = False) -> CommentAnswer:
    """The public or the staff form of a row (COLUMNS, or a Comment) that `visible` let through."""
    staff = audience is Audience.STAFF
    revision = row.staff_revision if staff else row.public_revision
    answer = CommentAnswer(
        id=row.id,
        section=row.section_id if in_section else None,
        parent=row.parent_id,
        at=row.created_at,
        revision=None if in_window else revision,
        state=row.state,
        reason=row.reason if row.state is State.HIDDEN else None,
    )
    if whole(row.state, audience):
        answer.author, answer.html, answer.edited = row.author_name, row.html, row.edited_at
        answer.support, answer.flags = row.support, row.flags if staff else 0
        if staff:
            answer.edition, answer.why = row.edition, [WhyAnswer(**why) for why in row.why]
    return answer


def held_answer(edition: Edition) -> HeldAnswer:
    return HeldAnswer(html=edition.html, edition=edition.number)


async def tell_staff(snapshot: Snapshot, rows: Sequence[Any], answers: Sequence[CommentAnswer]) -> None:
    """Add to the staff form of comments what else a moderator decides about: edits that wait, and appeals."""
    held = await waiting_editions(snapshot, [row.id for row in rows if row.held is not None])
    appeals = await open_appeals(snapshot, [row.id for row in rows if row.appealed])
    for row, answer in zip(rows, answers, strict=True):
        if edition := held.get(row.id):
            answer.held = held_answer(edition)
        if (appeal := appeals.get(row.id)) and whole(row.state, Audience.STAFF):
            answer.appeal = appeal.text


def section_answer(section: Section, audience: Audience) -> SectionAnswer:
    staff = audience is Audience.STAFF
    return SectionAnswer(
        id=section.id,
        heading=section.heading,
        state=section.state,
        comments=section.comments,
        pending=section.pending if staff else 0,
        hidden=section.hidden if staff else 0,
        last=section.last_at,
        faces=section.faces,
        minutes=section.pace,
    )


async def find_page(snapshot: Snapshot, site: str, key: str) -> Page | None:
    """A page by its key, or by one that it had before it moved."""
    page = await snapshot.scalar(select(Page).where(col(Page.site_id) == site, col(Page.key) == key))
    if page is None and (alias := await snapshot.get(PageAlias, (site, key))):
        page = await snapshot.get(Page, alias.page_id)
    return page


async def page_of(snapshot: Snapshot, viewer: Viewer, comment_id: str) -> str:
    """The page of a comment that the viewer sees, or wrote; else NotFound, by the same statement for one that he does
    not see, one of another site and one that was never issued: how long it takes tells nothing either.
    """
    seen = visible(viewer.audience)
    if viewer.author_key is not None:
        seen = or_(seen, col(Author.token_hash) == viewer.author_key)
    query = select(col(Comment.page_id)).outerjoin(Author, col(Author.id) == Comment.author_id)
    query = query.where(col(Comment.id) == comment_id, col(Comment.site_id) == viewer.site, seen)
    page: str | None = await snapshot.scalar(query)
    if page is None:
        raise NotFound()
    return page


async def find_section(snapshot: Snapshot, section: str, site: str | None = None) -> tuple[Section, Page]:
    """A section ever issued, of `site` if one is given; else NotFound, the same for both."""
    query = select(Section, Page).join(Page, col(Section.page_id) == Page.id).where(col(Section.id) == section)
    if site is not None:
        query = query.where(col(Page.site_id) == site)
    found = (await snapshot.execute(query)).first()
    if found is None:
        raise NotFound()
    return found[0], found[1]


async def read_page(
    snapshot: Snapshot, viewer: Viewer, key: str, page: Page | None, places: Places | None = None, *, known: bool = True
) -> PageAnswer:
    """A page's sections and counts at one revision; empty where there is nothing yet that this viewer sees.

    `places` of the outline that he was shown (places.Outlines), None where he named none; not `known`: where he named
    one that must be sent whole first.
    """
    sections = await _sections(snapshot, page, viewer.audience) if page else []
    if page is None or not (sections or viewer.is_staff):
        # Its first comment may wait for a moderator: that it made the page is then nobody's business.
        return await _read_empty_page(snapshot, viewer, key, page)
    mine = None if places is None and known else frozenset(standing(places or ()))
    seen = [each for each in sections if viewer.is_staff or is_for(page, each, mine)]
    answer = PageAnswer(
        since=str(Since(snapshot.epoch, page_revision(page, viewer.audience))),
        id=page.id,
        title=page.title,
        views=page.views,
        comments=sum(section.comments for section in seen),
        pending=sum(section.pending for section in seen) if viewer.is_staff else 0,
        sections=[section_answer(section, viewer.audience) for section in seen],
    )
    if known:
        _tell_places(answer, places or (), {section.id for section in seen})
        answer.earlier = await _earlier(snapshot, page, seen, places)
    return answer


def is_for(page: Page, section: Section, mine: frozenset[str] | None) -> bool:
    """Whether a reader is told of a section: it is everybody's, or stands in the outline that he was shown. To one who
    shows none, everything is told of a page that has no reference.
    """
    return section.is_shared or (page.reference is None if mine is None else section.id in mine)


async def sections_seen(snapshot: Snapshot, viewer: Viewer, page: Page, mine: frozenset[str] | None) -> list[Section]:
    """The sections with anything in them that a viewer is told of: `mine` stand in his outline, as in `is_for`."""
    sections = await _sections(snapshot, page, viewer.audience)
    return [each for each in sections if viewer.is_staff or is_for(page, each, mine)]


def _tell_places(answer: PageAnswer, places: Places, seen: set[str]) -> None:
    """Which thread stands where, of those that are seen."""
    answer.outline = [_led(place, seen) for place in places]
    for at, place in enumerate(places):
        if others := [id for id in place.joined if id in seen and id != answer.outline[at]]:
            answer.joined[at] = others
        if place.part_of in seen:
            answer.parts[at] = place.part_of


def _led(place: Place, seen: set[str]) -> str | None:
    """The thread that leads at a place: its own, else one that was merged into it."""
    return next((id for id in place.ids if id in seen), None)


async def _earlier(
    snapshot: Snapshot, page: Page, sections: Sequence[Section], places: Places | None
) -> list[EarlierAnswer]:
    """Threads of everybody's that stand nowhere here; in the reference, where no outline was shown."""
    if places is None:
        reference = await snapshot.get(Outline, (page.id, page.reference)) if page.reference else None
        places = places_in(reference) if reference else ()
    here = standing(places)
    gone = [section for section in sections if section.is_shared and section.id not in here]
    return [
        EarlierAnswer(section=each.id, heading=each.heading, excerpt=await excerpt_of(snapshot, each)) for each in gone
    ]


async def excerpt_of(snapshot: Snapshot, section: Section) -> str:
    """How a section began where it was last seen, in the owner's own text; "" where that is not known."""
    outline = await snapshot.get(Outline, (section.page_id, section.outline_hash)) if section.outline_hash else None
    return outline.excerpts[section.at] if outline and section.at < len(outline.excerpts) else ""


async def _read_empty_page(snapshot: Snapshot, viewer: Viewer, key: str, page: Page | None) -> PageAnswer:
    since = str(Since(snapshot.epoch, page_revision(page, viewer.audience) if page else 0))
    views = await _views(snapshot, viewer.site, key, page)
    return PageAnswer(since=since, views=views, comments=0, sections=[], outline=[])


async def _views(snapshot: Snapshot, site: str, key: str, page: Page | None) -> int:
    """How often a page was seen, whether or not it has a row yet: that it has one is not to be told by this."""
    if page is not None:
        return page.views
    waiting = await snapshot.get(WaitingView, (site, key))
    return waiting.views if waiting else 0


async def _sections(snapshot: Snapshot, page: Page, audience: Audience) -> Sequence[Section]:
    """The page's sections that hold anything this audience sees."""
    query = select(Section).where(col(Section.page_id) == page.id).order_by(col(Section.id))
    if audience is Audience.PUBLIC:
        query = query.where(col(Section.shown) > 0)
    return (await snapshot.scalars(query)).all()


async def changes(
    snapshot: Snapshot, viewer: Viewer, key: str, since: Since, sections: frozenset[str] | None = None
) -> ChangesAnswer:
    """What changed on a page since a cursor; bodies only of `sections`, where given. Of every section, whomever it is
    for: `for_reader` (or the hub, for each watcher) leaves out what a reader's outline does not show.

    `resync` for an unknown epoch, a revision to come, or one more than MOST_BEHIND ago.
    """
    page = await find_page(snapshot, viewer.site, key)
    now = page_revision(page, viewer.audience) if page else 0
    answer = ChangesAnswer(
        since=str(Since(snapshot.epoch, now)),
        total=0,
        views=await _views(snapshot, viewer.site, key, page),
        sections=[],
        comments=[],
        gone={},
    )
    if page is not None:
        await _tally(snapshot, viewer, page, answer)
    if since.epoch != snapshot.epoch or not 0 <= now - since.revision <= MOST_BEHIND:
        answer.resync = True
        return answer
    if page is None:
        return answer
    answer.total = answer.total_for(None)
    if now > since.revision:
        await _fill(snapshot, page, viewer.audience, since.revision, sections, answer)
    return answer


async def _tally(snapshot: Snapshot, viewer: Viewer, page: Page, answer: ChangesAnswer) -> None:
    """How many comments each section has, and which are everybody's: what an answer for all is cut by, for each."""
    answer.is_open = viewer.is_staff or page.reference is None
    tallies = select(col(Section.id), col(Section.comments), col(Section.is_shared)).where(
        col(Section.page_id) == page.id
    )
    rows = (await snapshot.execute(tallies)).all()
    answer.tallies = {row.id: row.comments for row in rows}
    answer.shared = frozenset(row.id for row in rows if row.is_shared or viewer.is_staff)


def for_reader(answer: ChangesAnswer, mine: frozenset[str] | None) -> ChangesAnswer:
    """The same without what is not for a reader: `mine` stand in his outline, None where he showed none."""
    answer.total = answer.total_for(mine)
    answer.sections = [section for section in answer.sections if answer.is_for(section.id, mine)]
    answer.comments = [comment for comment in answer.comments if answer.is_for(comment.section or "", mine)]
    answer.gone = {id: section for id, section in answer.gone.items() if answer.is_for(section, mine)}
    return answer


async def _fill(
    snapshot: Snapshot,
    page: Page,
    audience: Audience,
    since: int,
    sections: frozenset[str] | None,
    answer: ChangesAnswer,
) -> None:
    rows = await _changed_rows(snapshot, page, audience, since)
    seen = [row for row in rows if audience is Audience.STAFF or row.shown]
    gone = await _gone(snapshot, [row for row in rows if audience is Audience.PUBLIC and not row.shown], since)
    touched = {row.section_id for row in seen} | set(gone.values())
    answer.sections = await _changed_sections(snapshot, page, audience, since, touched)
    told = [row for row in seen if sections is None or row.section_id in sections]
    answer.comments = [comment_answer(row, audience, in_section=True) for row in told]
    await tell_more(snapshot, page, told, answer.comments, audience)
    answer.gone = {id: section for id, section in gone.items() if sections is None or section in sections}


async def _changed_rows(snapshot: Snapshot, page: Page, audience: Audience, since: int) -> Sequence[CommentRow]:
    revision = revision_of(audience)
    query = select(*COLUMNS).where(col(Comment.page_id) == page.id, revision > since).order_by(revision, Comment.id)
    return (await snapshot.execute(query)).all()


async def _gone(snapshot: Snapshot, rows: Sequence[CommentRow], since: int) -> dict[str, str]:
    """Those of `rows` that were in the public answer at `since`: id -> section. Others never existed for it."""
    if not rows:
        return {}
    query = select(col(PublicSpan.comment_id)).where(
        col(PublicSpan.comment_id).in_([row.id for row in rows]),
        col(PublicSpan.since) <= since,
        col(PublicSpan.until) > since,
    )
    were_public = set(await snapshot.scalars(query))
    return {row.id: row.section_id for row in rows if row.id in were_public}


async def _changed_sections(
    snapshot: Snapshot, page: Page, audience: Audience, since: int, touched: Iterable[str]
) -> list[SectionAnswer]:
    """Sections that changed. Readers hear of one that shows nothing only when it showed them something before."""
    query = select(Section).where(col(Section.page_id) == page.id).order_by(col(Section.id))
    if audience is Audience.STAFF:
        query = query.where(col(Section.staff_revision) > since)
    else:
        known = or_(col(Section.shown) > 0, col(Section.id).in_(list(touched)))
        query = query.where(and_(col(Section.public_revision) > since, known))
    return [section_answer(section, audience) for section in await snapshot.scalars(query)]


async def read_comment(snapshot: Snapshot, viewer: Viewer | None, comment: str) -> CommentInPlace:
    """One comment, its section and its page: as anybody may see it, or as staff of its site."""
    audience = viewer.audience if viewer else Audience.PUBLIC
    query = (
        select(*COLUMNS, col(Page.url), col(Page.title))
        .join(Page, col(Comment.page_id) == Page.id)
        .where(col(Comment.id) == comment, visible(audience))
    )
    if viewer is not None:
        query = query.where(col(Comment.site_id) == viewer.site)
    row = (await snapshot.execute(query)).first()
    if row is None:
        raise NotFound()
    section, page = await find_section(snapshot, row.section_id)
    told = comment_answer(row, audience)
    await tell_more(snapshot, page, [row], [told], audience)
    return CommentInPlace(
        page=PageBrief(url=row.url, title=row.title), section=section_answer(section, audience), comment=told
    )


async def tell_more(
    snapshot: Snapshot, page: Page, rows: Sequence[Any], answers: Sequence[CommentAnswer], audience: Audience
) -> None:
    """What the answers say beside the rows themselves, in as few questions as there are kinds of it."""
    await tell_earlier(snapshot, page, rows, answers)
    if audience is Audience.STAFF:
        await tell_staff(snapshot, rows, answers)


async def tell_earlier(snapshot: Snapshot, page: Page, rows: Sequence[Any], answers: Sequence[CommentAnswer]) -> None:
    """Mark the comments that were written when their section read otherwise than it does in the reference."""
    hashes = written_otherwise(rows, page.reference)
    if not hashes:
        return
    query = select(Outline).where(col(Outline.page_id) == page.id, col(Outline.hash).in_(hashes))
    mark_earlier((await snapshot.scalars(query)).all(), page.reference or "", rows, answers)


def written_otherwise(rows: Sequence[Any], reference: str | None) -> list[str]:
    """The outlines to compare, the reference among them; none where all was written as the page is now."""
    hashes = {row.outline_hash for row in rows} - {None, reference}
    return [*hashes, reference] if hashes and reference is not None else []


def mark_earlier(
    outlines: Sequence[Any], reference: str, rows: Sequence[Any], answers: Sequence[CommentAnswer]
) -> None:
    known = {each.hash: each for each in outlines if each.referenced_at is not None}
    now = known[reference]
    for row, answer in zip(rows, answers, strict=True):
        then = known.get(row.outline_hash)
        answer.earlier = then is not None and _reads_otherwise(then, now, row.section_id)


def _reads_otherwise(then: Outline, now: Outline, section: str) -> bool:
    was, stands = place_of(places_in(then), section), place_of(places_in(now), section)
    if was is None or stands is None:
        return False
    return bool(then.sections[was].get("print") != now.sections[stands].get("print"))


async def read_then(snapshot: Snapshot, viewer: Viewer | None, comment: str) -> ThenAndNow:
    """How a comment's section read when it was written, and how it reads now; in the owner's own text alone."""
    told = await read_comment(snapshot, viewer, comment)
    section, page = await find_section(snapshot, told.section.id)
    written = await snapshot.scalar(select(col(Comment.outline_hash)).where(col(Comment.id) == comment))
    return ThenAndNow(
        then=await _text_in(snapshot, page, written, section.id),
        now=await _text_in(snapshot, page, page.reference, section.id),
    )


async def _text_in(snapshot: Snapshot, page: Page, hash: str | None, section: str) -> TextAnswer | None:
    outline = await snapshot.get(Outline, (page.id, hash)) if hash else None
    at = place_of(places_in(outline), section) if outline and outline.source.is_owners else None
    if outline is None or at is None:
        return None
    return TextAnswer(heading=outline.sections[at]["heading"], excerpt=outline.excerpts[at])


async def find_author(snapshot: Snapshot, viewer: Viewer) -> Author | None:
    if viewer.author_key is None:
        return None
    return await snapshot.scalar(
        select(Author).where(col(Author.site_id) == viewer.site, col(Author.token_hash) == viewer.author_key)
    )


async def _where_they_are(snapshot: Snapshot, pages: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The same pages, under their present keys where they have moved."""
    asked = or_(*(and_(col(PageAlias.site_id) == site, col(PageAlias.key) == key) for site, key, _ in pages))
    query = select(col(PageAlias.site_id), col(PageAlias.key), col(Page.key)).join(
        Page, col(PageAlias.page_id) == Page.id
    )
    moved = {(site, old): new for site, old, new in await snapshot.execute(query.where(asked))}
    return [(site, moved.get((site, key), key), url) for site, key, url in pages]


async def count_pages(snapshot: Snapshot, pages: Sequence[tuple[str, str, str]]) -> list[CountAnswer]:
    """Published comments and views of many pages, each (site, key, url as asked); unknown ones have none."""
    if not pages:
        return []
    pages = await _where_they_are(snapshot, pages)
    wanted = or_(*(and_(col(Page.site_id) == site, col(Page.key) == key) for site, key, _ in pages))
    everybodys = or_(col(Section.is_shared), col(Page.reference).is_(None))
    query = (
        select(col(Page.site_id), col(Page.key), col(Page.views), func.coalesce(func.sum(Section.comments), 0))
        .outerjoin(Section, and_(col(Section.page_id) == Page.id, everybodys))
        .where(wanted)
        .group_by(col(Page.site_id), col(Page.key), col(Page.views))
    )
    found = {(site, key): (views, comments) for site, key, views, comments in await snapshot.execute(query)}
    waiting = or_(*(and_(col(WaitingView.site_id) == site, col(WaitingView.key) == key) for site, key, _ in pages))
    for view in await snapshot.scalars(select(WaitingView).where(waiting)):
        found.setdefault((view.site_id, view.key), (view.views, 0))
    told = [(url, *found.get((site, key), (0, 0))) for site, key, url in pages]
    return [CountAnswer(url=url, views=views, comments=comments) for url, views, comments in told]
