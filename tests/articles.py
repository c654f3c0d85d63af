"""Articles made of words, as outlines: for tests about where their threads stand."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from postil.fingerprint import fingerprint
from postil.outline import OutlineSection

SYLLABLES = "ka lo mi ne ru sa to vi za be du fo gi ha jo pe qui re sha tu".split()


def words(seed: str, count: int = 60) -> str:
    """So many made-up words, the same for the same seed, and shared with no other seed."""
    source = random.Random(seed)
    return " ".join("".join(source.choices(SYLLABLES, k=4)) for _ in range(count))


@dataclass(frozen=True)
class Part:
    """A section of an article: its heading and its words."""

    heading: str
    text: str
    key: str | None = None

    def edited(self, share: float) -> "Part":
        """The same with a share of its words at the end replaced."""
        kept = self.text.split()
        cut = round(len(kept) * (1 - share))
        return replace(self, text=" ".join([*kept[:cut], *words(f"{self.text} edited", len(kept) - cut).split()]))

    def renamed(self, heading: str) -> "Part":
        return replace(self, heading=heading)


def part(heading: str, seed: str = "", count: int = 60) -> Part:
    return Part(heading, words(seed or heading, count))


def outline(parts: Sequence[Part]) -> tuple[OutlineSection, ...]:
    return tuple(
        OutlineSection(each.heading, 2, id=each.heading.lower().replace(" ", "-"), key=each.key, **_prints(each.text))
        for each in parts
    )


def _prints(text: str) -> dict[str, str]:
    return fingerprint(text)._asdict()


def excerpts(parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(each.text[:80] for each in parts)
