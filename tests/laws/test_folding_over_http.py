"""House, law 1, through the door of those whose proxy blocks sockets: polling folds into what a fresh read says."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.service import ORIGIN, Json, Moderator, Reader, Refused, Service, Visitor, serving

VERBS = (
    "post",
    "reply",
    "reply",
    "edit",
    "remove",
    "support",
    "flag",
    "approve",
    "approve",
    "hide",
    "restore",
    "purge",
    "poll",
)
OPS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 9), st.integers(0, 1)), min_size=6, max_size=20)
PAGES = itertools.count()


@pytest.fixture(scope="module", params=[False, True], ids=["open", "premoderated"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with serving(premoderate=request.param) as running:
        yield running


class Follower:
    """Somebody who loaded the page once and has polled ever since."""

    def __init__(self, visitor: Visitor, url: str) -> None:
        self.visitor, self.url = visitor, url
        page = visitor.page(url)
        self.since = page["since"]
        self.sections = {section["id"]: section for section in page["sections"]}
        self.comments = fresh(visitor, url)

    def poll(self) -> None:
        changes = self.visitor.changes(self.since, self.url)
        assert "resync" not in changes
        for comment in changes["comments"]:
            self.comments[comment["id"]] = windowed(comment)
        for id in changes["gone"]:
            del self.comments[id]
        self.sections |= {section["id"]: section for section in changes["sections"]}
        self.since = changes["since"]

    def check(self) -> None:
        self.poll()
        page = self.visitor.page(self.url)
        assert self.since == page["since"]
        assert self.comments == fresh(self.visitor, self.url)
        assert recent(self.visitor, self.url) == sorted(
            self.comments.values(), key=lambda each: each["id"], reverse=True
        )
        told = {section["id"]: section for section in page["sections"]}
        assert {id: section for id, section in self.sections.items() if id in told} == told
        assert self.visitor.changes(self.since, self.url)["comments"] == []


def fresh(visitor: Visitor, url: str) -> dict[str, Json]:
    sections = [section["id"] for section in visitor.page(url)["sections"]]
    return {comment["id"]: comment for section in sections for comment in visitor.comments(section)}


def windowed(comment: Json) -> Json:
    """As a window tells it: what is the same for all of a window stands beside them, or is of its `since`."""
    return {key: value for key, value in comment.items() if key not in ("section", "revision", "to")}


def recent(visitor: Visitor, url: str) -> list[Json]:
    """The newest comments across a page, three by three to the last, as the windows of its sections have them."""
    found: list[Json] = []
    before: dict[str, str] = {}
    while True:
        told = visitor.get("/v1/page/recent", url=url, limit=3, **before)
        found += map(windowed, told["comments"])
        if "next" not in told:
            return found
        before = {"before": told["next"]}


def act(readers: list[Reader], moderator: Moderator, posted: list[Json], url: str, op: tuple[str, int, int]) -> None:
    verb, which, who = op
    if verb == "post":
        posted.append(readers[who].post(index=which % 3, url=url))
    elif posted:
        comment = posted[-1 - which % len(posted)]
        if verb == "reply":
            posted.append(readers[who].reply(comment, url=url))
        elif verb == "edit":
            readers[who].edit(comment, f"Edited {which}.")
        elif verb in ("approve", "hide", "restore", "purge"):
            moderator.decide(verb, comment)
        else:
            getattr(readers[who], verb)(comment)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPS)
def test_polling_folds_into_what_a_fresh_read_says(service: Service, ops: list[tuple[str, int, int]]) -> None:
    url = f"{ORIGIN}/folding/{next(PAGES)}"
    readers, moderator = [service.reader("Ann"), service.reader("Ben")], service.moderator("Olga", owner=True)
    posted: list[Json] = []
    followers = [Follower(service.visitor(), url), Follower(moderator, url)]
    for op in ops:
        if op[0] == "poll":
            followers[op[2]].poll()
            continue
        try:
            act(readers, moderator, posted, url, op)
        except Refused as refusal:
            assert refusal.status in (403, 404, 409), refusal
    for follower in followers:
        follower.check()
