"""Where a comment belongs: finding the section it names, or making it, and keeping the outline it was seen in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from postil.changing import Change
from postil.db import Transaction
from postil.errors import Invalid, NotFound, OutlineUnknown, TooMany
from postil.ids import new_id
from postil.models import Comment, Outline, Section
from postil.outline import OutlineSection, covered, outline_hash
from postil.places import Outlines, Places, Seen, find_alike, places_in, rows_of
from postil.states import OutlineSource

# Far above any article; bounds for what forged outlines can make of a page (house, law 7). They are collected when no
# comment refers to them (collect), and one network can bring only a few, so that it cannot use them up for others.
MOST_SECTIONS = 1_000
MOST_OUTLINES = 200
MOST_OUTLINES_OF_NETWORK = 5
UNUSED_SECONDS = 3600
NETWORK_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class MadeSection:
    section: Section
    outline_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """Where somebody writes: a section by id, or the one at `index` of the outline that he was shown."""

    section: str | None
    outline: Seen | None
    index: int = 0
    network: str | None = None


async def find_or_make_section(change: Change, where: Aim, outlines: Outlines) -> MadeSection:
    """The section that is meant, made by its first comment, with the page locked; and the outline it was seen in.

    NotFound for an id of another page; Invalid for an index or hash that does not belong to the outline; OutlineUnknown
    where it must be sent whole; TooMany where a page, or a network, has as many outlines as it may.
    """
    outline = await _outline(change, where, outlines) if where.outline else None
    if where.section is not None:
        return MadeSection(await _find(change, where.section), outline.hash if outline else None)
    if outline is None or not 0 <= where.index < len(outline.sections):
        raise Invalid("index", "The outline has no section at this index. Count from 0.")
    places = await outlines.places(change.tx, change.page, outline.hash) or places_in(outline)
    id = places[where.index].id or new_id()
    section = await change.tx.get(Section, id) or await _make(change, outline, where.index, id)
    _pin(change, outline, places, where.index, id)
    return MadeSection(section, outline.hash)


async def _outline(change: Change, where: Aim, outlines: Outlines) -> Outline:
    """The kept outline that stands for what was shown: itself, one that is nearly the same, or it is kept now."""
    seen, page = where.outline, change.page
    assert seen is not None
    if seen.sections and outline_hash(seen.sections) != seen.hash:
        # A visitor who could choose the hash could say for others where their sections stand.
        raise Invalid("outline.hash", "The hash is not that of the outline's sections.")
    if kept := await change.tx.get(Outline, (page.id, seen.hash)):
        return kept
    sections = covered(seen.sections) or outlines.recall(page.site_id, page.key, seen.hash)
    if not sections:
        raise OutlineUnknown()
    return await find_alike(change.tx, page, sections) or await _keep(change, seen.hash, sections, where.network)


async def _keep(change: Change, hash: str, sections: Sequence[OutlineSection], network: str | None) -> Outline:
    await _refuse_flood(change, network)
    kept = Outline(
        page_id=change.page.id,
        hash=hash,
        sections=rows_of(sections),
        size=len(sections),
        network=network,
        created_at=change.tx.now,
    )
    change.tx.add(kept)
    await change.tx.flush()
    return kept


async def _refuse_flood(change: Change, network: str | None) -> None:
    count = select(func.count()).select_from(Outline).where(col(Outline.page_id) == change.page.id)
    count = count.where(col(Outline.source) == OutlineSource.SEEN)
    if (await change.tx.scalar(count) or 0) >= MOST_OUTLINES:
        raise TooMany(3600, "This page was shown in too many versions. Write in a section that has a discussion.")
    if network and (await change.tx.scalar(count.where(col(Outline.network) == network)) or 0) >= (
        MOST_OUTLINES_OF_NETWORK
    ):
        raise TooMany(3600, "Too many versions of this page come from your network. Reload it and try again.")


def _pin(change: Change, outline: Outline, places: Places, index: int, id: str) -> None:
    """Write down where the outline's threads stand, once somebody wrote under it: its own right answer from now on."""
    pinned = tuple(replace(place, id=id) if at == index else place for at, place in enumerate(places))
    if pinned != places_in(outline):
        outline.places = [place.plain() for place in pinned]
        change.page.anchors += 1


async def _find(change: Change, section: str) -> Section:
    found = await change.tx.get(Section, section)
    if found is None or found.page_id != change.page.id:
        raise NotFound()
    return found


async def _make(change: Change, outline: Outline, index: int, id: str) -> Section:
    made = select(func.count()).select_from(Section).where(col(Section.page_id) == change.page.id)
    if (await change.tx.scalar(made) or 0) >= MOST_SECTIONS:
        raise Invalid("index", "This page has as many sections as a page may have.")
    section = Section(id=id, page_id=change.page.id, created_at=change.tx.now)
    await _settle_in(change, section, outline, index)
    change.tx.add(section)
    await change.tx.flush()
    return section


async def _settle_in(change: Change, section: Section, outline: Outline, index: int) -> None:
    """Note what a section's own evidence is: its place in the reference, where its id is from there."""
    reference = await change.tx.get(Outline, (change.page.id, change.page.reference)) if change.page.reference else None
    for at, place in enumerate(places_in(reference) if reference else ()):
        if section.id in place.ids:
            assert reference is not None
            return stand(section, reference, at, leads=section.id == place.id)
    section.outline_hash, section.at = outline.hash, index


def stand(section: Section, reference: Outline, at: int, *, leads: bool = True) -> None:
    """A section that stands in the reference is everybody's; its heading is told where it is the owner's own text.

    One that was merged into another keeps the heading that it was written under: that is how it is labelled.
    """
    section.is_shared, section.outline_hash, section.at = True, reference.hash, at
    if leads:
        section.heading = reference.sections[at]["heading"] if reference.source.is_owners else ""


async def collect(tx: Transaction) -> None:
    """Drop what visitors' copies showed and no comment refers to any more, such as a flood's that was purged; and
    forget which network brought the others.
    """
    known_too_long = col(Outline.created_at) < tx.now - NETWORK_SECONDS
    await tx.execute(update(Outline).where(col(Outline.network).is_not(None), known_too_long).values(network=None))
    used = select(Comment.id).where(  # type: ignore[call-overload]
        col(Comment.page_id) == col(Outline.page_id), col(Comment.outline_hash) == col(Outline.hash)
    )
    await tx.execute(
        delete(Outline).where(
            col(Outline.source) == OutlineSource.SEEN,
            col(Outline.referenced_at).is_(None),
            col(Outline.created_at) < tx.now - UNUSED_SECONDS,
            ~used.exists(),
        )
    )
