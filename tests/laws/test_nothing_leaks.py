"""House, law 3, over random histories: whatever happened to a comment, nobody is told more of it than is for him.

Who may be told what is worked out here from the few rows that decide it, and not by the code that answers.
"""

import base64
import html
import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.api.doors import READS, Target
from tests.service import ORIGIN, Json, Moderator, Reader, Refused, Service, Visitor, serving

from postil import rulebook, sites
from postil.kinds import settings_of
from postil.rules import Effect, Kind
from postil.web.door import COOKIE

Op = tuple[str, int, int]
VERBS = (
    "post", "reply", "edit", "flag", "support", "hide", "approve", "restore", "refuse", "remove", "purge", "appeal",
    "ban", "ban_and_hide", "lift", "undo", "lock",
)  # fmt: skip
OPS = st.lists(
    st.tuples(
        st.sampled_from((*VERBS, "post", "reply", "reply", "edit", "edit", "approve", "hide", "undo")),
        st.integers(0, 20),
        st.integers(0, 2),
    ),
    min_size=6,
    max_size=22,
)
DOORS = (
    *("pages.read", "pages.changes", "pages.counts", "comments.read", "queue.read", "log.read"),
    *("here.show", "threads.discussion", "threads.section"),
)
NAMED = ("comments.one", "comments.around", "comments.then", "threads.comment", "writing.show_reply")


class Words(NamedTuple):
    """What one version of a comment says, each word found nowhere else."""

    text: str
    link: str
    name: str


class AtDesk(Visitor):
    def __init__(self, staff: Moderator) -> None:
        super().__init__(staff.service, staff.service.url)
        self.cookie = f"{COOKIE}={staff.token}"

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}


class History:
    """A site of its own in a running service, and what its people do there."""

    def __init__(self, service: Service, premoderate: bool) -> None:
        number = len(service.rows("SELECT id FROM site"))
        self.service, self.origin = service, f"https://site-{number}.example"
        self.url = f"{self.origin}/essay"
        self.site = service.change(lambda tx: sites.add_site(tx, [self.origin], premoderate=premoderate)).id
        service.change(self._rule)
        self.authors = [service.reader(f"Author {at}", self.origin) for at in range(3)]
        self.owner = service.moderator("Olga", self.origin, owner=True)
        self.stranger = service.reader("Stranger", self.origin)
        self.elsewhere = service.moderator("Olaf", ORIGIN)
        self.comments: list[Json] = []
        self.whose: dict[str, Reader] = {}
        # Every version of every comment, by comment: edition -> its words. Names go with the version they were said in.
        self.said: dict[str, dict[int, Words]] = {}
        self.bans: list[str] = []

    async def _rule(self, tx: Any) -> None:
        kept = settings_of(Kind.FLAGS, {"weight": 1})
        await rulebook.write_rule(tx, self.site, Kind.FLAGS, name="Flags", effect=Effect.HOLD, settings=kept)

    def run(self, ops: list[Op]) -> None:
        for verb, which, who in ops:
            try:
                self.act(verb, which, self.authors[who])
            except Refused as error:
                assert error.status in (403, 404, 409, 422, 423), (verb, error)

    def act(self, verb: str, which: int, author: Reader) -> None:
        if verb == "post" or not self.comments:
            self.write(author, index=which % 2)
            return
        comment = self.comments[which % len(self.comments)]
        writer, owner = self.whose[comment["id"]], self.owner
        match verb:
            case "reply":
                self.write(author, section=comment["section"], parent=comment["id"])
            case "edit":
                words = canaries()
                writer.edit(comment, source(words))
                self.said[comment["id"]][self.editions(comment)] = words
            case "flag":
                author.flag(comment)
                self.service.write("UPDATE author SET flags_right = 50, flags_wrong = 0")
            case "support":
                author.support(comment)
            case "remove":
                writer.remove(comment)
            case "appeal":
                writer.appeal(comment)
            case "approve" | "refuse":
                owner.decide(verb, comment, edition=self.editions(comment))
            case "hide" | "restore" | "purge":
                owner.decide(verb, comment, reason="noise")
            case "ban" | "ban_and_hide":
                self.bans.append(owner.ban(comment, by_network=False, hide=verb == "ban_and_hide")["decision"])
            case "lift":
                if self.bans:
                    owner.undo({"decision": {"id": self.bans[which % len(self.bans)]}})
            case "undo":
                made = self.service.rows(
                    "SELECT id FROM decision WHERE site_id = ? ORDER BY id DESC LIMIT 4", self.site
                )
                if made:
                    owner.undo({"decision": {"id": made[which % len(made)][0]}})
            case "lock":
                owner.set_section(comment["section"], ("open", "locked", "closed")[which % 3])

    def write(self, author: Reader, **place: Json) -> None:
        words = canaries()
        comment = author.post(source(words), name=words.name, url=self.url, **place)
        self.comments.append(comment)
        self.whose[comment["id"]] = author
        self.said[comment["id"]] = {0: words}

    def editions(self, comment: Json) -> int:
        """The edition that a moderator looks at."""
        edition, held = self.service.rows("SELECT edition, held FROM comment WHERE id = ?", comment["id"])[0]
        return int(edition if held is None else held)

    # The oracle: what a comment is, and to whom its words are told.

    def told(self, comment: str) -> tuple[set[str], set[str]]:
        """The words of a comment that everybody may be told, and those that staff may besides."""
        state, edition, held = self.service.rows("SELECT state, edition, held FROM comment WHERE id = ?", comment)[0]
        versions = self.said[comment]
        now = {*versions[edition][:2], versions[0].name} if edition in versions else set()
        waits = set(versions[held][:2]) if held is not None else set()
        if state == "published":
            return now, waits
        return (set(), now | waits) if state in ("pending", "hidden") else (set(), set())

    def is_seen(self, comment: str) -> bool:
        """Whether readers are told that it is there: it is public, or holds together what is."""
        state, published = self.service.rows("SELECT state, published_at FROM comment WHERE id = ?", comment)[0]
        if state == "published":
            return True
        replies = [id for (id,) in self.service.rows("SELECT id FROM comment WHERE parent_id = ?", comment)]
        return published is not None and any(self.is_seen(reply) for reply in replies)

    def all_words(self) -> set[str]:
        return {word for versions in self.said.values() for words in versions.values() for word in words}


def canaries() -> Words:
    return Words(*(f"{kind}{secrets.token_hex(6)}" for kind in ("text", "link", "name")))


def source(words: Words) -> str:
    return f"{words.text} at https://{words.link}.example/{words.link}"


def found(words: set[str], sent: str) -> set[str]:
    """Which words stand in what was sent: as they are, with escapes undone, or inside of base64."""
    plain = (sent + unquote(sent) + html.unescape(sent)).lower()
    return {word for word in words if word in plain or any(code in sent for code in _coded(word))}


def _coded(word: str) -> Iterator[str]:
    for before in range(3):
        code = base64.b64encode(b"." * before + word.encode()).decode()
        yield code[(before * 8 + 5) // 6 : (before + len(word)) * 8 // 6]


def answers(history: History, who: Visitor, epoch: str) -> Iterator[tuple[Any, str, str]]:
    """All that somebody is told: the question, whom it names, headers and body."""
    sections = {comment["section"] for comment in history.comments}
    for section in sections:
        page = history.service.rows("SELECT page_id FROM section WHERE id = ?", section)[0][0]
        sinces = (f"{epoch}.0", f"{epoch}.3")
        target = Target(history.comments[0]["id"], section, history.url, sinces, page=page)
        for name in DOORS:
            for ask in READS[name](target):
                answer = ask.by(who)
                yield ask, "", f"{answer.headers} {answer.text}"
    for comment in history.comments:
        for name in NAMED:
            for ask in READS[name](Target(comment["id"], comment["section"], history.url)):
                answer = ask.by(who)
                yield ask, comment["id"], f"{answer.headers} {answer.text}"
    if isinstance(who, Reader):
        yield "own", "", str(who.own(history.url))


def check(history: History) -> None:
    epoch = history.service.rows("SELECT epoch FROM lineage")[0][0]
    everything, public, staff = history.all_words(), set[str](), set[str]()
    for comment in history.comments:
        anybody, moderators = history.told(comment["id"])
        public, staff = public | anybody, staff | moderators
    seen = {comment["id"] for comment in history.comments if history.is_seen(comment["id"])}
    unseen = {comment["id"] for comment in history.comments} - seen
    ever = {id for (id,) in history.service.rows("SELECT comment_id FROM publicspan")}
    # The control first: staff are told all that anybody may be told.
    told = "".join(text for _, _, text in answers(history, history.owner, epoch))
    assert public | staff <= found(everything, told), "staff are not told what is for them"
    assert found(everything, told) <= public | staff, "staff are told what is gone for everybody"
    screens = "".join(text for _, _, text in answers(history, AtDesk(history.owner), epoch))
    assert found(everything, screens) <= public | staff
    for who in (history.service.visitor(None), history.stranger, history.elsewhere, AtDesk(history.elsewhere)):
        heard = ""
        for ask, named, text in answers(history, who, epoch):
            assert not found(everything - public, text), (type(who), ask, text)
            gone = ever if "changes" in str(ask) else set()
            asked = {named, history.comments[0]["id"]}
            assert not {id for id in unseen - asked - gone if id in text}, (ask, text)
            heard += text
        assert (
            found(public, heard) == public
            or "Olaf" in str(vars(who))
            or who in (history.elsewhere,)
            or isinstance(who, AtDesk)
        ), "what is public is told"
    for author in history.authors:
        theirs = {
            word
            for id, versions in history.said.items()
            if history.whose[id] is author
            for words in versions.values()
            for word in words
        }
        for ask, _, text in answers(history, author, epoch):
            assert not found(everything - public - theirs, text), (ask, text)


def live(ops: list[Op], premoderate: bool, service: Service) -> None:
    history = History(service, premoderate)
    history.run([("post", 0, 0), *ops])
    check(history)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


QUICK = settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


# Tombstones, edits that wait, what is taken back, removed, purged and held by flags, whatever chance brings.
HISTORY: list[Op] = [
    ("approve", 0, 0), ("reply", 0, 1), ("approve", 1, 0), ("post", 1, 2), ("approve", 2, 0), ("edit", 2, 2),
    ("hide", 0, 0), ("appeal", 0, 0), ("post", 0, 2), ("approve", 3, 0), ("edit", 3, 0), ("approve", 3, 0),
    ("undo", 0, 0), ("post", 1, 1), ("approve", 4, 0), ("remove", 4, 0), ("post", 1, 1), ("flag", 5, 0),
    ("flag", 5, 2), ("post", 0, 1), ("approve", 6, 0), ("purge", 6, 0),
]  # fmt: skip


@QUICK
@example(HISTORY, True)
@example(HISTORY, False)
@given(OPS, st.booleans())
def test_after_any_history_nobody_is_told_more_than_is_for_him(
    service: Service, ops: list[Op], premoderate: bool
) -> None:
    live(ops, premoderate, service)


@pytest.mark.soak
@settings(QUICK, max_examples=300, phases=tuple(Phase))
@given(OPS, st.booleans())
def test_after_very_many_histories_nobody_is_told_more(service: Service, ops: list[Op], premoderate: bool) -> None:
    live(ops, premoderate, service)
