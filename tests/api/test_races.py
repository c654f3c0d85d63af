"""Two moderators decide about the same comments at once, over HTTP: one decision each, and the other is told."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.service import Json, Moderator, Refused, Service

Way = Callable[..., Json]


def attempt(decide: Way) -> int:
    try:
        decide()
    except Refused as error:
        return error.status
    return 200


def at_once(ways: list[Way]) -> list[int]:
    with ThreadPoolExecutor(8) as crowd:
        return list(crowd.map(attempt, ways))


@pytest.fixture
def two(premoderated: Service) -> list[Moderator]:
    return [premoderated.moderator("Ada"), premoderated.moderator("Olga", owner=True)]


def test_of_two_who_decide_at_once_one_decides(premoderated: Service, two: list[Moderator]) -> None:
    """Forty comments, two approvals of each, in an order that nobody chose."""
    chance = random.Random(4)
    comments = [premoderated.reader(f"R{at}").post(f"Comment {at}.") for at in range(40)]
    ways: list[Way] = []
    for comment in comments:
        for moderator in two:
            ways.append(lambda c=comment, m=moderator: m.approve(c))
    chance.shuffle(ways)

    told = Counter(at_once(ways))

    assert told == {200: 40, 409: 40}
    counts = premoderated.rows(
        "SELECT comment_id, count(*) FROM decision WHERE moderator_id IS NOT NULL AND comment_id IS NOT NULL GROUP BY 1"
    )
    assert len(counts) == 40 and {count for _, count in counts} == {1}
    assert premoderated.rows("SELECT DISTINCT state, waits FROM comment") == [("published", 0)]
    assert premoderated.rows("SELECT count(*) FROM queueitem WHERE is_open") == [(0,)]
    assert premoderated.rows("SELECT sum(comments), sum(pending) FROM section") == [(40, 0)]


def test_of_two_who_take_one_decision_back_one_does_and_no_flag_is_credited_twice(
    service: Service, two_here: list[Moderator]
) -> None:
    comments = [service.reader(f"R{at}").post(f"Comment {at}.") for at in range(15)]
    flaggers = [service.reader(f"F{at}") for at in range(3)]
    for comment in comments:
        for flagger in flaggers:
            flagger.flag(comment)
    hides = [lambda c=c, m=m: m.hide(c, reason="spam") for c in comments for m in two_here]
    assert Counter(at_once(hides)) == {200: 15, 409: 15}
    assert credit(service) == [(15, 0)] * 3
    decisions = service.rows("SELECT id FROM decision WHERE move = 'hide'")

    undos = [lambda d=d, m=m: m.undo({"decision": {"id": d}}) for (d,) in decisions for m in two_here]
    told = Counter(at_once(undos))

    assert told == {200: 15, 409: 15}
    assert credit(service) == [(0, 0)] * 3
    assert service.rows("SELECT count(*) FROM flag WHERE answered_by IS NULL") == [(45,)]
    assert service.rows("SELECT DISTINCT state, flags, waits FROM comment") == [("published", 3, 1)]
    assert service.rows("SELECT count(*) FROM decision WHERE undoes IS NOT NULL") == [(15,)]


def credit(service: Service) -> list[tuple[int, int]]:
    query = "SELECT flags_right, flags_wrong FROM author WHERE id IN (SELECT author_id FROM flag) ORDER BY id"
    return [(right, wrong) for right, wrong in service.rows(query)]


@pytest.fixture
def two_here(service: Service) -> list[Moderator]:
    return [service.moderator("Ada"), service.moderator("Olga", owner=True)]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_they_do_at_once_the_log_explains_what_is(
    service: Service, two_here: list[Moderator], seed: int
) -> None:
    """Hides, restores, flags, keeps and undos of everything, from eight threads: afterwards the log of each comment is
    one chain from state to state, counts are those of the rows, and every open flag is counted.
    """
    chance = random.Random(seed)
    comments = [service.reader(f"R{at}").post(f"Comment {at}.") for at in range(6)]
    flaggers = [service.reader(f"F{at}") for at in range(4)]
    for _ in range(4):
        ways: list[Way] = []
        known = [id for (id,) in service.rows("SELECT id FROM decision")]
        for _ in range(30):
            flagger, old = chance.choice(flaggers), chance.choice([*known, None])
            comment, moderator = chance.choice(comments), chance.choice(two_here)
            move = chance.choice(("hide", "restore", "approve", "flag", "undo"))
            if move == "flag":
                ways.append(lambda c=comment, f=flagger: f.flag(c))
            elif move == "undo" and old:
                ways.append(lambda m=moderator, d=old: m.undo({"decision": {"id": d}}))
            elif move != "undo":
                ways.append(lambda m=moderator, c=comment, v=move: m.decide(v, c))
        assert set(at_once(ways)) <= {200, 404, 409}
    for comment in comments:
        states = service.rows(
            "SELECT from_state, to_state FROM decision WHERE comment_id = ? AND move != 'flag' ORDER BY id",
            comment["id"],
        )
        now = service.rows("SELECT state FROM comment WHERE id = ?", comment["id"])[0][0]
        chain = ["published", *(to for _, to in states)]
        assert [old for old, _ in states] == chain[:-1] and chain[-1] == now
    query = """SELECT count(*) FROM comment c WHERE c.flags !=
        (SELECT count(*) FROM flag f WHERE f.comment_id = c.id AND f.answered_by IS NULL)"""
    assert service.rows(query) == [(0,)]
    open_items = "SELECT count(*) FROM queueitem q WHERE q.is_open != (q.size > 0)"
    assert service.rows(open_items) == [(0,)]
    credited = "SELECT coalesce(sum(flags_right + flags_wrong), 0) FROM author"
    answered = """SELECT count(*) FROM flag f JOIN decision d ON d.id = f.answered_by"""
    assert service.rows(credited)[0][0] <= service.rows(answered)[0][0]
    waiting = "SELECT count(*) FROM comment WHERE waits != (state = 'pending' OR (state = 'published' AND flags > 0))"
    assert service.rows(waiting) == [(0,)]
