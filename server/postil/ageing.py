"""Sections that close to new threads when their page is old, where a site's rule says so."""

from sqlalchemy import select
from sqlmodel import col

from postil import moderation, rulebook
from postil.db import Database
from postil.models import Site
from postil.reading import find_section
from postil.rules import Kind
from postil.states import SectionState


async def close_aged(database: Database) -> None:
    """Close what is due, each in its own transaction: watchers hear of it, and the log names the rule."""
    async with database.read() as snapshot:
        sites = (await snapshot.scalars(select(col(Site.id)))).all()
        due = [(site, section) for site in sites for section in await rulebook.sections_due(snapshot, site)]
    for site, section in due:
        await _close(database, site, section)


async def _close(database: Database, site: str, section_id: str) -> None:
    async with database.begin() as tx:
        rule = next((each for each in await rulebook.in_force(tx, site) if each.kind is Kind.AGE), None)
        section, page = await find_section(tx, section_id, site)
        if rule is None or section.state not in (SectionState.OPEN, SectionState.SLOW):
            return  # somebody was quicker
        named: dict[str, object] = {"rule": rule.number, "rule_version": rule.version, "why": str(rule.kind)}
        await moderation.change_section(tx, section, page, SectionState.CLOSED, 0, None, **named)
