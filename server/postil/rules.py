"""A site's rules: what they look at, and what they say of a post. Pure; postil.judging brings the facts."""

import math
from collections.abc import Iterable
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
    """What the rules together say: the hardest effect, every reason for it, and (where the text is refused) what its
    author is told: never more of the site's lists than what he wrote himself.
    """

    effect: Effect = Effect.PASS
    whys: tuple[Why, ...] = ()
    sentence: str = "This site does not take such a text. Say it in other words."


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule that somebody writes, or that a site begins with; `settings` as postil.kinds.settings_of gives them."""

    kind: Kind
    name: str
    settings: dict[str, Any]
    effect: Effect = Effect.HOLD


# One lucky flag is no record: without this, ten accounts that flagged one planted comment would weigh 2.
LEAST_JUDGED = 3


def flagger_weight(right: int, wrong: int) -> float:
    """How much one reader's flag weighs: the lower end of Wilson's 95 % interval of how often he was right; 0 for
    whoever was judged less than LEAST_JUDGED times.
    """
    judged = right + wrong
    if judged < LEAST_JUDGED:
        return 0.0
    z, rate = 1.96, right / judged
    middle = rate + z * z / (2 * judged)
    spread = z * math.sqrt(rate * (1 - rate) / judged + z * z / (4 * judged * judged))
    return max(0.0, (middle - spread) / (1 + z * z / judged))


def flags_hide(weights: Iterable[float], threshold: float) -> bool:
    """Whether flags of these weights together take a comment out of sight until a moderator has looked."""
    return sum(weights) >= threshold
