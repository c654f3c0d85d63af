"""A site's rules as they are kept: each change of a rule is a new version of it, and the old ones stay."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from postil.db import Snapshot, Transaction
from postil.errors import Invalid
from postil.ids import earliest_id
from postil.kinds import settings_of, whole
from postil.models import Decision, Page, Rule, Section
from postil.rules import Effect, Kind, RuleDraft, RuleInForce
from postil.states import SectionState

MOST_RULES = 50  # of a site: each is asked for every post
MOST_VERSIONS = 50  # shown of a rule; all are kept
MOST_DUE = 200  # sections closed at once; the next hour closes more


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
    if before is None and len(rules) >= MOST_RULES:
        raise Invalid("kind", f"A site has at most {MOST_RULES} rules. Change one that is there.")
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
    who = "everyone" if on else "nobody"
    if (before.settings["who"] if before and before.is_on else "nobody") == who:
        return
    await write_rule(
        tx,
        site,
        Kind.REVIEW,
        name="Who is held for review",
        effect=Effect.HOLD,
        settings=settings_of(Kind.REVIEW, {"who": who}),
        number=before.number if before else None,
    )


async def holds_everything(snapshot: Snapshot, site: str) -> bool:
    rules = await in_force(snapshot, site)
    return any(rule.kind is Kind.REVIEW and rule.settings.get("who") == "everyone" for rule in rules)


async def begin_with(tx: Transaction, site: str, drafts: Sequence[RuleDraft]) -> None:
    """Write the rules that a site begins with."""
    for draft in drafts:
        await write_rule(tx, site, draft.kind, name=draft.name, effect=draft.effect, settings=draft.settings)


async def history(snapshot: Snapshot, site: str, number: int) -> Sequence[Rule]:
    """Every version of a rule, the latest first."""
    theirs = select(Rule).where(col(Rule.site_id) == site, col(Rule.number) == number)
    return (await snapshot.scalars(theirs.order_by(col(Rule.version).desc()).limit(MOST_VERSIONS))).all()


async def catches(snapshot: Snapshot, site: str, days: int = 30) -> dict[int, int]:
    """How many comments each rule caught lately, by its number: those whose log names it."""
    caught = (
        select(col(Decision.rule), func.count(func.distinct(col(Decision.comment_id))))
        .where(col(Decision.site_id) == site, col(Decision.id) >= earliest_id(snapshot.now - days * 86_400))
        .where(col(Decision.rule).is_not(None), col(Decision.created_at) >= snapshot.now - days * 86_400)
        .group_by(col(Decision.rule))
    )
    return {number: count for number, count in await snapshot.execute(caught) if number is not None}


def close_after(rules: Iterable[RuleInForce]) -> int | None:
    """After how many days sections close to new threads; None where no rule says so. Of several the shortest."""
    days = [int(whole(rule.kind, rule.settings)["days"]) for rule in rules if rule.kind is Kind.AGE]
    return min(days, default=None)


async def sections_due(snapshot: Snapshot, site: str) -> list[str]:
    """The open and slow sections whose page has been here for as long as the site's rule lets it, at most MOST_DUE;
    none that a moderator has set himself since.
    """
    days = close_after(await in_force(snapshot, site))
    if days is None:
        return []
    due_at = col(Page.created_at) + days * 86_400
    opened = select(col(Decision.id)).where(
        col(Decision.section_id) == Section.id,
        col(Decision.moderator_id).is_not(None),
        col(Decision.created_at) > due_at,
    )
    query = (
        select(col(Section.id))
        .join(Page, col(Section.page_id) == Page.id)
        .where(col(Page.site_id) == site, due_at <= snapshot.now, ~opened.exists())
        .where(col(Section.state).in_([SectionState.OPEN, SectionState.SLOW]))
        .order_by(col(Section.id))
        .limit(MOST_DUE)
    )
    return list(await snapshot.scalars(query))
