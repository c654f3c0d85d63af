"""House, law 3: what a viewer may not see leaks through no surface: not its text, its link, its author.

Every comment carries words of its own (in its text, a link's address, its author's name). Then everybody asks every
route about everything, and no byte of any answer may hold a word that is not for him.
"""

import json
import secrets
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

import httpx2
import pytest
from tests.api.doors import ELSEWHERE, NEVER_ISSUED, READS, SOCKETS, WRITES, Ask, Target, after, table
from tests.service import OTHER, URL, Json, Moderator, Service, Visitor, serving

STRANGERS = ("anonymous", "another reader", "moderator of another site")
STAFF = ("moderator", "owner")


class Secret(NamedTuple):
    """A comment, its words, and who besides nobody may read them."""

    state: str
    comment: Json
    words: tuple[str, ...]
    readers: frozenset[str]


class Scene:
    """A page with a comment in every state, on a site that premoderates."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.author = service.reader("Author")
        self.people: dict[str, Visitor] = {
            "anonymous": service.visitor(None),
            "another reader": service.reader("Sam"),
            "author": self.author,
            "moderator of another site": service.moderator("Olaf", OTHER),
            "moderator": service.moderator("Ada").granted(),
            "owner": service.moderator("Olga", owner=True),
        }
        self.owner = service.moderator("Olga", owner=True)
        self.secrets: list[Secret] = []
        self.root = self.say(published=True, index=0)

    def say(self, *, published: bool, **place: Json) -> Json:
        comment = self.author.post(secrets.token_hex(4), **place)
        if published:
            self.owner.approve(comment)
        return comment

    def keep(self, state: str, readers: frozenset[str], *, published: bool, **place: Json) -> Json:
        """Post what must stay secret; the test then takes it into its state."""
        text, link, name = (f"{kind}{secrets.token_hex(6)}" for kind in ("Text", "link", "Name"))
        # An edit keeps the name: of what was edited only the words are to be forgotten.
        words = (text, link) if state.startswith("edited") else (text, link, name)
        source = f"{text} at https://{link}.example/{link}"
        comment = self.author.post(source, name=name if name in words else "Author", **place)
        if published:
            self.owner.approve(comment)
        self.secrets.append(Secret(state, comment, words, readers))
        return comment

    def sections(self) -> list[str]:
        return [id for (id,) in self.service.rows("SELECT id FROM section")]

    def sinces(self, *, staff: bool) -> tuple[str, ...]:
        epoch = self.service.rows("SELECT epoch FROM lineage")[0][0]
        column = "staff_revision" if staff else "public_revision"
        last = self.service.rows(f"SELECT max({column}) FROM page")[0][0]
        return tuple(f"{epoch}.{revision}" for revision in range(last + 1))


NOBODY: frozenset[str] = frozenset()
THEIRS = frozenset({"author", *STAFF})


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
        edited = scene.keep("edited, the old text", NOBODY, published=True, **place)
        author.edit(edited, "Waits again.")
    for state, readers, take in (
        ("hidden, with replies", THEIRS, owner.hide),
        ("removed, with replies", NOBODY, author.remove),
        ("purged, with replies", NOBODY, owner.purge),
    ):
        comment = scene.keep(state, readers, published=True, index=0)
        reply_to(scene, comment)
        take(comment)
    parent = scene.keep("hidden, with a hidden reply", THEIRS, published=True, index=0)
    child = scene.keep(
        "hidden, under a hidden one", THEIRS, published=True, section=parent["section"], parent=parent["id"]
    )
    owner.hide(child)
    owner.hide(parent)
    scene.say(published=False, index=0)  # the author's own name again, so that no overlay is headed by a secret one
    return scene


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with serving(premoderate=True) as service:
        yield build(service)


def leaks(scene: Scene, who: str, bytes: str) -> list[str]:
    """Which secrets not meant for `who` stand in what he was sent, as it is or with its escapes undone."""
    sent = bytes + unquote(bytes)
    forbidden = [secret for secret in scene.secrets if who not in secret.readers]
    return [f"{secret.state}: {word}" for secret in forbidden for word in secret.words if word.lower() in sent.lower()]


def everything(response: httpx2.Response) -> str:
    return f"{response.headers} {response.text}"


def asks(scene: Scene, *, staff: bool) -> Iterator[Ask]:
    """Every route that reads, about every page, section and comment that there is."""
    whole = Target(comment=scene.root["id"], sinces=scene.sinces(staff=staff))
    for row in (*READS.values(), *ELSEWHERE.values()):
        yield from row(whole)
    for row in READS.values():
        yield from row(Target(url=f"{URL}/alone"))
    for section in scene.sections():
        yield from READS["comments.read"](Target(scene.root["id"], section))
    for secret in scene.secrets:
        target = Target(secret.comment["id"], secret.comment["section"])
        for row in (READS["comments.one"], READS["comments.around"], after):
            yield from row(target)


def test_every_route_has_its_row() -> None:
    rows = [*READS, *WRITES, *ELSEWHERE, *SOCKETS]

    assert sorted(rows) == sorted({route.name for route in table()})  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", [*STRANGERS, "author", *STAFF])
def test_no_answer_holds_a_word_that_is_not_for_whom_asks(scene: Scene, who: str) -> None:
    asked = found = zipped = 0
    for ask in asks(scene, staff=who in STAFF):
        answer = ask.by(scene.people[who])
        assert not leaks(scene, who, everything(answer)), (ask, answer.text)
        asked += 1
        found += scene.root["html"][3:-5] in answer.text
        zipped += answer.headers.get("content-encoding") == "gzip"
    assert asked > 200
    if who != "moderator of another site":
        assert found > 10, "what is public is seen"
        assert zipped > 5


def test_the_words_do_reach_those_they_are_for(scene: Scene) -> None:
    """The control: what the crawl searches for is there to be found."""
    own = str([scene.author.own(), scene.author.own(f"{URL}/alone")])
    moderator = scene.people["moderator"]
    for secret in scene.secrets:
        assert all((word in own) is ("author" in secret.readers) for word in secret.words), secret.state
        staff = str(moderator.comment(secret.comment["id"]))
        assert all((word in staff) is ("moderator" in secret.readers) for word in secret.words), secret.state


@pytest.mark.parametrize("who", STRANGERS)
def test_what_a_stranger_may_not_see_answers_like_an_id_never_issued(scene: Scene, who: str) -> None:
    person = scene.people[who]
    before = scene.service.rows("SELECT id, state, html, support, flags FROM comment")
    unseen = {secret.state: secret.comment for secret in scene.secrets if "with replies" not in secret.state}
    rows = (READS["comments.one"], READS["comments.around"], *WRITES.values())
    never = {
        section: [ask.by(person) for row in rows for ask in row(Target(NEVER_ISSUED, section))]
        for section in {comment["section"] for comment in unseen.values()}
    }
    for state, comment in unseen.items():
        asked = [ask for row in rows for ask in row(Target(comment["id"], comment["section"]))]
        for ask, said in zip(asked, never[comment["section"]], strict=True):
            told = ask.by(person)
            assert (told.status_code, told.content) == (said.status_code, said.content), (state, ask, told.text)
    assert scene.service.rows("SELECT id, state, html, support, flags FROM comment") == before


@pytest.mark.parametrize("who", STRANGERS)
def test_what_is_refused_about_a_tombstone_tells_nothing_more(scene: Scene, who: str) -> None:
    for secret in scene.secrets:
        if "with replies" in secret.state:
            target = Target(secret.comment["id"], secret.comment["section"])
            for ask in (ask for row in WRITES.values() for ask in row(target)):
                answer = ask.by(scene.people[who])
                assert answer.status_code >= 400 or ask.path == "/v1/views"
                assert not leaks(scene, who, everything(answer)), (ask, answer.text)


# The socket


@pytest.mark.parametrize("who", [*STRANGERS, "author", *STAFF])
def test_a_socket_that_resumes_hears_no_word_that_is_not_for_it(scene: Scene, who: str) -> None:
    person = scene.people[who]
    more = {"author": scene.author.token} if who == "author" else {}
    if isinstance(person, Moderator):
        more = {"token": person.token}
    heard: list[str] = []
    for since in scene.sinces(staff=who in STAFF)[::9]:
        if who == "moderator of another site":
            with person.socket() as socket:
                socket.send(json.dumps({"type": "watch", "page": {"url": URL}, "since": since, **more}))
                heard.append(str(socket.recv(timeout=10)))
            continue
        with person.watching(*scene.sections(), since=since, **more) as watching:
            heard += watching.heard
    assert not leaks(scene, who, " ".join(heard))
    assert any("changes" in text for text in heard) is (who != "moderator of another site")


def test_a_socket_that_is_open_hears_of_a_hide_and_never_of_what_waits(scene: Scene) -> None:
    with scene.people["anonymous"].watching(*scene.sections()) as watching:
        scene.keep("pending, while somebody watches", THEIRS, published=False, index=0)
        noise = scene.say(published=True, index=0)
        while noise["id"] not in str(watching.next()):
            pass
        scene.owner.hide(noise)
        while (said := watching.until("changes")) and noise["id"] not in said["gone"]:
            pass
        assert said["comments"] == []

        assert not leaks(scene, "anonymous", " ".join(watching.heard))
