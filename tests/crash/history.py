"""What clients saw, and what must follow from it. Pure, so that the checker itself can be checked."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Comment = dict[str, Any]


@dataclass
class History:
    """Everything that was acknowledged: the id that each nonce's post got, in every answer to it."""

    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    interrupted: int = 0
    answered_again: int = 0

    def note(self, nonce: str, comment: str, *, again: bool) -> None:
        self.acknowledged.setdefault(nonce, []).append(comment)
        self.answered_again += again


def complaints(history: History, stored: list[Comment], readers: list[dict[str, Comment]]) -> list[str]:
    """What is wrong, in sentences. Each comment's html holds the nonce that it was posted with."""
    kept = {comment["id"]: comment for comment in stored}
    said = []
    for nonce, ids in history.acknowledged.items():
        if len(set(ids)) != 1:
            said.append(f"{nonce} was answered with several comments: {ids}")
        said += [f"{nonce} was acknowledged as {id} and is lost" for id in set(ids) if id not in kept]
    for html, count in Counter(comment["html"] for comment in stored).items():
        if count > 1:
            said.append(f"{html} stands there {count} times")
    for number, reader in enumerate(readers):
        if reader != kept:
            differing = {id for id in {*reader, *kept} if reader.get(id) != kept.get(id)}
            said.append(f"reader {number} and a fresh read differ in {len(differing)} comments, as {min(differing)}")
    return said
