"""A site's rules as they are kept: each change of a rule is a new version of it, and the old ones stay."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from postil.db import Snapshot, Transaction
from postil.models import Rule
from postil.rules import Effect, Kind, RuleInForce


async def rules_of(snapshot: Snapshot, site: str) -> Sequence[Rule]:
    """The latest version of every rule of a site, on or off, by number."""
    latest = (
        select(col(Rule.number), func.max(Rule.version)).where(col(Rule.site_id) == site).group_by(col(Rule.number))
    )
    versions = dict((await snapshot.execute(latest)).all())
    query = select(Rule).where(col(Rule.site_id) == site).order_by(col(Rule.number), col(Rule.version))
    return [rule for rule in await snapshot.scalars(query) if versions[rule.number] == rule.version]


async def in_force(snapshot: Snapshot, site: str) -> list[RuleInForce]:
    """The rules of a site that are on."""
    return [in_words(rule) for rule in await rules_of(snapshot, site) if rule.is_on]


def in_words(rule: Rule) -> RuleInForce:
    return RuleInForce(rule.number, rule.version, Kind(rule.kind), rule.name, Effect(rule.effect), dict(rule.settings))


async def write_rule(
    tx: Transaction,
    site: str,
    kind: Kind,
    *,
    name: str,
    effect: Effect,
    settings: dict[str, Any],
    number: int | None = None,
    is_on: bool = True,
    moderator: str | None = None,
) -> Rule:
    """A new rule, or with `number` the next version of one."""
    rules = await rules_of(tx, site)
    before = next((rule for rule in rules if rule.number == number), None)
    rule = Rule(
        site_id=site,
        number=before.number if before else max((each.number for each in rules), default=0) + 1,
        version=before.version + 1 if before else 1,
        kind=kind,
        name=name,
        effect=effect,
        settings=settings,
        is_on=is_on,
        moderator_id=moderator,
        created_at=tx.now,
    )
    tx.add(rule)
    await tx.flush()
    return rule


async def hold_everything(tx: Transaction, site: str, on: bool) -> None:
    """Whether every comment of the site is looked at before readers see it: the rule of kind `review`."""
    before = next((rule for rule in await rules_of(tx, site) if rule.kind == Kind.REVIEW), None)
    if before is None and not on:
        return
    await write_rule(
        tx,
        site,
        Kind.REVIEW,
        name="Who is held for review",
        effect=Effect.HOLD,
        settings={"who": "everyone" if on else "nobody"},
        number=before.number if before else None,
    )


async def holds_everything(snapshot: Snapshot, site: str) -> bool:
    rules = await in_force(snapshot, site)
    return any(rule.kind is Kind.REVIEW and rule.settings.get("who") == "everyone" for rule in rules)
