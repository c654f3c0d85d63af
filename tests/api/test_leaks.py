"""House, law 3: what a viewer may not see leaks through no surface: not its text, its link, its author.

Every comment carries words of its own (in its text, a link's address, its author's name). Then everybody asks every
route about everything, and no byte of any answer may hold a word that is not for him.
"""

import base64
import html
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx2
import pytest
from tests.api.doors import ELSEWHERE, NEVER_ISSUED, READS, SOCKETS, WRITES, Ask, Target, after, table
from tests.service import OTHER, URL, Json, Moderator, Reader, Service, Visitor, refused, serving
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as connect_socket

from postil import rulebook, sites
from postil.answers import Answer
from postil.kinds import settings_of
from postil.live import wire
from postil.rules import Effect, Kind
from postil.web.door import COOKIE

STRANGERS = ("anonymous", "another reader", "moderator of another site", "moderator of another site, by cookie")
STAFF = ("moderator", "owner", "moderator, by cookie", "owner, by cookie")
EVERYBODY = (*STRANGERS, "author", "banned", *STAFF)
FORBIDDEN = "flibbertigibbet"
ABOUT_A_COMMENT = (
    *("comments.one", "comments.around", "comments.then", "queue.read", "log.read", "threads.comment"),
    *("writing.show_reply", "writing.show_edit", "reporting.show_flag", "reporting.show_support"),
)


class AtDesk(Visitor):
    """Staff on the service's own pages, known by the cookie. It is Secure, so it is sent by hand here."""

    def __init__(self, staff: Moderator) -> None:
        super().__init__(staff.service, staff.service.url)
        self.cookie = f"{COOKIE}={staff.token}"

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}


class Secret(NamedTuple):
    """A comment, its words, and who besides nobody may read them. `seen`: what everybody sees of it all the same."""

    state: str
    comment: Json
    words: tuple[str, ...]
    readers: frozenset[str]
    seen: str = ""


NOBODY: frozenset[str] = frozenset()
THEIRS = frozenset({"author", *STAFF})
STAFF_ALONE = frozenset(STAFF)
TOMBSTONE, WHOLE = "tombstone", "whole"


class Scene:
    """A page with a comment in every state, on a site that premoderates."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.author, self.banned = service.reader("Author"), service.reader("Banned")
        self.owner = service.moderator("Olga", owner=True)
        ada, olaf = service.moderator("Ada"), service.moderator("Olaf", OTHER)
        self.people: dict[str, Visitor] = {
            "anonymous": service.visitor(None),
            "another reader": service.reader("Sam"),
            "author": self.author,
            "banned": self.banned,
            "moderator of another site": olaf,
            "moderator of another site, by cookie": AtDesk(olaf),
            "moderator": ada.granted(),
            "moderator, by cookie": AtDesk(ada),
            "owner": self.owner,
            "owner, by cookie": AtDesk(self.owner),
        }
        self.secrets: list[Secret] = []
        self.root = self.say(published=True, index=0)

    def say(self, *, published: bool, **place: Json) -> Json:
        comment = self.author.post(secrets.token_hex(4), **place)
        if published:
            self.owner.approve(comment)
        return comment

    def keep(
        self, state: str, readers: frozenset[str], *, published: bool, by: Reader | None = None, **more: Json
    ) -> Json:
        """Post what must stay secret; the test then takes it into its state."""
        seen, author = more.pop("seen", ""), by or self.author
        text, link, name = canaries()
        comment = author.post(f"{text} at https://{link}.example/{link}", name=name, **more)
        if published:
            self.owner.approve(comment)
        self.secrets.append(Secret(state, comment, (text, link, name), readers, seen))
        return comment

    def edit(self, state: str, comment: Json, readers: frozenset[str]) -> str:
        """Edit a comment that is public; the words of the edit must stay secret. Its source is returned."""
        text, link, _ = canaries()
        self.author.edit(comment, f"{text} at https://{link}.example/{link}")
        self.secrets.append(Secret(state, comment, (text, link), readers, WHOLE))
        return text

    def word(self, state: str, comment: Json, readers: frozenset[str], seen: str = "") -> str:
        """A word that is said about a comment: a note, a reason, an appeal."""
        word = canaries()[0]
        self.secrets.append(Secret(state, comment, (word,), readers, seen))
        return word

    @contextmanager
    def unreviewed(self) -> Iterator[None]:
        """Meanwhile what is posted is public at once."""
        self.service.change(lambda tx: sites.change_policy(tx, "https://blog.example", premoderate=False))
        yield
        self.service.change(lambda tx: sites.change_policy(tx, "https://blog.example", premoderate=True))

    def rule(self, kind: Kind, effect: Effect, **settings: Json) -> None:
        site = self.service.rows("SELECT site_id FROM origin WHERE origin = 'https://blog.example'")[0][0]

        async def write(tx: Any) -> None:
            kept = settings_of(kind, settings)
            await rulebook.write_rule(tx, site, kind, name=str(kind), effect=effect, settings=kept)

        self.service.change(write)

    def page(self) -> str:
        id: str = self.service.rows("SELECT id FROM page WHERE url = ?", URL)[0][0]
        return id

    def sections(self) -> list[str]:
        return [id for (id,) in self.service.rows("SELECT id FROM section")]

    def sinces(self, *, staff: bool) -> tuple[str, ...]:
        epoch = self.service.rows("SELECT epoch FROM lineage")[0][0]
        column = "staff_revision" if staff else "public_revision"
        last = self.service.rows(f"SELECT max({column}) FROM page")[0][0]
        return tuple(f"{epoch}.{revision}" for revision in range(last + 1))


def canaries() -> tuple[str, str, str]:
    text, link, name = (f"{kind}{secrets.token_hex(6)}" for kind in ("Text", "link", "Name"))
    return text, link, name


def reply_to(scene: Scene, comment: Json) -> Json:
    return scene.say(published=True, section=comment["section"], parent=comment["id"])


def build(service: Service) -> Scene:
    scene = Scene(service)
    author, owner, root = scene.author, scene.owner, scene.root
    under = {"section": root["section"], "parent": root["id"]}
    scene.keep("pending", THEIRS, published=False, index=0)
    scene.keep("pending, a reply", THEIRS, published=False, **under)
    scene.keep("pending, alone in its section", THEIRS, published=False, index=1)
    scene.keep("pending, alone on its page", THEIRS, published=False, index=0, url=f"{URL}/alone")
    for place in ({"index": 0}, under):
        owner.hide(scene.keep("hidden", THEIRS, published=True, **place))
        author.remove(scene.keep("removed", NOBODY, published=True, **place))
        owner.purge(scene.keep("purged", NOBODY, published=True, **place))
    for state, readers, take in (
        ("hidden, with replies", THEIRS, owner.hide),
        ("removed, with replies", NOBODY, author.remove),
        ("purged, with replies", NOBODY, owner.purge),
    ):
        comment = scene.keep(state, readers, published=True, index=0, seen=TOMBSTONE)
        reply_to(scene, comment)
        take(comment)
    parent = scene.keep("hidden, with a hidden reply", THEIRS, published=True, index=0)
    child = scene.keep(
        "hidden, under a hidden one", THEIRS, published=True, section=parent["section"], parent=parent["id"]
    )
    owner.hide(child)
    owner.hide(parent)
    edits(scene, {"index": 0})
    undone = owner.approve(scene.keep("approved, and taken back", THEIRS, published=False, index=0))
    owner.undo(undone)
    flags(scene)
    appeals_and_notes(scene)
    bans(scene)
    blocked(scene)
    scene.say(published=False, index=0)  # the author's own name again, so that no overlay is headed by a secret one
    return scene


def edits(scene: Scene, place: Json) -> None:
    owner = scene.owner
    scene.edit("an edit that waits", scene.say(published=True, **place), THEIRS)
    refused = scene.say(published=True, **place)
    scene.edit("an edit that was refused", refused, NOBODY)
    owner.refuse(refused, edition=1)
    replaced = scene.say(published=True, **place)
    scene.edit("an edit that was replaced", replaced, NOBODY)
    scene.edit("the edit that replaced it", replaced, THEIRS)
    undone = scene.say(published=True, **place)
    scene.edit("an edit that was approved, and taken back", undone, THEIRS)
    owner.undo(owner.approve(undone, edition=1))
    approved = scene.say(published=True, **place)
    for state in ("the text before an edit that was approved", ""):
        text = scene.edit(state, approved, NOBODY) if state else scene.author.edit(approved, "Plain again.") and ""
        owner.approve(approved, edition=1 if text else 2)
    waiting = scene.say(published=True, **place)
    scene.edit("an edit that waits of what was hidden", waiting, THEIRS)
    owner.hide(waiting)
    scene.secrets[-1] = scene.secrets[-1]._replace(seen="")
    pending = scene.say(published=False, **place)
    scene.edit("pending, the text before its edit", pending, NOBODY)
    scene.edit("pending, edited", pending, THEIRS)
    scene.secrets[-2:] = [each._replace(seen="") for each in scene.secrets[-2:]]


def flags(scene: Scene) -> None:
    """Taken out of sight by readers who were right before."""
    scene.rule(Kind.FLAGS, Effect.HOLD, weight=2.5)
    trusted = [scene.service.reader(f"Trusted {at}") for at in range(3)]
    for reader in trusted:
        reader.flag(scene.root, "other", "This opens the thread.")
    scene.service.write("UPDATE author SET flags_right = 50 WHERE name = ''")
    for state, seen in (("held by flags", ""), ("held by flags, with replies", TOMBSTONE)):
        with scene.unreviewed():
            comment = scene.keep(state, THEIRS, published=False, index=0, seen=seen)
        if seen:
            reply_to(scene, comment)
        for reader in trusted:
            reader.flag(comment, "spam", scene.word(f"{state}: a flag's note", comment, STAFF_ALONE, seen))


def appeals_and_notes(scene: Scene) -> None:
    author, owner = scene.author, scene.owner
    asked = scene.keep("hidden, and asked about", THEIRS, published=True, index=0)
    owner.hide(asked, reason="spam", note=scene.word("a decision's note", asked, STAFF_ALONE))
    author.appeal(asked, scene.word("an appeal", asked, STAFF_ALONE))
    # The reason is for its author; without replies nobody else hears that there is one.
    reasoned = scene.say(published=True, index=0)
    owner.hide(reasoned, reason=scene.word("a reason", reasoned, THEIRS))
    purged = scene.keep("purged, once edited, flagged and asked about", NOBODY, published=True, index=0)
    scene.people["another reader"].flag(purged, "spam", scene.word("its flag's note", purged, NOBODY))  # type: ignore[attr-defined]
    for edition in (1, 2):
        scene.edit(f"purged, its edition {edition}", purged, NOBODY)
        scene.secrets[-1] = scene.secrets[-1]._replace(seen="")
        owner.approve(purged, edition=edition)
    scene.edit("purged, its edit that waited", purged, NOBODY)
    scene.secrets[-1] = scene.secrets[-1]._replace(seen="")
    owner.hide(purged, reason="spam")
    author.appeal(purged, scene.word("its appeal", purged, NOBODY))
    owner.purge(purged)


def bans(scene: Scene) -> None:
    banned, readers = scene.banned, frozenset({"banned", *STAFF})
    one = scene.keep("hidden by a ban", readers, published=True, by=banned, index=0)
    scene.keep("pending, hidden by a ban", readers, published=False, by=banned, index=0)
    tomb = scene.keep("hidden by a ban, with replies", readers, published=True, by=banned, index=0, seen=TOMBSTONE)
    reply_to(scene, tomb)
    note = scene.word("a ban's note", one, STAFF_ALONE)
    told = scene.owner.ban(one, by_network=False, reason="personal attack", note=note, hide=True)
    assert told["hidden"] == 3
    other = scene.service.reader("Other")
    comment = other.post("Goes, and what he wrote stays.", index=0)
    reason = scene.word("a ban's reason", comment, STAFF_ALONE)
    scene.owner.ban(comment, by_network=False, reason=reason, hide=False)
    with refused(403, "banned") as refusal:
        other.post("Again.", index=0)
    assert reason in refusal.problem["detail"], "who is banned is told why"


def blocked(scene: Scene) -> None:
    """What a rule refuses is never kept."""
    scene.rule(Kind.WORDS, Effect.BLOCK, words=[FORBIDDEN])
    text, link, name = canaries()
    with refused(422, "blocked"):
        scene.author.post(f"{text} {FORBIDDEN} https://{link}.example", name=name, index=0)
    comment = {"id": NEVER_ISSUED, "section": scene.root["section"]}
    scene.secrets.append(Secret("blocked by a rule", comment, (text, link, name), NOBODY))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with serving(premoderate=True) as service:
        yield build(service)


@cache
def in_base64(word: str) -> tuple[str, ...]:
    """What a word looks like inside of something encoded, wherever it begins there."""
    found = []
    for before in range(3):
        code = base64.b64encode(b"." * before + word.encode()).decode()
        found.append(code[(before * 8 + 5) // 6 : len(word.encode()) * 8 // 6].rstrip("="))
    return tuple(found)


def leaks(scene: Scene, who: str, bytes: str) -> list[str]:
    """Which secrets not meant for `who` stand in what he was sent, as it is or with its escapes undone."""
    sent = bytes + unquote(bytes) + html.unescape(bytes)
    small = sent.lower()
    forbidden = [secret for secret in scene.secrets if who not in secret.readers]
    return [
        f"{secret.state}: {word}"
        for secret in forbidden
        for word in secret.words
        if word.lower() in small or any(code in sent for code in in_base64(word))
    ]


def everything(response: httpx2.Response) -> str:
    return f"{response.headers} {response.text}"


def asks(scene: Scene, *, staff: bool) -> Iterable[Ask]:
    """Every route that reads, about every page, section and comment that there is; each question once."""
    return {str(ask): ask for ask in _asks(scene, staff=staff)}.values()


def _asks(scene: Scene, *, staff: bool) -> Iterator[Ask]:
    yield from broad_asks(scene, staff=staff)
    for comment in {secret.comment["id"]: secret.comment for secret in scene.secrets}.values():
        target = Target(comment["id"], comment["section"])
        for name in ABOUT_A_COMMENT:
            yield from READS[name](target)
        yield from after(target)


def broad_asks(scene: Scene, *, staff: bool) -> Iterator[Ask]:
    """Those that name no secret."""
    whole = Target(comment=scene.root["id"], sinces=scene.sinces(staff=staff), page=scene.page())
    for row in (*READS.values(), *ELSEWHERE.values()):
        yield from row(whole)
    for row in READS.values():
        yield from row(Target(url=f"{URL}/alone"))
    for section in scene.sections():
        for name in ("comments.read", "threads.section", "writing.show_write"):
            yield from READS[name](Target(scene.root["id"], section, page=scene.page()))


def test_every_route_has_its_row() -> None:
    rows = [*READS, *WRITES, *ELSEWHERE, *SOCKETS]

    assert sorted(rows) == sorted({route.name for route in table()})  # type: ignore[attr-defined]


# What the socket says, and to whom; the queue's names items and people, and no comment.
SAID = {"changes", "counts", "watching", "resync", "error", "presence"}


def test_every_message_of_the_socket_is_known_here() -> None:
    kinds = {
        kind
        for shape in vars(wire).values()
        if isinstance(shape, type) and issubclass(shape, Answer) and "type" in shape.model_fields
        for kind in shape.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    }

    assert kinds == SAID


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_answer_holds_a_word_that_is_not_for_whom_asks(scene: Scene, who: str) -> None:
    asked = found = zipped = 0
    for ask in asks(scene, staff=who in STAFF):
        answer = ask.by(scene.people[who])
        assert not leaks(scene, who, everything(answer)), (ask, answer.text)
        asked += 1
        found += scene.root["html"][3:-5] in answer.text
        zipped += answer.headers.get("content-encoding") in ("br", "gzip")
    assert asked > 600
    if "another site" not in who:
        assert found > 10, "what is public is seen"
        assert zipped > 5


def test_the_words_do_reach_those_they_are_for(scene: Scene) -> None:
    """The control: what the crawl searches for is there to be found."""
    told = {
        who: str([scene.people[who].own(), scene.people[who].own(f"{URL}/alone")])  # type: ignore[attr-defined]
        for who in ("author", "banned")
    }
    for secret in scene.secrets:
        for who, own in told.items():
            assert all((word in own) is (who in secret.readers) for word in secret.words), (secret.state, who)
        if secret.comment["id"] == NEVER_ISSUED:
            continue
        for who in STAFF:
            staff = _all_that_staff_are_told(scene.people[who], secret.comment["id"])
            assert all((word in staff) is (who in secret.readers) for word in secret.words) or "by cookie" not in who, (
                secret.state,
                who,
            )
            if len(secret.words) > 1:  # a comment or an edit, and no word about one
                assert all((word in staff) is (who in secret.readers) for word in secret.words), (secret.state, who)


def _all_that_staff_are_told(staff: Visitor, comment: str) -> str:
    """By the API, and on the screens where the cookie opens them."""
    pages = [("/moderate", {"item": comment}), ("/moderate/log", {"comment": comment}), ("/moderate/bans", {})]
    told = [staff.ask("GET", path, params=params).text for path, params in pages]
    return html.unescape(str([staff.comment(comment), *told]))


def unseen(scene: Scene) -> dict[str, Json]:
    """What strangers may not know of, by the first of its states."""
    found: dict[str, tuple[str, Json]] = {}
    for secret in scene.secrets:
        if not secret.seen:
            found.setdefault(secret.comment["id"], (secret.state, secret.comment))
    return dict(found.values())


@pytest.mark.parametrize("who", STRANGERS)
def test_what_nobody_may_see_is_not_named(scene: Scene, who: str) -> None:
    """The ids themselves. Changes say `gone` of what was public when they begin, and of nothing else."""
    ids = {state: comment["id"] for state, comment in unseen(scene).items() if comment["id"] != NEVER_ISSUED}
    never = {comment for state, comment in ids.items() if state.startswith("pending")}
    assert len(never) > 4 and len(ids) > 15
    for ask in broad_asks(scene, staff=False):
        answer = ask.by(scene.people[who])
        sent = everything(answer)
        named = {state for state, id in ids.items() if id in sent}
        if ask.path == "/v1/page/changes" and answer.status_code == 200:
            assert not any(id in json.dumps({**answer.json(), "gone": None}) for id in ids.values()), answer.text
            assert not any(id in sent for id in never)
            continue
        assert not named, (ask, answer.text)


@pytest.mark.parametrize("who", STRANGERS)
def test_what_a_stranger_may_not_see_answers_like_an_id_never_issued(scene: Scene, who: str) -> None:
    person = scene.people[who]
    query = "SELECT id, state, html, support, flags, held, edition, appealed FROM comment"
    before = (
        scene.service.rows(query),
        scene.service.rows("SELECT * FROM decision"),
        scene.service.rows("SELECT * FROM flag"),
    )
    rows = [READS[name] for name in ABOUT_A_COMMENT]
    rows += WRITES.values()
    never = {
        section: [plain(ask, person, NEVER_ISSUED) for row in rows for ask in row(Target(NEVER_ISSUED, section))]
        for section in {comment["section"] for comment in unseen(scene).values()}
    }
    for state, comment in unseen(scene).items():
        asked = [ask for row in rows for ask in row(Target(comment["id"], comment["section"]))]
        for ask, said in zip(asked, never[comment["section"]], strict=True):
            assert plain(ask, person, comment["id"]) == said, (state, ask)
    after = (
        scene.service.rows(query),
        scene.service.rows("SELECT * FROM decision"),
        scene.service.rows("SELECT * FROM flag"),
    )
    assert after == before


def plain(ask: Ask, person: Visitor, id: str) -> tuple[int, str]:
    """The answer; where it repeats what was asked for, that is left out."""
    answer = ask.by(person)
    return answer.status_code, answer.text.replace(id, "…").replace(NEVER_ISSUED, "…")


@pytest.mark.parametrize("who", STRANGERS)
def test_what_is_refused_about_a_tombstone_tells_nothing_more(scene: Scene, who: str) -> None:
    for secret in scene.secrets:
        if secret.seen == TOMBSTONE:
            target = Target(secret.comment["id"], secret.comment["section"])
            for ask in (ask for row in WRITES.values() for ask in row(target)):
                answer = ask.by(scene.people[who])
                assert answer.status_code >= 303 or ask.path == "/v1/views", (ask, answer.text)
                assert not leaks(scene, who, everything(answer)), (ask, answer.text)


def test_a_tombstone_says_where_it_stands_its_state_and_its_reason_alone(scene: Scene) -> None:
    stones = [secret for secret in scene.secrets if secret.seen == TOMBSTONE and len(secret.words) == 3]
    assert {secret.comment["id"] for secret in stones} and len(stones) == 5
    for secret in stones:
        told = scene.people["anonymous"].comment(secret.comment["id"])["comment"]
        assert set(told) <= {"id", "parent", "at", "revision", "state", "reason"}, (secret.state, told)


def test_nothing_of_what_was_purged_or_refused_is_in_any_table(scene: Scene) -> None:
    kept = "\n".join(scene.service.dump())
    gone = [each for each in scene.secrets if each.state.startswith(("purged", "blocked"))]
    gone += [each for each in scene.secrets if each.state in ("its flag's note", "its appeal")]
    assert len(gone) >= 9
    for secret in gone:
        assert not [word for word in secret.words if word in kept], secret.state
    assert all(word in kept for secret in scene.secrets if secret.state == "hidden" for word in secret.words)


# The sockets


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_socket_that_resumes_hears_no_word_that_is_not_for_it(scene: Scene, who: str) -> None:
    person = scene.people[who]
    more = {"author": person.token} if isinstance(person, Reader) else {}
    if isinstance(person, Moderator):
        more = {"token": person.token}
    heard: list[str] = []
    if isinstance(person, AtDesk):
        pytest.skip("the cookie opens no socket of readers: theirs are asked from the site's pages")
    for since in scene.sinces(staff=who in STAFF)[::9]:
        if who == "moderator of another site":
            with person.socket() as socket:
                socket.send(json.dumps({"type": "watch", "page": {"url": URL}, "since": since, **more}))
                heard.append(str(socket.recv(timeout=10)))
            continue
        with person.watching(*scene.sections(), since=since, **more) as watching:
            heard += watching.heard
    assert not leaks(scene, who, " ".join(heard))
    assert {json.loads(text)["type"] for text in heard} <= SAID
    assert any("changes" in text for text in heard) is (who != "moderator of another site")


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_socket_of_the_queue_opens_to_moderators_at_their_desk_and_tells_no_words(scene: Scene, who: str) -> None:
    person = scene.people[who]
    address = scene.service.url.replace("http", "ws", 1) + "/moderate/live"
    headers = {name: value for name, value in person.headers.items() if name != "Origin"}
    connecting = {"additional_headers": headers, "compression": None, "proxy": None}
    if not isinstance(person, AtDesk):
        with pytest.raises(InvalidStatus) as refusal:
            connect_socket(address, origin=person.origin, **connecting).close()  # type: ignore[arg-type]
        assert refusal.value.response.status_code in (401, 403)
        return
    with connect_socket(address, origin=person.origin, **connecting) as socket:  # type: ignore[arg-type]
        said = str(socket.recv(timeout=10))
        scene.keep("pending, while the queue is watched", THEIRS, published=False, index=0)
        scene.say(published=False, index=0)
        if who in STAFF:
            said += str(socket.recv(timeout=10))
    assert not leaks(scene, "anonymous", said)
    ids = [secret.comment["id"] for secret in scene.secrets if secret.comment["id"] != NEVER_ISSUED]
    if who not in STAFF:
        assert json.loads(said)["waiting"] in ("", "0"), said
        assert not any(id in said for id in ids)


def test_a_socket_that_is_open_hears_of_a_hide_and_never_of_what_waits(scene: Scene) -> None:
    with scene.people["anonymous"].watching(*scene.sections()) as watching:
        scene.keep("pending, while somebody watches", THEIRS, published=False, index=0)
        noise = scene.say(published=True, index=0)
        scene.edit("an edit that waits, while somebody watches", noise, THEIRS)
        while noise["id"] not in str(watching.next()):
            pass
        scene.owner.hide(noise)
        while (said := watching.until("changes")) and noise["id"] not in said["gone"]:
            pass
        assert said["comments"] == []

        assert not leaks(scene, "anonymous", " ".join(watching.heard))
