"""A line of the table: a figure a round, ours and the floor's, and what is to be reached.

Some bounds are figures of one machine, on which our peers were measured. One floor was measured there too, and tells
how fast this machine is beside it: its pace. Such a bound stands in the table as it was set and as it is here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Literal

from bench.machine import Noise, describe

# A floor that came out so differently from round to round says more of its neighbours than of itself.
NOISY_SPREAD = 0.25

HEADS = ["what", "unit", "floor", "ours", "ratio", "target", "here", "met", "Isso"]
Of = Literal["ratio", "ours", "speed"]


@dataclass(frozen=True)
class Target:
    """A bound for the ratio, for our own figure, or for our own figure on the machine on which peers were measured."""

    bound: float
    of: Of = "ratio"
    most: bool = False

    def __str__(self) -> str:
        return f"{'≤' if self.most else '≥'} {figure(self.bound)}{' ×' if self.of == 'ratio' else ''}"

    def at(self, pace: float) -> "Target":
        """The same on a machine so many times as fast."""
        if self.of != "speed":
            return self
        return replace(self, bound=self.bound / pace if self.most else self.bound * pace)

    def is_met(self, value: float | None) -> bool:
        return value is not None and (value <= self.bound if self.most else value >= self.bound)


def at_least(bound: float, of: Of = "ratio") -> Target:
    return Target(bound, of)


def at_most(bound: float, of: Of = "ratio") -> Target:
    return Target(bound, of, most=True)


@dataclass(frozen=True)
class Row:
    """What was measured, in `unit`: ours and floor have a figure a round each, taken by turns. `there` is what the
    machine on which peers were measured did at this floor.
    """

    name: str
    unit: str
    ours: Sequence[float]
    floor: Sequence[float] = ()
    target: Target | None = None
    isso: float | None = None
    there: float | None = None

    @property
    def value(self) -> float:
        return median(self.ours)

    @property
    def floor_value(self) -> float | None:
        return median(self.floor) if self.floor else None

    @property
    def ratio(self) -> float | None:
        """The median of the rounds' own ratios: what else the machine did fell on both halves of a round."""
        if len(self.floor) != len(self.ours):
            return self.value / median(self.floor) if self.floor else None
        return median(ours / floor for ours, floor in zip(self.ours, self.floor, strict=True))

    def meets(self, target: Target) -> bool:
        return target.is_met(self.ratio if target.of == "ratio" else self.value)

    @property
    def spread(self) -> float:
        """How far the rounds of the floor (ours, where it has none) lie apart, as a share of their median."""
        told = self.floor or self.ours
        return (max(told) - min(told)) / median(told) if median(told) else 0.0

    @property
    def is_noisy(self) -> bool:
        return self.spread > NOISY_SPREAD

    def as_json(self, pace: float | None) -> dict[str, Any]:
        return {
            "what": self.name,
            "unit": self.unit,
            "floor": self.floor_value,
            "ours": self.value,
            "ratio": self.ratio,
            "target": str(self.target) if self.target else None,
            "met": met(self, pace),
            "isso": self.isso,
            "noisy": self.is_noisy,
            "rounds": {"ours": list(self.ours), "floor": list(self.floor)},
        }


def pace(rows: Sequence[Row]) -> float | None:
    """How fast this machine is, the one on which peers were measured being 1; None where that floor was not measured.

    Source: ../shared/research/performance.md, a constant answered by a Starlette route.
    """
    return next((row.floor_value / row.there for row in rows if row.there and row.floor_value), None)


def met(row: Row, at: float | None) -> str | None:
    """yes, no, or at its pace: what is a figure of the peers' machine, and is reached only as much as this one does."""
    if row.target is None:
        return None
    if row.meets(row.target):
        return "yes"
    return "at its pace" if at and row.meets(row.target.at(at)) else "no"


def table(rows: Sequence[Row]) -> str:
    """One line a row; a figure whose floor was noisy has a tilde behind its ratio."""
    at = pace(rows)
    lines = [HEADS, *(_line(row, at) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(_laid_out(line, widths) for line in lines)


def _line(row: Row, at: float | None) -> list[str]:
    ratio = figure(row.ratio) + ("~" if row.is_noisy else "")
    target = str(row.target or "")
    here = str(row.target.at(at)) if at and row.target and row.target.of == "speed" else ""
    figures = [figure(row.floor_value), figure(row.value), ratio]
    return [row.name, row.unit, *figures, target, here, met(row, at) or "", figure(row.isso)]


def _laid_out(line: Sequence[str], widths: Sequence[int]) -> str:
    words = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
    figures = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
    return "  ".join([*words, *figures]).rstrip()


def figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def keep(rows: Sequence[Row], noise: Noise, to: Path, *, is_complete: bool) -> None:
    """The same with every round, and what the machine did meanwhile, as JSON in a file."""
    told = {
        "machine": describe(),
        "complete": is_complete,
        "noise": {"others": noise.others, "stolen": noise.stolen, "loud": noise.is_loud},
        "pace": pace(rows),
        "rows": [row.as_json(pace(rows)) for row in rows],
    }
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(told, indent=1) + "\n")
