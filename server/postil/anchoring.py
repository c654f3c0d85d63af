"""Where a comment belongs: finding the section it names, or making it, and keeping the outline it was seen in."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlmodel import col

from postil.changing import Change
from postil.db import Transaction
from postil.errors import Invalid, NotFound, OutlineUnknown
from postil.ids import new_id
from postil.models import Outline, Section
from postil.names import clean_text
from postil.outline import OutlineSection, nths, outline_hash, place
from postil.reading import known_section

# Far above any article; a bound for what forged outlines can make of a page (house, law 7).
MOST_SECTIONS = 1_000
MOST_OUTLINES = 200


@dataclass(frozen=True, slots=True)
class MadeSection:
    section: Section
    outline_hash: str | None = None


async def find_or_make_section(
    change: Change, section: str | None, outline: Sequence[OutlineSection], hash: str | None, index: int
) -> MadeSection:
    """The section named by id, or standing at `index` of `outline`; made, with the page locked, by its first comment.

    NotFound for an id of another page; Invalid for an index or hash that does not belong to the outline.
    """
    if section is not None:
        return MadeSection(await _find(change, section))
    if hash is not None and not outline:
        outline = await _kept(change, hash)
    if not 0 <= index < len(outline):
        raise Invalid("index", "The outline has no section at this index. Count from 0.")
    # A visitor who could choose the hash could say for others where their sections stand.
    if outline_hash(outline) != hash:
        raise Invalid("outline.hash", "The hash is not that of the outline's sections.")
    known = await _sections(change)
    id = place(outline, [known_section(section) for section in known])[index]
    found = next((section for section in known if section.id == id), None) or await _make(change, outline, index)
    await _keep(change, outline, hash)
    return MadeSection(found, hash)


async def _kept(change: Change, hash: str) -> list[OutlineSection]:
    kept = await change.tx.get(Outline, (change.page.id, hash))
    if kept is None:
        raise OutlineUnknown()
    return [OutlineSection(**section) for section in kept.sections]  # type: ignore[arg-type]


async def _find(change: Change, section: str) -> Section:
    found = await change.tx.get(Section, section)
    if found is None or found.page_id != change.page.id:
        raise NotFound()
    return found


async def _sections(change: Change) -> Sequence[Section]:
    query = select(Section).where(col(Section.page_id) == change.page.id).order_by(col(Section.id))
    return (await change.tx.scalars(query)).all()


async def _make(change: Change, outline: Sequence[OutlineSection], index: int) -> Section:
    await _refuse_flood(change.tx, change.page.id)
    seen = outline[index]
    section = Section(
        id=new_id(),
        page_id=change.page.id,
        heading=clean_text(seen.heading, 300),
        level=seen.level,
        element_id=seen.id,
        key=seen.key,
        nth=nths(outline)[index],
        created_at=change.tx.now,
    )
    change.tx.add(section)
    await change.tx.flush()
    return section


async def _refuse_flood(tx: Transaction, page: str) -> None:
    made = await tx.scalar(select(func.count()).select_from(Section).where(col(Section.page_id) == page)) or 0
    if made >= MOST_SECTIONS:
        raise Invalid("index", "This page has as many sections as a page may have.")


async def _keep(change: Change, outline: Sequence[OutlineSection], hash: str) -> None:
    if await change.tx.get(Outline, (change.page.id, hash)):
        return
    kept = await change.tx.scalar(
        select(func.count()).select_from(Outline).where(col(Outline.page_id) == change.page.id)
    )
    if (kept or 0) < MOST_OUTLINES:
        sections = [asdict(section) for section in outline]
        change.tx.add(Outline(page_id=change.page.id, hash=hash, sections=sections, created_at=change.tx.now))
