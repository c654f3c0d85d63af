"""Brigades, through the doors that readers use: any number of fresh accounts weighs nothing, and trust is earned."""

import secrets
from collections.abc import Iterator

import pytest
from tests.service import Json, Moderator, Reader, Service, refused, serving

from postil import sites
from postil.kinds import DEFAULTS
from postil.rules import flagger_weight, flags_hide

SITE = "https://talk-of-the-town.example"
URL = f"{SITE}/essay"
THRESHOLD = 2.0


@pytest.fixture
def service() -> Iterator[Service]:
    """A site with the rules that every new site begins with."""
    with serving() as running:
        running.change(lambda tx: sites.add_site(tx, [SITE], rules=DEFAULTS))
        yield running


@pytest.fixture
def owner(service: Service) -> Moderator:
    return service.moderator("Olga", SITE, owner=True)


def readers(service: Service, count: int, what: str = "Reader") -> list[Reader]:
    return [service.reader(f"{what} {at}", SITE) for at in range(count)]


def say(service: Service, words: str, author: Reader | None = None) -> Json:
    return (author or service.reader("Rosa", SITE)).post(words, url=URL)


def state(service: Service, comment: Json) -> str:
    return str(service.rows("SELECT state FROM comment WHERE id = ?", comment["id"])[0][0])


def records(service: Service, people: list[Reader]) -> dict[tuple[int, int], int]:
    """How many of those who have flagged (they have no name) were so often right and wrong."""
    rows = service.rows("SELECT flags_right, flags_wrong, count(*) FROM author WHERE name = '' GROUP BY 1, 2")
    assert sum(count for _, _, count in rows) <= len(people)
    return {(right, wrong): count for right, wrong, count in rows}


def test_two_hundred_fresh_accounts_take_nothing_down(service: Service, owner: Moderator) -> None:
    good, brigade = say(service, "A thought that some people do not like."), readers(service, 200)

    for each in brigade:
        each.flag(good, "spam", "Away with it.")

    assert state(service, good) == "published"
    assert service.visitor(SITE).comment(good["id"])["comment"]["html"]
    assert service.rows("SELECT size, is_open, comment_id FROM queueitem") == [(1, 1, good["id"])]
    kept = owner.approve(good)
    assert records(service, brigade) == {(0, 1): 200}
    assert service.rows("SELECT is_open FROM queueitem") == [(0,)]
    for each in (*brigade[:20], *readers(service, 20, "Fresh")):
        each.flag(good)  # one flag each: who said it before says nothing new
    assert state(service, good) == "published"
    assert service.rows("SELECT flags FROM comment") == [(20,)]
    owner.undo(kept)
    assert service.rows("SELECT flags FROM comment") == [(220,)]


def spam(service: Service) -> Json:
    """Words that nothing else here shares, so that they are no flood."""
    return say(service, " ".join(secrets.token_hex(4) for _ in range(8)))


def earn(service: Service, owner: Moderator, people: list[Reader], times: int) -> int:
    """`people` flag what is then hidden, by threes: of more, only the first are credited. Returns how much it took."""
    taken = 0
    for _ in range(times):
        for company in range(0, len(people), 3):
            bad = spam(service)
            for each in people[company : company + 3]:
                each.flag(bad)
            owner.hide(bad, reason="spam")
            taken += 1
    return taken


def test_those_who_were_right_before_are_heard_and_no_flag_overrules_a_moderator(
    service: Service, owner: Moderator
) -> None:
    """A dozen earned it through decisions; with 38 others of a mixed record they are fifty."""
    trusted = readers(service, 12, "Trusted")
    earn(service, owner, trusted, 4)
    assert records(service, trusted) == {(4, 0): 12}
    others = readers(service, 38, "Mixed")
    scene = say(service, "Something that nobody decides about.")
    for each in others:
        each.flag(scene)
    service.write(
        "UPDATE author SET flags_right = 9, flags_wrong = 2 WHERE flags_right + flags_wrong = 0 AND name = ''"
    )
    target = say(service, "Doubtful words about the neighbours.")

    needed = 0
    for each in (*trusted, *others):
        if state(service, target) != "published":
            break
        each.flag(target)
        needed += 1

    assert state(service, target) == "pending"
    assert flags_hide([flagger_weight(4, 0)] * needed, THRESHOLD) and needed <= 12
    assert not flags_hide([flagger_weight(4, 0)] * (needed - 1), THRESHOLD), "no sooner than the rule says"
    with refused(404, "not_found"):
        service.visitor(SITE).comment(target["id"])
    assert "flags" in service.rows("SELECT kinds FROM queueitem WHERE comment_id = ?", target["id"])[0][0]
    move, moderator, rule, version = service.rows(
        "SELECT move, moderator_id, rule, rule_version FROM decision WHERE comment_id = ?", target["id"]
    )[0]
    assert (move, moderator) == ("hold", None) and rule and version, "it is said which rule did it"

    owner.approve(target)

    assert records(service, [*trusted, *others])[(4, 1)] == needed
    for each in (*trusted[needed:], *others):
        each.flag(target)
    assert state(service, target) == "published", "a moderator has said that it may stand"


def test_who_flags_wrongly_loses_weight(service: Service, owner: Moderator) -> None:
    person = readers(service, 1)
    earn(service, owner, person, 6)
    weights = [flagger_weight(6, 0)]
    for _ in range(6):
        good = spam(service)
        person[0].flag(good)
        owner.approve(good)
        right, wrong = service.rows("SELECT flags_right, flags_wrong FROM author WHERE flags_right > 0")[0]
        weights.append(flagger_weight(right, wrong))
    assert weights == sorted(weights, reverse=True) and weights[-1] < weights[0] / 2
    assert (right, wrong) == (6, 6)


def test_what_it_costs_to_earn_trust_on_planted_spam(service: Service, owner: Moderator) -> None:
    """Accounts that plant spam, flag it together and wait for a moderator to agree. Whoever comes after the first few
    earns nothing, and nobody is heard before he was right some times: it takes six planted comments, each hidden by a
    moderator, to take one comment down until he looks; then six again.
    """
    brigade, planted = readers(service, 6, "Brigade"), 0
    together, good = spam(service), say(service, "The comment that they are after.")
    crowd = readers(service, 60, "Crowd")
    for each in crowd:
        each.flag(together)
    owner.hide(together, reason="spam")
    assert sum(count for (right, _), count in records(service, crowd).items() if right) == 3, "sixty at once earn three"

    while not can_hide(service):
        planted += earn(service, owner, brigade, 1)
        assert planted < 60
    assert planted == 6
    for each in brigade:
        if state(service, good) == "published":
            each.flag(good)
    assert state(service, good) == "pending"
    owner.approve(good)
    for each in brigade:
        each.flag(good)
    assert state(service, good) == "published", "flags do not take down again what a moderator kept"
    second = say(service, "Another that they are after, which is different.")
    for each in brigade:
        each.flag(second)
    assert state(service, second) == "published", "who was wrong once is not heard as he was"


def can_hide(service: Service) -> bool:
    rows = service.rows("SELECT flags_right, flags_wrong FROM author WHERE flags_right > 1")
    return flags_hide([flagger_weight(*row) for row in rows], THRESHOLD)
