"""What strangers send. No field here can smuggle a state, an author's id or HTML in; what is unknown is refused."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from postil.appeals import MOST_APPEAL
from postil.errors import Invalid
from postil.outline import OutlineSection, outline_hash
from postil.places import Seen
from postil.rendered import MAX_SOURCE
from postil.urls import owner_key, page_key, page_url


def _is_page(url: str) -> str:
    page_url(url)
    return url


Url = Annotated[str, Field(max_length=2000), AfterValidator(_is_page)]
Key = Annotated[str, Field(min_length=1, max_length=200)]
Id = Annotated[str, Field(pattern=r"^[-0-9A-Z_a-z]{11}$")]
# A language's tag, as pages and browsers write it: "pt-BR". One that is not known is answered in English.
Lang = Annotated[str, Field(max_length=64)]
# A random word that a browser makes for itself, new every day.
Visit = Annotated[str, Field(min_length=16, max_length=64)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Reason = Annotated[str, Field(max_length=200)]
Note = Annotated[str, Field(max_length=500)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class PageRefIn(In):
    """A page: its URL, the owner's own id for it where he has one, and its title."""

    url: Url
    key: Key | None = None
    title: str = Field(default="", max_length=300)


class OutlineSectionIn(In):
    heading: str = Field(max_length=300)
    level: int = Field(ge=0, le=6)
    id: str | None = Field(default=None, max_length=200)
    key: str | None = Field(default=None, max_length=200)
    print: str | None = Field(default=None, max_length=700)
    first: str | None = Field(default=None, max_length=120)
    last: str | None = Field(default=None, max_length=120)


class SectionsIn(In):
    """The sections a copy of the page shows."""

    sections: list[OutlineSectionIn] = Field(default=[], max_length=500)

    def shown(self) -> tuple[OutlineSection, ...]:
        return tuple(OutlineSection(**section.model_dump()) for section in self.sections)


class OutlineIn(SectionsIn):
    """An outline. Without `sections` the hash names one that was sent before."""

    hash: Hash

    def seen(self) -> Seen:
        return Seen(self.hash, self.shown())


class OutlineAsked(SectionsIn):
    """An outline sent whole. Without `hash` the answer tells it: pages on plain http cannot compute it."""

    hash: Hash | None = None

    def seen(self) -> Seen:
        """The outline under its true name; Invalid where it was sent under another."""
        sections = self.shown()
        hash = outline_hash(sections)
        if self.hash not in (None, hash):
            raise Invalid("outline.hash", "The hash is not that of the outline's sections.")
        return Seen(hash, sections)


class OutlineQuestion(In):
    page: PageRefIn
    outline: OutlineAsked
    lang: Lang | None = None
    visit: Visit | None = None


class CommentCreate(In):
    """A new comment. The section is named by id, or by its index in an outline; `nonce` makes a retry harmless.

    `trap`: what stands in a field that people neither see nor reach; `took`: seconds from opening the composer to
    sending. Both are for the site's rules, and may be left out.
    """

    page: PageRefIn
    section: Id | None = None
    outline: OutlineIn | None = None
    index: int = Field(default=0, ge=0, lt=500)
    parent: Id | None = None
    source: str = Field(min_length=1, max_length=MAX_SOURCE)
    name: str = Field(min_length=1, max_length=200)
    nonce: str = Field(min_length=8, max_length=64, pattern=r"^[-0-9A-Z_a-z]+$")
    trap: str = Field(default="", max_length=1_000)
    took: int | None = Field(default=None, ge=0, le=10_000_000)


class PreviewAsk(In):
    """A source that is not posted yet, on a page of a site."""

    page: PageRefIn
    source: str = Field(min_length=1, max_length=MAX_SOURCE)


class CommentEdit(In):
    source: str = Field(min_length=1, max_length=MAX_SOURCE)


class FlagCreate(In):
    reason: Literal["spam", "abuse", "off-topic", "illegal", "other"]
    note: Note = ""


class DecisionCreate(In):
    """Why. Readers see the reason where a tombstone stays; the note is for moderators. `edition`: which text was seen,
    where the comment was edited.
    """

    reason: Reason | None = None
    note: Note | None = None
    edition: int | None = Field(default=None, ge=0, le=1_000_000)


class BanCreate(In):
    """Ban whoever wrote a comment, or its network; for `days`, or without them for good (a network: 30 days at most).
    `hide`: what he wrote on this site goes too.
    """

    by_network: bool = False
    days: int | None = Field(default=None, ge=1, le=3650)
    reason: Reason | None = None
    note: Note | None = None
    hide: bool = False


class AppealCreate(In):
    text: str = Field(min_length=1, max_length=MOST_APPEAL)


class SectionStateIn(In):
    """`minutes` between two comments of an author, where the state is slow."""

    state: Literal["open", "slow", "locked", "closed"]
    minutes: int = Field(default=0, ge=0, le=1440)
    reason: Reason | None = None


class ViewCreate(In):
    """`visit`: a random word that the browser makes for itself, new every day. `outline`: the hash of what it shows."""

    page: PageRefIn
    visit: Visit
    outline: Hash | None = None


class SignIn(In):
    """`digits`: of the authenticator, where the account has a second step."""

    code: str = Field(min_length=16, max_length=128)
    digits: str | None = Field(default=None, max_length=16)


class GrantCreate(In):
    origin: str = Field(max_length=300)


class GrantRedeem(In):
    code: str = Field(min_length=16, max_length=128)


class PublicationCreate(In):
    """A page as its owner's build has it. `excerpts`: how each section begins, one for each or none."""

    page: PageRefIn
    outline: OutlineIn
    excerpts: list[Annotated[str, Field(max_length=240)]] = Field(default=[], max_length=500)


class PageRefresh(In):
    page: PageRefIn


class MergeCreate(In):
    """`into`: a thread, or a place of the article, as `choices` names them."""

    into: Id


class MoveAnswered(In):
    page: Id
    key: str = Field(min_length=1, max_length=2100)


def key_of(page: PageRefIn) -> str:
    return owner_key(page.key) if page.key else page_key(page.url)
