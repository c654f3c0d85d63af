"""The shapes of what Postil answers, over HTTP and over the socket alike. Pure.

They are lean on the wire: a default is left out, the section is stated once where a window has one,
times are whole epoch seconds. What a viewer may see has been decided before one of these is made.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from postil.states import SectionState, State
from postil.viewer import Role


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", use_enum_values=False)

    def encode(self) -> bytes:
        """The JSON bytes that go on the wire."""
        return self.model_dump_json(exclude_defaults=True).encode()

    def plain(self) -> dict[str, Any]:
        """The same as a JSON-ready dict."""
        return self.model_dump(mode="json", exclude_defaults=True)


class CommentAnswer(Answer):
    """A comment as one viewer sees it. A tombstone has a state and no author, html or time of edit.

    `revision` is that of the viewer's audience: of two forms of one comment the higher is the newer.
    """

    id: str
    section: str | None = None
    parent: str | None = None
    author: str | None = None
    role: Role | None = None
    at: int
    edited: int | None = None
    revision: int
    state: State = State.PUBLISHED
    reason: str | None = None
    support: int = 0
    flags: int = 0
    html: str | None = None


class NestedComment(CommentAnswer):
    replies: list["NestedComment"] = []


class OwnComment(CommentAnswer):
    """What only its author is told: the source, and until when it may be edited (epoch seconds)."""

    source: str = ""
    editable_until: int | None = None


class SectionAnswer(Answer):
    """`comments` counts what is published; `pending` and `hidden` are for staff; `faces` the latest names."""

    id: str
    heading: str = ""
    state: SectionState = SectionState.OPEN
    comments: int
    pending: int = 0
    hidden: int = 0
    last: int | None = None
    faces: list[str] = []


class PageAnswer(Answer):
    """A page. `since` is the cursor to ask for changes with; `outline` the section id at each index asked for."""

    since: str
    id: str | None = None
    title: str = ""
    views: int
    comments: int
    pending: int = 0
    sections: list[SectionAnswer]
    outline: list[str | None] | None = None


class OutlineAnswer(Answer):
    sections: list[str | None]


class ThreadAnswer(Answer):
    """A window of a section, a parent always before its replies.

    `next` continues with further threads; `more[root]` with the replies that were cut off under one;
    `focus` is the comment the window was asked around.
    """

    since: str
    section: SectionAnswer
    comments: list[CommentAnswer]
    next: str | None = None
    more: dict[str, str] = {}
    focus: str | None = None


class NestedThreadAnswer(Answer):
    since: str
    section: SectionAnswer
    comments: list[NestedComment]
    next: str | None = None
    more: dict[str, str] = {}


class ChangesAnswer(Answer):
    """What changed since a cursor, as this viewer may see it; or `resync`: load afresh.

    `gone` gives id and section of what was public to him then and is no more.
    """

    since: str
    resync: bool = False
    total: int
    views: int
    sections: list[SectionAnswer]
    comments: list[CommentAnswer]
    gone: dict[str, str]


class PageBrief(Answer):
    url: str
    title: str = ""


class CommentInPlace(Answer):
    page: PageBrief
    section: SectionAnswer
    comment: CommentAnswer


class OwnAnswer(Answer):
    """A guest's private overlay, whole: his comments in every state, what he supported and flagged."""

    name: str | None = None
    comments: list[OwnComment]
    reacted: list[str]
    flagged: list[str]


class CountAnswer(Answer):
    url: str
    comments: int
    views: int


class CountsAnswer(Answer):
    pages: list[CountAnswer]


class PostedAnswer(Answer):
    """The poster's own comment, in the shape of a change; the same again when a post is repeated."""

    since: str
    section: SectionAnswer
    comment: OwnComment


class SupportAnswer(Answer):
    since: str
    comment: str
    support: int


class DecisionAnswer(Answer):
    id: str
    move: str
    from_state: State
    to_state: State
    reason: str | None = None
    at: int


class DecidedAnswer(Answer):
    since: str
    section: SectionAnswer
    comment: CommentAnswer
    decision: DecisionAnswer


class ViewsAnswer(Answer):
    views: int


class SignInAnswer(Answer):
    """A staff token; it is told once, here. `expires` in epoch seconds."""

    token: str
    name: str
    role: Role
    expires: int
    site: str
    origins: list[str] = []


class GrantAnswer(Answer):
    code: str
