"""What each kind of rule says of a post, from facts alone. Pure; postil.judging brings the facts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from postil.kinds import whole
from postil.rules import Effect, Kind, RuleInForce, Verdict, Why
from postil.shown import Link, Shown, is_under
from postil.words import words_of

NOTHING = Shown("", ())
_Settings = Mapping[str, Any]  # as postil.kinds.whole gives them

# Who pastes what he wrote elsewhere is no machine: nothing takes longer than this to be believed.
LONGEST_TO_WRITE = 30


@dataclass(frozen=True, slots=True)
class Again:
    """How often the same was posted lately, this time included, and on how many pages."""

    times: int
    pages: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at. `approved`: published comments of the author's. `own_hosts`: of the site. `again` by hours.
    `took`: seconds, where the widget told. `spam`: how likely it is spam, by what the site's moderators decided;
    `learned`: how much of that was spam, and how much was none.
    """

    is_staff: bool = False
    approved: int = 0
    shown: Shown = NOTHING
    own_hosts: frozenset[str] = frozenset()
    trapped: bool = False
    took: int | None = None
    again: Mapping[int, Again] = field(default_factory=dict)
    spam: float | None = None
    learned: tuple[int, int] = (0, 0)
    outside: tuple[Why, ...] = ()


def judge(rules: Iterable[RuleInForce], facts: Facts) -> Verdict:
    """Ask every rule. Staff are never held."""
    if facts.is_staff:
        return Verdict()
    found = [(rule.effect, why) for rule in rules if (why := ask(rule, facts))]
    found += [(Effect.HOLD, why) for why in facts.outside]  # who is asked outside can hold, and nothing more
    whys = tuple(why for _, why in found)
    refusals = [why for effect, why in found if effect is Effect.BLOCK]
    if refusals:
        return Verdict(Effect.BLOCK, whys, _refusal(refusals[0]))
    return Verdict(Effect.HOLD, whys) if found else Verdict()


def ask(rule: RuleInForce, facts: Facts) -> Why | None:
    """What one rule says against a post; None where it lets it pass, or does not look at posts."""
    asked = _ASKED.get(rule.kind)
    return asked(rule, whole(rule.kind, rule.settings), facts) if asked else None


def _refusal(why: Why) -> str:
    if why.kind is Kind.TRAP:
        return (
            "A field that must stay empty was filled in. Switch off automatic filling in for this form, and try again."
        )
    if why.kind is Kind.REPEATS:
        return "This was posted here several times lately. Say it in other words, or leave it at that."
    if why.kind is Kind.LINKS and why.marks:
        return f"This site does not take links to {why.marks[0]}. Leave it out."
    if why.kind is Kind.LINKS:
        return "These are more links than this site takes in one comment. Leave some out."
    if why.marks:
        return f"This site does not take “{why.marks[0]}”. Say it in other words."
    return Verdict().sentence


def _review(rule: RuleInForce, settings: _Settings, facts: Facts) -> Why | None:
    who = settings["who"]
    if who in ("everyone", "guests"):  # nobody is signed in by a site yet, so every author is a guest
        return rule.why("every comment is looked at first" if who == "everyone" else "guests are looked at first")
    if who == "newcomers" and facts.approved < settings["approved"]:
        return rule.why("first comment here" if not facts.approved else f"new here: {facts.approved} published")
    return None


def _words(rule: RuleInForce, settings: _Settings, facts: Facts) -> Why | None:
    found = words_of(tuple(settings["words"])).find(facts.shown.text)
    if not found:
        return None
    said = dict.fromkeys(f"“{each.word.strip('*')}”" for each in found)
    return rule.why(f"word{'s' * (len(said) > 1)} {', '.join(said)}", *(each.mark for each in found))


def _links(rule: RuleInForce, settings: _Settings, facts: Facts) -> Why | None:
    if settings["newcomers_only"] and facts.approved >= settings["approved"]:
        return None
    refused = frozenset(settings["hosts_refused"])
    for link in facts.shown.links:
        if is_under(link.host, refused):
            return rule.why(f"link to {link.host}", link.host)
    counted = _counted(facts.shown.links, frozenset(settings["hosts_allowed"]) | facts.own_hosts)
    if len(counted) <= settings["most"]:
        return None
    number = "a link" if len(counted) == 1 else f"{len(counted)} links"
    return rule.why(f"new author with {number}" if settings["newcomers_only"] else number)


def _counted(links: Iterable[Link], allowed: frozenset[str]) -> frozenset[str]:
    return frozenset(link.href for link in links if not is_under(link.host, allowed))


def _repeats(rule: RuleInForce, settings: _Settings, facts: Facts) -> Why | None:
    again = facts.again.get(settings["hours"])
    if again is None or again.times < settings["times"]:
        return None
    return rule.why(f"same text on {again.pages} pages" if again.pages > 1 else f"same text {again.times} times")


def _trap(rule: RuleInForce, settings: _Settings, facts: Facts) -> Why | None:
    return rule.why("filled in a field that people do not see") if facts.trapped else None


def _speed(rule: RuleInForce, settings: _Settings, facts: Facts) -> Why | None:
    if facts.took is None:
        return None
    needed = len(facts.shown.text) / settings["characters"]
    if facts.took >= max(settings["seconds"], min(needed, LONGEST_TO_WRITE)):
        return None
    return rule.why(f"written in {facts.took} second{'s' * (facts.took != 1)}")


def _spam(rule: RuleInForce, settings: _Settings, facts: Facts) -> Why | None:
    if facts.spam is None or min(facts.learned) < settings["after"] or facts.spam < settings["at"]:
        return None
    return rule.why(f"{facts.spam * 100:.0f} % like what was hidden as spam")


_ASKED: Mapping[Kind, Callable[..., Why | None]] = {
    Kind.REVIEW: _review,
    Kind.WORDS: _words,
    Kind.LINKS: _links,
    Kind.REPEATS: _repeats,
    Kind.TRAP: _trap,
    Kind.SPEED: _speed,
    Kind.SPAM: _spam,
}
