"""The two kinds of “not found” are one: what is of another site, what is hidden from who asks, and what was never
issued are told apart by no statement that the service runs for them, so by no time that it takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event
from tests.api.doors import NEVER_ISSUED, READS, WRITES, Ask, Target
from tests.service import OTHER, Json, Service, Visitor, serving

THERE = f"{OTHER}/essay"
# Each says of an id alone whether there is such a thing; windows that begin after it do not.
READ = ("comments.one", "comments.then", "comments.around")
WRITE = (
    "comments.edit",
    "comments.remove",
    "comments.support",
    "comments.unsupport",
    "comments.flag",
    "comments.appeal",
    "moderation.approve",
    "moderation.hide",
    "moderation.restore",
    "moderation.refuse",
    "moderation.purge",
    "moderation.ban",
)
ACTORS = ("anonymous", "reader", "reader who wrote here", "moderator of another site", "moderator", "owner")


class Told(NamedTuple):
    status: int
    body: bytes
    statements: list[str]


class Scene:
    def __init__(self, service: Service) -> None:
        self.service = service
        owner = service.moderator("Olga", owner=True)
        wrote = service.reader("Wrote")
        self.root = wrote.post("Here I am.")
        owner.approve(self.root)
        self.people: dict[str, Visitor] = {
            "anonymous": service.visitor(),
            "reader": service.reader("Sam"),
            "reader who wrote here": wrote,
            "moderator of another site": service.moderator("Olaf", OTHER),
            "moderator": service.moderator("Ada").granted(),
            "owner": owner,
        }
        author = service.reader("Author")
        pending, hidden, removed, purged = (author.post(f"{each}.") for each in range(4))
        for comment in (hidden, removed, purged):
            owner.approve(comment)
        owner.hide(hidden)
        author.remove(removed)
        owner.purge(purged)
        self.hidden = {"pending": pending, "hidden": hidden, "removed": removed, "purged": purged}
        self.theirs = service.reader("Far", OTHER).post(url=THERE)

    @contextmanager
    def recording(self) -> Iterator[list[str]]:
        """The statements that the service runs meanwhile."""
        seen: list[str] = []

        def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        engine = self.service.resources.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", hear)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", hear)

    def told(self, who: str, ask: Ask) -> Told:
        with self.recording() as statements:
            answer = ask.by(self.people[who])
        return Told(answer.status_code, answer.content, statements)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with serving(premoderate=True) as service:
        yield Scene(service)


def doors(comment: str, section: str) -> Iterator[Ask]:
    for name in READ + WRITE:
        yield from {**READS, **WRITES}[name](Target(comment, section))


@pytest.mark.parametrize("who", ACTORS)
def test_what_one_may_not_see_and_what_never_was_run_the_same_statements(scene: Scene, who: str) -> None:
    section = scene.root["section"]
    unseen: dict[str, Json] = dict(scene.hidden) if who not in ("moderator", "owner") else {}
    compared = 0
    for ask_never, asks in zip(doors(NEVER_ISSUED, section), _each(scene, who, unseen), strict=True):
        scene.told(who, ask_never)  # whoever asks is known by now, and what is asked once is prepared
        never = scene.told(who, ask_never)
        for state, ask in asks.items():
            assert scene.told(who, ask) == never, (state, ask)
            assert never.status >= 400
            compared += sum(statement.startswith("SELECT") for statement in never.statements)
    assert compared > 25, "questions: a transaction's own words are other on each database"


def _each(scene: Scene, who: str, unseen: dict[str, Json]) -> Iterator[dict[str, Ask]]:
    """For each door: what is asked of each thing that is not there for `who`."""
    targets = {state: list(doors(comment["id"], comment["section"])) for state, comment in unseen.items()}
    others = list(doors(scene.theirs["id"], scene.root["section"]))
    for at, ask in enumerate(others):
        asks = {state: each[at] for state, each in targets.items()}
        # What is public there is public: it is read from anywhere, but by staff of ours, and changed from nowhere.
        if (ask.method != "GET" and ask.method != "HEAD") or who in ("moderator", "owner"):
            if who != "moderator of another site":
                asks["of another site"] = ask
        yield asks


@pytest.mark.parametrize("who", ["anonymous", "reader", "reader who wrote here"])
def test_a_reply_to_what_one_may_not_see_runs_the_same_statements(scene: Scene, who: str) -> None:
    section = scene.root["section"]
    for at in range(2):
        never = WRITES["comments.post"](Target(NEVER_ISSUED, section))[at]
        scene.told(who, never)
        expected = scene.told(who, never)
        assert expected.status in (401, 404), expected
        for state, comment in {**scene.hidden, "of another site": scene.theirs}.items():
            ask = WRITES["comments.post"](Target(comment["id"], section))[at]
            assert scene.told(who, ask) == expected, state


def test_statements_are_heard_at_all(scene: Scene) -> None:
    """The control: what is seen runs others than what is not."""
    seen = scene.told("reader", Ask("GET", f"/v1/comments/{scene.root['id']}", {}))
    never = scene.told("reader", Ask("GET", f"/v1/comments/{NEVER_ISSUED}", {}))

    assert seen.status == 200 and never.status == 404
    assert len(seen.statements) > len(never.statements) > 0
