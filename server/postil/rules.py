"""A site's rules: what they look at, and what they say of a post. Pure; postil.judging brings the facts."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """What becomes of a post: published, held for a moderator, or refused with the reason."""

    PASS = "pass"
    HOLD = "hold"
    BLOCK = "block"


class Kind(StrEnum):
    """What a rule looks at. `appeal` and `edit` are no rules, and yet a reason to be in the queue."""

    REVIEW = "review"
    WORDS = "words"
    LINKS = "links"
    REPEATS = "repeats"
    FLAGS = "flags"
    TRAP = "trap"
    SPEED = "speed"
    SPAM = "spam"
    AKISMET = "akismet"
    OUTSIDE = "outside"
    AGE = "age"
    EDIT = "edit"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why a comment waits, as moderators read it. `marks`: the words of its text that it is about."""

    kind: Kind
    says: str
    rule: int | None = None
    version: int | None = None
    marks: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """As Comment.why keeps it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """The latest version of a rule that is on."""

    number: int
    version: int
    kind: Kind
    name: str
    effect: Effect
    settings: dict[str, Any] = field(default_factory=dict)

    def why(self, says: str, *marks: str) -> Why:
        return Why(self.kind, says, self.number, self.version, marks)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules together say: the hardest effect, and every reason for it."""

    effect: Effect = Effect.PASS
    whys: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at."""

    is_staff: bool = False
    approved: int = 0


def judge(rules: Iterable[RuleInForce], facts: Facts) -> Verdict:
    """Ask every rule."""
    found: Sequence[tuple[Effect, Why]] = [(rule.effect, why) for rule in rules if (why := _ask(rule, facts))]
    if not found:
        return Verdict()
    effect = Effect.BLOCK if any(each is Effect.BLOCK for each, _ in found) else Effect.HOLD
    return Verdict(effect, tuple(why for _, why in found))


def _ask(rule: RuleInForce, facts: Facts) -> Why | None:
    if rule.kind is Kind.REVIEW and not facts.is_staff and rule.settings.get("who") == "everyone":
        return rule.why("every comment is looked at first")
    return None
