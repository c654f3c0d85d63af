"""What is said on the socket: the messages' shapes, and frames encoded once for all who hear the same."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from postil.answers import Answer, ChangesAnswer, CommentAnswer, SectionAnswer
from postil.cursors import parse_since

# A page of 500 sections may be shown whole; more names than that are no reader's.
MOST_SECTIONS = 500


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PlaceIn(_In):
    """A section that may have no id yet: where it stands in an outline."""

    outline: str = Field(min_length=1, max_length=64)
    index: int = Field(ge=0, lt=500)


SectionRef = Annotated[str, Field(max_length=11)] | PlaceIn


class WatchedPage(_In):
    url: str = Field(max_length=2000)
    key: str | None = Field(default=None, min_length=1, max_length=200)


class Watch(_In):
    type: Literal["watch"]
    page: WatchedPage
    sections: list[SectionRef] = Field(default=[], max_length=MOST_SECTIONS)
    since: str | None = Field(default=None, max_length=32)
    author: str | None = Field(default=None, max_length=64)
    token: str | None = Field(default=None, max_length=128)


class Show(_In):
    type: Literal["show"]
    sections: list[SectionRef] = Field(max_length=MOST_SECTIONS)


Said = Annotated[Watch | Show, Field(discriminator="type")]
SAID: TypeAdapter[Watch | Show] = TypeAdapter(Said)


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
    type: Literal["watching"]
    since: str


class Resync(Answer):
    type: Literal["resync"]
    since: str


class Refusal(Answer):
    type: Literal["error"]
    code: str
    detail: str


@dataclass(frozen=True)
class Frames:
    """One step from a revision to the next, ready to send: text for each section, then the counts."""

    changes: ChangesAnswer

    @cached_property
    def bodies(self) -> dict[str, str]:
        parts: dict[str, SectionChanges] = {}
        for comment in self.changes.comments:
            assert comment.section is not None
            bare = comment.model_copy(update={"section": None})
            self._part(parts, comment.section).comments.append(bare)
        for id, section in self.changes.gone.items():
            self._part(parts, section).gone.append(id)
        return {section: part.encode().decode() for section, part in parts.items()}

    def _part(self, parts: dict[str, SectionChanges], section: str) -> SectionChanges:
        revision = parse_since(self.changes.since).revision
        empty = SectionChanges(type="changes", section=section, revision=revision, comments=[], gone=[])
        return parts.setdefault(section, empty)

    @cached_property
    def counts(self) -> str:
        changes = self.changes
        counts = Counts(
            type="counts",
            since=changes.since,
            comments=changes.total,
            views=changes.views,
            sections=changes.sections,
        )
        return counts.encode().decode()

    @cached_property
    def resync(self) -> str:
        return Resync(type="resync", since=self.changes.since).encode().decode()


def encode(answer: Answer) -> str:
    return answer.encode().decode()
