"""House, law 3, the differential way: a site with a hidden comment answers as if it had never been posted.

Ids, revisions and cursors aside, every answer must be the same, byte for byte: counts, order, faces, times, gaps.
"""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from tests.api.doors import READS, Target
from tests.service import Json, Service, serving

from postil import sites

# What may move: a revision, the cursor of a page and of a window.
_MOVES = re.compile(r'("revision":|"since":"[0-9a-f]{8}\.|\b(?:oldest|newest|supported)\.)[0-9]+')
_SEAL = re.compile(r'(?<=name="seal" value=")[^"]+')  # of a form: made anew each time it is shown

SECRETS = (
    "pending",
    "hidden",
    "removed",
    "purged",
    "approved and taken back",
    "hidden, restored and hidden",
    "hidden and asked about",
    "hidden by a ban",
    "hidden with a hidden reply",
)


class Twin:
    """One of two sites with the same history; `secret` adds what must not show, in the other it never was."""

    def __init__(self, service: Service, origin: str, secret: str | None) -> None:
        self.service, self.origin, self.secret = service, origin, secret
        self.url = f"{origin}/essay"
        self.readers = {name: service.reader(name, origin) for name in ("Ann", "Ben", "Cleo", "Mallory")}
        self.owner = service.moderator("Olga", origin, owner=True)

    def say(self, name: str, **place: Json) -> Json:
        comment = self.readers[name].post(f"{name} says.", url=self.url, **place)
        self.owner.approve(comment)
        return comment

    def whisper(self, **place: Json) -> None:
        if self.secret is None:
            return
        mallory = self.readers["Mallory"]
        comment = mallory.post("Psst.", url=self.url, **place)
        if self.secret == "pending":
            return
        approved = self.owner.approve(comment)
        if self.secret == "approved and taken back":
            self.owner.undo(approved)
            return
        self.readers["Ann"].support(comment)
        self.readers["Ann"].flag(comment)
        if self.secret == "hidden with a hidden reply":
            reply = mallory.post("Psst!", url=self.url, section=comment["section"], parent=comment["id"])
            self.owner.approve(reply)
            self.owner.hide(reply)
        ends: dict[str, Callable[[Json], object]] = {
            "hidden": self.owner.hide,
            "hidden with a hidden reply": self.owner.hide,
            "removed": mallory.remove,
            "purged": self.owner.purge,
            "hidden, restored and hidden": self.again,
            "hidden and asked about": self.asked,
            "hidden by a ban": self.banned,
        }
        ends[self.secret](comment)

    def again(self, comment: Json) -> None:
        hidden = self.owner.hide(comment, reason="spam")
        self.owner.restore(comment)
        self.readers["Ben"].flag(comment)
        mallory = self.readers["Mallory"]
        mallory.edit(comment, "Psst, again.")
        self.owner.hide(comment)
        assert hidden

    def asked(self, comment: Json) -> None:
        self.owner.hide(comment, reason="spam", note="Not again.")
        self.readers["Mallory"].appeal(comment, "But why?")

    def banned(self, comment: Json) -> None:
        """Under another name each time: who is banned writes no more."""
        self.owner.ban(comment, by_network=False, reason="spam", hide=True)
        self.readers["Mallory"] = self.service.reader("Mallory", self.origin)

    def live(self) -> None:
        visitor = self.service.visitor(self.origin)
        visitor.view(self.url, visit="the-first-browser")
        self.whisper(index=0)
        visitor.view(self.url, visit="the-other-browser")
        first = self.say("Ann", index=0)
        under = {"section": first["section"], "parent": first["id"]}
        self.whisper(**under)
        self.say("Ben", **under)
        for _ in range(13):
            self.say("Cleo", index=0)
        self.whisper(index=0)
        self.whisper(index=2)
        last = self.say("Ben", index=1)
        self.readers["Ann"].support(last)
        self.whisper(**under)

    def answers(self) -> list[str]:
        """What anybody is told, by every route that tells of a page, in words that both twins share."""
        epoch = self.service.rows("SELECT epoch FROM lineage")[0][0]
        query = "SELECT c.id FROM comment c JOIN page p ON p.id = c.page_id WHERE p.url = ? AND c.shown ORDER BY c.path"
        shown = [id for (id,) in self.service.rows(query, self.url)]
        visitor = self.service.visitor(self.origin)
        sections = [section["id"] for section in visitor.page(self.url)["sections"]]
        page = self.service.rows("SELECT id FROM page WHERE url = ?", self.url)[0][0]
        asked = [Target(shown[0], section, self.url, (f"{epoch}.0",), page=page) for section in sections]
        told = [ask.by(visitor).text for target in asked for row in READS.values() for ask in row(target)]
        told += [visitor.ask("GET", f"/v1/comments/{comment}").text for comment in shown]
        told += [json.dumps(list(visitor.windows(section, limit=2)), separators=(",", ":")) for section in sections]
        return [self._plain(text) for text in told]

    def _plain(self, text: str) -> str:
        rows = self.service.rows("SELECT id FROM comment UNION SELECT id FROM section UNION SELECT id FROM page")
        ids = sorted((id for (id,) in rows if id in text), key=text.index)
        for number, id in enumerate(ids):
            text = text.replace(id, f"#{number}")
        return re.sub(_MOVES, r"\1", re.sub(_SEAL, "", text.replace(self.origin.removeprefix("https://"), "origin")))


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(premoderate=True) as running:
        yield running


@pytest.fixture(scope="module")
def without(service: Service) -> list[str]:
    """What everybody is told where nothing ever was secret."""
    return lived(service, None).answers()


def lived(service: Service, secret: str | None) -> Twin:
    origin = f"https://twin-{len(service.rows('SELECT * FROM site')):02}.example"
    service.change(lambda tx: sites.add_site(tx, [origin], premoderate=True))
    twin = Twin(service, origin, secret)
    twin.live()
    return twin


@pytest.mark.parametrize("secret", SECRETS)
def test_with_and_without_a_secret_everybody_is_told_the_same(
    service: Service, without: list[str], secret: str
) -> None:
    with_it = lived(service, secret).answers()

    assert len(with_it) > 50
    for one, other in zip(with_it, without, strict=True):
        assert one == other


def test_twins_that_differ_are_told_apart(service: Service, without: list[str]) -> None:
    """The control: the same history is told the same, and one comment more is seen."""
    twin = lived(service, None)
    assert twin.answers() == without

    twin.say("Mallory", index=1)

    assert twin.answers()[0] != without[0]
