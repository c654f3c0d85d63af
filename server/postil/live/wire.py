"""What is said on the socket: the messages' shapes, and frames encoded once for all who hear the same."""

import struct
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from postil.answers import Answer, ChangesAnswer, CommentAnswer, SectionAnswer
from postil.cursors import Since, parse_since

# A page of 500 sections may be shown whole; more names than that are no reader's.
MOST_SECTIONS = 500
# Names every section, those to come too: for programs that follow a page as a whole.
EVERYTHING = "*"
_FINAL_TEXT = 0x81
# A step of 500 long comments goes in parts: a slow line takes one at a time, and no buffer holds them all.
MOST_IN_FRAME = 50


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class PlaceIn(_In):
    """A section that may have no id yet: where it stands in an outline."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    outline: str = Field(min_length=1, max_length=64)
    index: int = Field(ge=0, lt=500)


SectionRef = Annotated[str, Field(max_length=11)] | PlaceIn


class WatchedPage(_In):
    url: str = Field(max_length=2000)
    key: str | None = Field(default=None, min_length=1, max_length=200)


class Watch(_In):
    """`outline`: the hash of what the reader was shown, so that he hears of the sections that only it has. `presence`:
    he wants to be counted, and to hear how many others are here.
    """

    type: Literal["watch"]
    page: WatchedPage
    outline: str | None = Field(default=None, max_length=64)
    sections: list[SectionRef] = Field(default=[], max_length=MOST_SECTIONS)
    since: str | None = Field(default=None, max_length=32)
    author: str | None = Field(default=None, max_length=64)
    token: str | None = Field(default=None, max_length=128)
    presence: bool = False


class Show(_In):
    type: Literal["show"]
    sections: list[SectionRef] = Field(max_length=MOST_SECTIONS)


class Writing(_In):
    """Keys were pressed in a section that is shown; said at most every five seconds while they are."""

    type: Literal["writing"]
    section: str = Field(max_length=11)


Said = Annotated[Watch | Show | Writing, Field(discriminator="type")]
SAID: TypeAdapter[Watch | Show | Writing] = TypeAdapter(Said, config=ConfigDict(defer_build=True))


class SectionChanges(Answer):
    """Bodies of one section, as they are at `revision` (the asker's audience's)."""

    type: Literal["changes"]
    section: str
    revision: int
    comments: list[CommentAnswer]
    gone: list[str]


class Counts(Answer):
    """Ends a step: with it, and only with it, the reader's `since` moves."""

    type: Literal["counts"]
    since: str
    comments: int
    views: int
    sections: list[SectionAnswer]


class Watching(Answer):
    """A `watch` or a `show` has been understood. What is fetched after it, and what is pushed, leave no gap."""

    type: Literal["watching"]
    since: str


class PresenceSaid(Answer):
    """How many are at the page, and how many others write in the sections that the hearer shows."""

    type: Literal["presence"]
    reading: int
    writing: int


class Resync(Answer):
    type: Literal["resync"]
    since: str


class Refusal(Answer):
    type: Literal["error"]
    code: str
    detail: str


@dataclass(frozen=True)
class Frames:
    """One step from a revision to the next, ready to send: texts for each section, then the counts."""

    changes: ChangesAnswer

    @cached_property
    def since(self) -> Since:
        return parse_since(self.changes.since)

    @cached_property
    def bodies(self) -> dict[str, list[str]]:
        comments: dict[str, list[CommentAnswer]] = defaultdict(list)
        gone: dict[str, list[str]] = defaultdict(list)
        for comment in self.changes.comments:
            assert comment.section is not None
            comments[comment.section].append(comment.model_copy(update={"section": None}))
        for id, section in self.changes.gone.items():
            gone[section].append(id)
        return {section: self._parts(section, comments[section], gone[section]) for section in {*comments, *gone}}

    def _parts(self, section: str, comments: list[CommentAnswer], gone: list[str]) -> list[str]:
        """`gone` leads: what must leave leaves first."""
        starts = range(0, len(comments) or 1, MOST_IN_FRAME)
        slices = [comments[start : start + MOST_IN_FRAME] for start in starts]
        return [self._part(section, each, [] if number else gone) for number, each in enumerate(slices)]

    def _part(self, section: str, comments: list[CommentAnswer], gone: list[str]) -> str:
        revision = self.since.revision
        return encode(SectionChanges(type="changes", section=section, revision=revision, comments=comments, gone=gone))

    @cached_property
    def _counts(self) -> dict[frozenset[str] | None, str]:
        return {}

    def counts(self, mine: frozenset[str] | None) -> str:
        """The counts as somebody may hear them: `mine` stand in his outline, None where he showed none. Nearly all
        hear the same, so it is encoded once.
        """
        changes = self.changes
        private = None if mine is None else frozenset(changes.tallies.keys() & mine - changes.shared)
        if private not in self._counts:
            sections = [section for section in changes.sections if changes.is_for(section.id, mine)]
            total = changes.total_for(mine)
            counts = Counts(type="counts", since=changes.since, comments=total, views=changes.views, sections=sections)
            self._counts[private] = encode(counts)
        return self._counts[private]

    @cached_property
    def resync(self) -> str:
        return encode(Resync(type="resync", since=self.changes.since))


def encode(answer: Answer) -> str:
    return answer.encode().decode()


def framed(texts: Iterable[str]) -> bytes:
    """Texts as a server puts them on the wire (RFC 6455, section 5.2): one frame each, unmasked, uncompressed."""
    return b"".join(part for text in texts for part in _frame(text.encode()))


def _frame(payload: bytes) -> tuple[bytes, bytes]:
    size = len(payload)
    if size < 126:
        return bytes((_FINAL_TEXT, size)), payload
    if size < 1 << 16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size), payload
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size), payload
