"""The shapes of what Postil answers, over HTTP and over the socket alike. Pure.

They are lean on the wire: a default is left out, the section is stated once where a window has one,
times are whole epoch seconds. What a viewer may see has been decided before one of these is made.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from postil.states import Anchor, OutlineSource, SectionState, State
from postil.viewer import Role


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", use_enum_values=False, defer_build=True)

    def encode(self) -> bytes:
        """The JSON bytes that go on the wire."""
        return self.model_dump_json(exclude_defaults=True).encode()

    def plain(self) -> dict[str, Any]:
        """The same as a JSON-ready dict."""
        return self.model_dump(mode="json", exclude_defaults=True)


class WhyAnswer(Answer):
    """One reason why a comment waits for a moderator; `marks` are the words of its text that it is about."""

    kind: str
    says: str
    rule: int | None = None
    version: int | None = None
    marks: list[str] = []


class HeldAnswer(Answer):
    """An edit that waits while readers see the text before it."""

    html: str
    edition: int


class CommentAnswer(Answer):
    """A comment as one viewer sees it. A tombstone has a state and no author, html or time of edit.

    `revision` is that of the viewer's audience: of two forms of one comment the higher is the newer. A window has them
    all as they were at its `since`, and leaves it out. `earlier`: its section read otherwise when it was written. For
    staff alone: `edition` (which text this is; an approval names it), `held`, `why` and `appeal`, what its author says
    against its being hidden.
    """

    id: str
    section: str | None = None
    parent: str | None = None
    author: str | None = None
    role: Role | None = None
    at: int
    edited: int | None = None
    revision: int | None = None
    state: State = State.PUBLISHED
    reason: str | None = None
    support: int = 0
    flags: int = 0
    earlier: bool = False
    html: str | None = None
    edition: int = 0
    held: HeldAnswer | None = None
    why: list[WhyAnswer] = []
    appeal: str | None = None


class NestedComment(CommentAnswer):
    replies: list["NestedComment"] = []


class RecentComment(CommentAnswer):
    """`to`: whom it answers, where that is told; as it was when this was asked."""

    to: str | None = None


class OwnComment(CommentAnswer):
    """What only its author is told: the source, and until when it may be edited (epoch seconds).

    `held`: his edit waits, and is the `source`, while the comment's own `html` is what readers see. `appeal` is "open"
    or "refused".
    """

    source: str = ""
    can_appeal: bool = False
    editable_until: int | None = None


class SectionAnswer(Answer):
    """`comments` counts what is published; `pending` and `hidden` are for staff; `faces` the latest names; `minutes`
    of pause between two comments of an author, where the state is slow.
    """

    id: str
    heading: str = ""
    state: SectionState = SectionState.OPEN
    comments: int
    pending: int = 0
    hidden: int = 0
    last: int | None = None
    faces: list[str] = []
    minutes: int = 0


class EarlierAnswer(Answer):
    """A thread whose words are not in the outline asked for: what the owner's own text said there, and how it began."""

    section: str
    heading: str = ""
    excerpt: str = ""


class PageAnswer(Answer):
    """A page. `since` is the cursor to ask for changes with.

    `outline` is the section id at each index of the outline asked for, None where nobody has written; absent where that
    outline is unknown and must be sent whole. `joined` are further threads that were merged into the section at an
    index, `parts` the thread that the section at an index was once a part of. `earlier` stand nowhere in the outline.
    `hash` names that outline, where it was sent without one.

    Where a language was asked for: `lang` is the catalog to load, `dir` is "rtl" where it is read from right to left,
    `words` are those of the rows, each a text or its plural forms.
    """

    since: str
    id: str | None = None
    title: str = ""
    views: int
    comments: int
    pending: int = 0
    sections: list[SectionAnswer]
    outline: list[str | None] | None = None
    joined: dict[int, list[str]] = {}
    parts: dict[int, str] = {}
    earlier: list[EarlierAnswer] = []
    hash: str | None = None
    lang: str | None = None
    dir: Literal["rtl"] | None = None
    words: dict[str, str | dict[str, str]] = {}


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


class RecentAnswer(Answer):
    """The newest comments across a page, newest first, each with its section. `next` continues with older ones.

    `resync`: the outline asked for is not known any more. Then these are of the sections that are everybody's.
    """

    since: str
    resync: bool = False
    comments: list[RecentComment]
    next: str | None = None


class NestedThreadAnswer(Answer):
    since: str
    section: SectionAnswer
    comments: list[NestedComment]
    next: str | None = None
    more: dict[str, str] = {}


class ChangesAnswer(Answer):
    """What changed since a cursor, as this viewer may see it; or `resync`: load afresh.

    `gone` gives id and section of what was public to him then and is no more. `tallies` and `shared` stay here: the
    comments of each section, and which sections are everybody's (on an `open` page, all).
    """

    since: str
    resync: bool = False
    total: int
    views: int
    sections: list[SectionAnswer]
    comments: list[CommentAnswer]
    gone: dict[str, str]
    tallies: dict[str, int] = Field(default={}, exclude=True)
    shared: frozenset[str] = Field(default=frozenset(), exclude=True)
    is_open: bool = Field(default=True, exclude=True)

    def is_for(self, section: str, mine: frozenset[str] | None) -> bool:
        """Whether somebody may be told of a section: `mine` stand in his outline, None where he showed none."""
        return section in self.shared or (self.is_open if mine is None else section in mine)

    def total_for(self, mine: frozenset[str] | None) -> int:
        return sum(count for section, count in self.tallies.items() if self.is_for(section, mine))


class TextAnswer(Answer):
    """A section's heading, and how it begins, in the owner's own text."""

    heading: str = ""
    excerpt: str = ""


class ThenAndNow(Answer):
    """A comment's section as it was when the comment was written, and as it is; either is absent where not known."""

    then: TextAnswer | None = None
    now: TextAnswer | None = None


class AnchorAnswer(Answer):
    """A decision about where a section's thread stands. `open`: nothing answers it yet. `by`: whose it is, where a
    person made it. `answers`: the decision that it settles or undoes.
    """

    id: str
    section: str
    move: Anchor
    open: bool = False
    can_undo: bool = False
    old: TextAnswer = TextAnswer()
    new: TextAnswer = TextAnswer()
    comments: int = 0
    score: float = 0.0
    reason: str = ""
    by: str | None = None
    at: int
    answers: str | None = None


class ChoiceAnswer(Answer):
    """A place in the present article that a thread can be merged into."""

    id: str
    heading: str = ""


class MoveAnswer(Answer):
    """An address that shows the page's own outline, while the page's answers no more. `found`: 404, 410, or whereto."""

    key: str
    url: str
    found: str
    seen: int


class AskingPageAnswer(Answer):
    """A page, and how many questions about its threads and proposed moves wait for the owner."""

    id: str
    url: str
    title: str = ""
    open: int = 0
    moves: int = 0


class AnchorsAnswer(Answer):
    """Where a page's threads stand and why; without a page, the site's `pages`, those that ask first.

    `source` says who gave the outline that decides: `seen` by many readers, `published`, or `fetched`.
    """

    page: AskingPageAnswer | None = None
    source: OutlineSource | None = None
    cases: list[AnchorAnswer] = []
    choices: list[ChoiceAnswer] = []
    moves: list[MoveAnswer] = []
    pages: list[AskingPageAnswer] = []


class PublishedAnswer(Answer):
    """A page as it was taken: whether anything is other than before, and how many threads each move took."""

    page: AskingPageAnswer
    changed: bool
    moves: dict[Anchor, int] = {}


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
    """Where a language was asked for, the words of the rows, as a page has them: the counts can be said with them."""

    pages: list[CountAnswer]
    lang: str | None = None
    dir: Literal["rtl"] | None = None
    words: dict[str, str | dict[str, str]] = {}


class PostedAnswer(Answer):
    """The poster's own comment, in the shape of a change; the same again when a post is repeated."""

    since: str
    section: SectionAnswer
    comment: OwnComment


class PreviewAnswer(Answer):
    """What a source would be shown as, once posted."""

    html: str


class SupportAnswer(Answer):
    since: str
    comment: str
    support: int


class DecisionAnswer(Answer):
    id: str
    move: str
    from_state: str
    to_state: str
    reason: str | None = None
    undoes: str | None = None
    at: int


class DecidedAnswer(Answer):
    since: str
    section: SectionAnswer
    comment: CommentAnswer
    decision: DecisionAnswer


class UndoneAnswer(Answer):
    """An undo; with the comment, where it was about one, as it is again."""

    decision: DecisionAnswer
    comment: CommentAnswer | None = None
    section: SectionAnswer | None = None


class BanAnswer(Answer):
    """A ban, until when (epoch seconds; absent: for good), and how many comments were hidden with it."""

    ban: str
    decision: str
    until: int | None = None
    hidden: int = 0


class ReasonsAnswer(Answer):
    """Why comments of this site are hidden, as its moderators say it."""

    reasons: list[str]


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
