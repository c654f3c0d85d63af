"""What happened, as everybody saw it, and what must follow from it. Pure, so that the checker itself can be checked."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Comment = dict[str, Any]
State = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Heard:
    """A comment's text as a reader was told it, at a time; `step` counts what moved his cursor before."""

    reader: str
    at: float
    step: int
    id: str
    revision: int


@dataclass
class History:
    """Every operation and its outcome; times are of one clock, seconds."""

    acknowledged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    hidden: dict[str, float] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    states: dict[str, dict[State, str]] = field(default_factory=lambda: defaultdict(dict))
    refused: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    retried: int = 0

    def saw(self, who: str, since: str, comments: Mapping[str, Comment]) -> None:
        """Everything that somebody holds at a revision."""
        state = frozenset((id, json.dumps(comment, sort_keys=True)) for id, comment in comments.items())
        self.states[since].setdefault(state, who)


def complaints(
    history: History,
    stored: list[Comment],
    public: Mapping[str, Comment],
    readers: Mapping[str, dict[str, Comment]],
    *,
    bound: float,
) -> list[str]:
    """What is wrong, in sentences. `stored`: what staff are told at the end; `public`: what a fresh load tells readers.
    `bound`: how late a reader's own line may be with a text that is hidden.
    """
    return [
        *history.wrong,
        *_lost_or_doubled(history, stored),
        *_apart(public, readers),
        *_unequal(history),
        *_leaked(history, bound),
        *_out_of_order(history),
    ]


def _lost_or_doubled(history: History, stored: list[Comment]) -> list[str]:
    kept = {comment["id"] for comment in stored}
    said = [
        f"“{text}” was acknowledged as {id} and is lost"
        for text, ids in history.acknowledged.items()
        for id in ids - kept
    ]
    texts = Counter(comment["html"] for comment in stored)
    return said + [f"{html!r} stands there {count} times" for html, count in texts.items() if count > 1]


def _apart(public: Mapping[str, Comment], readers: Mapping[str, dict[str, Comment]]) -> list[str]:
    """At the end every reader holds what a fresh load tells."""
    said = []
    for who, held in readers.items():
        differing = sorted(id for id in {*held, *public} if held.get(id) != public.get(id))
        if differing:
            said.append(f"{who} and a fresh load differ in {len(differing)} comments, as {differing[0]}")
    return said


def _unequal(history: History) -> list[str]:
    """At any one revision all hold the same."""
    apart = [(since, states) for since, states in history.states.items() if len(states) > 1]
    return [f"at {since} there are {len(states)} states: of {', '.join(states.values())}" for since, states in apart]


def _leaked(history: History, bound: float) -> list[str]:
    late = [(each, each.at - history.hidden[each.id]) for each in history.heard if each.id in history.hidden]
    return [f"{each.reader} was told {each.id} {by:.1f} s after it was hidden" for each, by in late if by > bound]


def _out_of_order(history: History) -> list[str]:
    """Each reader hears revisions in their order, and no two comments share one."""
    said: list[str] = []
    highest: dict[str, tuple[int, int]] = {}
    of_revision: dict[int, set[str]] = defaultdict(set)
    for each in history.heard:
        of_revision[each.revision].add(each.id)
        step, revision = highest.get(each.reader, (each.step, 0))
        if each.step > step and each.revision <= revision:
            said.append(f"{each.reader} was told revision {each.revision} after {revision}")
        highest[each.reader] = (each.step, max(revision, each.revision))
    return said + [f"revision {at} was given to {len(ids)} comments" for at, ids in of_revision.items() if len(ids) > 1]
