"""Who may do what, tried through HTTP: every action of the policy, in every role and scope, here and elsewhere.

What must happen is computed from policy.py and states.py, never written down a second time.
"""

from collections.abc import Callable, Iterator
from itertools import product

import httpx2
import pytest
from tests.service import ORIGIN, OTHER, Json, Moderator, Reader, Service, Visitor, outlined

from postil.policy import MAY, Action
from postil.states import ALLOWED, Move, State
from postil.viewer import Role, Scope

Try = Callable[[Visitor, Json], httpx2.Response]


def decide(move: str) -> Try:
    return lambda visitor, comment: visitor.ask("POST", f"/v1/comments/{comment['id']}/{move}", json={})


def set_section(visitor: Visitor, comment: Json) -> httpx2.Response:
    return visitor.ask("PUT", f"/v1/sections/{comment['section']}/state", json={"state": "open"})


def ban(visitor: Visitor, comment: Json) -> httpx2.Response:
    body = {"by_network": False, "days": 1, "hide": False}
    return visitor.ask("POST", f"/v1/comments/{comment['id']}/ban", json=body)


# The door of each action that is about a comment, and the move that its state must allow.
DOORS: dict[Action, tuple[Try, Move | None]] = {
    Action.APPROVE: (decide("approve"), Move.APPROVE),
    Action.HIDE: (decide("hide"), Move.HIDE),
    Action.RESTORE: (decide("restore"), Move.RESTORE),
    Action.PURGE: (decide("purge"), Move.PURGE),
    Action.BAN: (ban, None),
    Action.SET_SECTION: (set_section, None),
}
# The doors of the others, where no comment's state matters; tried below or in the file that is named.
ELSEWHERE: dict[Action, str] = {
    Action.GRANT: "here",
    Action.ANCHOR: "here",
    Action.REFUSE: "tests/api/test_decisions.py",
    Action.UNDO: "tests/api/test_decisions.py",
    Action.REVIEW: "tests/api/test_queue.py",
    Action.SET_RULES: "tests/api/test_rules.py",
    Action.SET_PEOPLE: "tests/api/test_accounts.py",
}


def test_every_action_has_its_door() -> None:
    assert set(DOORS) | set(ELSEWHERE) == set(Action) == set(MAY)


WHO = [(Role.READER, Scope.PAGE), *product((Role.MODERATOR, Role.OWNER), Scope)]


def staff(service: Service, role: Role, scope: Scope, site: str = ORIGIN) -> Visitor:
    if role is Role.READER:
        return service.reader("Rita", origin=site)
    full = service.moderator(f"{role} of {site[8:]}", site, owner=role is Role.OWNER)
    return full if scope is Scope.FULL else full.granted()


def comments(service: Service, author: Reader) -> Iterator[tuple[State, Json]]:
    """A comment in each state that a moderator may meet."""
    hand = service.moderator("A helping hand")
    for state in (State.PUBLISHED, State.HIDDEN, State.REMOVED, State.PURGED):
        comment = author.post(f"It is {state}.")
        if state is State.HIDDEN:
            hand.hide(comment)
        if state is State.REMOVED:
            author.remove(comment)
        if state is State.PURGED:
            hand.purge(comment)
        yield state, comment


def expected(action: Action, role: Role, scope: Scope, state: State) -> set[int]:
    roles, scopes = MAY[action]
    if role is Role.READER:
        return {401}
    if role not in roles or scope not in scopes:
        return {403}
    move = DOORS[action][1]
    return {200} if move is None or ALLOWED[move].get(state) else {409}


@pytest.mark.parametrize(("role", "scope"), WHO)
@pytest.mark.parametrize("action", [action for action, (_, move) in DOORS.items() if move is not None])
def test_a_comment_s_table(service: Service, action: Action, role: Role, scope: Scope) -> None:
    visitor = staff(service, role, scope)
    own = visitor if isinstance(visitor, Reader) else service.reader("Somebody")
    for author in (own, service.reader("Another")):
        for state, comment in comments(service, author):
            if (action is Action.HIDE and state is State.HIDDEN) or (
                action is Action.APPROVE and state is State.PUBLISHED
            ):
                continue  # answers an appeal, or flags, where there are any: tests/api/test_decisions.py
            answer = DOORS[action][0](visitor, comment)
            assert answer.status_code in expected(action, role, scope, state), (state, answer.text)


@pytest.mark.parametrize(("role", "scope"), WHO)
@pytest.mark.parametrize("action", [Action.SET_SECTION, Action.BAN])
def test_a_section_s_and_an_author_s_table(service: Service, action: Action, role: Role, scope: Scope) -> None:
    comment = service.reader("Another").post()
    answer = DOORS[action][0](staff(service, role, scope), comment)
    assert answer.status_code in expected(action, role, scope, State.PUBLISHED), answer.text


@pytest.mark.parametrize(("role", "scope"), WHO[1:])
@pytest.mark.parametrize("action", DOORS)
def test_of_another_site_nothing_is_found(service: Service, action: Action, role: Role, scope: Scope) -> None:
    other = service.reader("Another", origin=OTHER)
    comment = other.post(url=f"{OTHER}/essay", **outlined(0))
    visitor = staff(service, role, scope)
    before = service.rows("SELECT * FROM comment"), service.rows("SELECT * FROM section")

    answer = DOORS[action][0](visitor, comment)

    never = DOORS[action][0](visitor, {"id": "-" * 11, "section": "-" * 11})
    assert (answer.status_code, answer.json()) == (never.status_code, never.json())
    assert answer.status_code in (403, 404)
    assert (service.rows("SELECT * FROM comment"), service.rows("SELECT * FROM section")) == before


@pytest.mark.parametrize(("role", "scope"), WHO)
def test_grants_and_anchors(service: Service, role: Role, scope: Scope) -> None:
    visitor = staff(service, role, scope)
    for action, method, path, more in (
        (Action.GRANT, "POST", "/v1/grants", {"json": {"origin": ORIGIN}}),
        (Action.ANCHOR, "GET", "/v1/anchors", {}),
    ):
        roles, scopes = MAY[action]
        allowed = role in roles and scope in scopes
        assert (visitor.ask(method, path, **more).status_code == 200) is allowed, (action, role, scope)
    assert isinstance(visitor, Moderator | Reader)
