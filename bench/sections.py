"""The matcher, fingerprints included, in the shape that ../shared/outlines/score.py calls.

    .venv/bin/python ../shared/outlines/score.py --call bench.sections:match ../shared/outlines/public.jsonl.gz

Nothing of a section's text reaches the matcher but its fingerprint.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypedDict

from postil.fingerprint import fingerprint
from postil.outline import OutlineSection
from postil.outline import match as match_outlines


class Section(TypedDict):
    """A section as the pairs have it."""

    heading: str
    level: int
    id: str
    text: str


class Found(TypedDict):
    """A match as the score reads it."""

    to: list[int]
    score: float
    decision: str
    reason: str


def match(old: Sequence[Section], new: Sequence[Section]) -> list[Found]:
    """One answer per old section. Equal texts are fingerprinted once within a call."""
    print_of = cache(fingerprint)
    outlines = (
        [OutlineSection(s["heading"], s["level"], s["id"], None, *print_of(s["text"])) for s in side]
        for side in (old, new)
    )
    return [
        {"to": list(m.to), "score": m.score, "decision": m.decision.value, "reason": m.reason}
        for m in match_outlines(*outlines)
    ]
