"""A flood of spam from fifty addresses, while a few readers talk on the same page: they go on, and it goes in three
actions and comes back by three.
"""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.service import Json, Moderator, Reader, Service, Visitor, Watching, serving

from postil import sites
from postil.ids import hash_token
from postil.kinds import DEFAULTS
from postil.web.door import COOKIE, form_token

SITE = "https://talk-of-the-town.example"
URL = f"{SITE}/essay"
ADDRESSES, KINS = 50, 3
PASSED = 2  # of each kin, before the rule on repeats holds the third
SAID = ("Look at {}", "You will not believe {}", "{} changed my life", "Is {} any good?", "I got mine at {}")


class Spammer(Reader):
    """One of those behind the proxy that the service believes."""

    def __init__(self, service: Service, number: int) -> None:
        super().__init__(service, SITE, f"Buyer {number}")
        self.address = f"203.0.113.{number + 1}"

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "X-Forwarded-For": self.address}

    def spam(self, number: int) -> None:
        link = f"https://pills-{number % KINS}.example/buy?{secrets.token_hex(4)}"
        words = " ".join(secrets.token_hex(3) for _ in range(6))
        self.post(f"{SAID[number % len(SAID)].format(link)} {words}", url=URL, index=number % 2)


class Desk(Visitor):
    """A moderator on the service's own pages: his cookie, and the token of its forms."""

    def __init__(self, staff: Moderator) -> None:
        super().__init__(staff.service, staff.service.url)
        self.cookie = f"{COOKIE}={staff.token}"
        query = "SELECT id FROM staffsession WHERE token_hash = ?"
        session = staff.service.rows(query, hash_token(staff.token))[0][0]
        self.token = form_token(session, staff.service.resources.database.lineage.secret)

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}

    def form(self, path: str, **fields: str) -> str:
        """Send a form; the id of what was done, that the page names afterwards."""
        answer: httpx2.Response = self.ask(
            "POST", path, data={"token": self.token, **fields}, follow_redirects=False, timeout=120
        )
        assert answer.status_code == 303, answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)["done"][0]


@pytest.fixture
def service() -> Iterator[Service]:
    """A site with the rules that every new site begins with, behind a proxy."""
    with serving(trusted_proxies=["127.0.0.1/32"]) as running:
        running.change(lambda tx: sites.add_site(tx, [SITE], rules=DEFAULTS))
        yield running


def talk(readers: list[Reader], root: Json, flood: list[Future[None]]) -> list[Json]:
    """A conversation, for as long as the flood lasts: each answers the one before, a dozen deep."""
    said = [root]
    while len(said) < 12 or not all(each.done() for each in flood):
        speaker, above = readers[len(said) % len(readers)], said[-1] if len(said) % 12 else root
        said.append(speaker.reply(above, f"Turn {len(said)}: {secrets.token_hex(8)}", url=URL))
        time.sleep(0.2)  # nobody writes faster
    return said[1:]


def listen(watching: Watching, until: str) -> set[str]:
    """The ids of the comments that a socket tells of, as far as a text."""
    ids: set[str] = set()
    while True:
        comments = watching.until("changes")["comments"]
        ids |= {comment["id"] for comment in comments}
        if any(until in comment.get("html", "") for comment in comments):
            return ids


def as_it_is(service: Service) -> list[list[tuple[Json, ...]]]:
    """Everything that a decision and its undo may touch."""
    comments = "id, state, reason, html, shown, shown_replies, thread_shown, flags, waits, item_id, why, held, support"
    return [
        service.rows(f"SELECT {comments} FROM comment ORDER BY id"),
        service.rows("SELECT id, comments, pending, hidden, shown, faces FROM section ORDER BY id"),
        service.rows("SELECT id, size, is_open, kinds FROM queueitem ORDER BY id"),
        service.rows("SELECT id, flags_right, flags_wrong FROM author ORDER BY id"),
    ]


@pytest.mark.parametrize("posts", [200, pytest.param(2_000, marks=pytest.mark.soak)])
def test_a_conversation_goes_on_in_a_flood_that_goes_in_three_actions(service: Service, posts: int) -> None:
    readers = [service.reader(name, SITE) for name in ("Rosa", "Sam", "Tess")]
    root = readers[0].post("What do you make of this?", url=URL, index=0)
    spammers = [Spammer(service, number) for number in range(ADDRESSES)]
    section = root["section"]

    with service.visitor(SITE).watching(section, url=URL) as watching, ThreadPoolExecutor(9) as crowd:
        heard = crowd.submit(listen, watching, "The last word.")
        flood = [crowd.submit(spammers[number % ADDRESSES].spam, number) for number in range(posts)]
        conversation = talk(readers, root, flood)
        assert not [each.exception() for each in flood if each.exception()]
        conversation.append(readers[0].post("The last word.", url=URL, section=section))
        assert {comment["id"] for comment in conversation} <= heard.result(60), "each was pushed"

    shown = {comment["id"] for comment in service.visitor(SITE).comments(section)}
    assert {comment["id"] for comment in conversation} <= shown
    assert all(comment.get("state", "published") == "published" for comment in conversation)
    held = service.rows("SELECT kin, count(*) FROM comment WHERE state = 'pending' GROUP BY kin")
    assert len(held) == KINS and sum(count for _, count in held) == posts - PASSED * KINS
    networks = service.rows("SELECT count(DISTINCT network) FROM comment WHERE state = 'pending'")
    assert networks == [(ADDRESSES,)]
    items = service.rows("SELECT id, size FROM queueitem WHERE is_open")
    assert len(items) == KINS and sum(size for _, size in items) == posts - PASSED * KINS

    before = as_it_is(service)
    desk = Desk(service.moderator("Olga", SITE))
    batches = [desk.form("/moderate/decide", about=item, action="hide", reason="spam") for item, _ in items]

    assert service.rows("SELECT count(*) FROM comment WHERE state = 'pending' OR waits") == [(0,)]
    assert service.rows("SELECT count(*) FROM queueitem WHERE is_open") == [(0,)]
    hidden = service.rows("SELECT count(*) FROM decision WHERE move = 'hide' AND reason = 'spam'")
    assert hidden == [(posts - PASSED * KINS,)]
    assert {comment["id"] for comment in service.visitor(SITE).comments(section)} == shown

    for batch in reversed(batches):
        desk.form("/moderate/undo", batch=batch)

    assert as_it_is(service) == before
