"""Nothing of one site is reachable through another: its ids answer there as ids that were never issued."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tests.api.doors import NEVER_ISSUED, READS, WRITES, Target, operations
from tests.service import OTHER, URL, Json, Service, Visitor, refused, serving

THERE = f"{OTHER}/essay"
ACTORS = ("reader", "moderator", "owner", "token without a browser")


class Sites(NamedTuple):
    """Two sites of one service: people of ours, and a comment, a waiting secret and a section of theirs."""

    service: Service
    people: dict[str, Visitor]
    theirs: Json


@pytest.fixture(scope="module")
def both() -> Iterator[Sites]:
    with serving() as service:
        owner = service.moderator("Olga", owner=True)
        people = {
            "reader": service.reader(),
            "moderator": service.moderator("Ada").granted(),
            "owner": owner,
            "token without a browser": type(owner)(service, None, owner.token),
        }
        service.reader().post()
        stranger = service.reader("Sam", OTHER)
        theirs = stranger.post(url=THERE)
        stranger.reply(theirs, url=THERE)
        yield Sites(service, people, theirs)


def dump(service: Service) -> list[str]:
    """Every row of every table, but for what may be swept."""
    return [line for line in service.dump() if '"visit"' not in line and '"waitingview"' not in line]


def named_by_id() -> list[str]:
    """The routes whose path names a comment or a section."""
    return [row.name for row in operations() if row.param_convertors and not row.name.startswith("accounts")]


@pytest.mark.parametrize("who", ACTORS)
def test_their_ids_answer_as_ids_that_were_never_issued_and_nothing_of_theirs_changes(both: Sites, who: str) -> None:
    person, before = both.people[who], dump(both.service)
    rows = {**WRITES, **(READS if who != "reader" else {})}
    names = [*named_by_id(), "comments.post"]
    compared = 0
    for name in names:
        row = rows.get(name)
        for theirs, never in zip(*(row(target) for target in targets(both)), strict=True) if row else ():
            told, said = theirs.by(person), never.by(person)
            assert (told.status_code, told.content) == (said.status_code, said.content), (name, told.text)
            assert told.status_code >= 400, (name, told.text)
            compared += 1
    assert compared >= 12
    assert dump(both.service) == before


def targets(both: Sites) -> tuple[Target, Target]:
    return Target(both.theirs["id"], both.theirs["section"], URL), Target(NEVER_ISSUED, NEVER_ISSUED, URL)


def test_every_route_that_takes_an_id_is_asked() -> None:
    assert set(named_by_id()) <= {*READS, *WRITES}
    assert len(named_by_id()) >= 12


def test_what_everybody_may_read_there_is_the_same_from_here(both: Sites) -> None:
    here, there = both.people["reader"], both.service.visitor(OTHER)
    target = Target(both.theirs["id"], both.theirs["section"], THERE)

    for name in ("comments.one", "comments.around", "comments.read", "pages.read"):
        for ask in READS[name](target):
            assert ask.by(here).content == ask.by(there).content


@pytest.mark.parametrize("who", ["moderator", "owner", "token without a browser"])
def test_a_token_of_ours_opens_nothing_there(both: Sites, who: str) -> None:
    person = both.people[who]

    with refused(401, "unauthorized"):
        person.page(THERE)
    with refused(401, "unauthorized"):
        person.changes("00000000.0", url=THERE)


def test_their_sections_and_pages_cannot_be_written_from_here(both: Sites) -> None:
    reader = both.service.reader()
    before = dump(both.service)

    for place in ({"section": both.theirs["section"]}, {"index": 0}):
        with refused(403, "origin_refused"):
            reader.post(url=THERE, **place)
    with refused(404, "not_found"):
        reader.post(section=both.theirs["section"])
    with refused(403, "origin_refused"):
        reader.view(THERE)
    assert dump(both.service) == before


def test_their_section_shows_nothing_among_our_changes(both: Sites) -> None:
    epoch = both.service.rows("SELECT epoch FROM lineage")[0][0]
    changes = both.people["reader"].changes(f"{epoch}.0", section=both.theirs["section"])

    assert changes["comments"] == []
    assert changes["total"] == 1


def test_a_token_of_a_guest_is_another_author_on_another_site(both: Sites) -> None:
    there = both.service.reader("Twin", OTHER)
    posted = there.post(url=THERE)
    there.origin = "https://blog.example"

    with refused(404, "not_found"):
        there.remove(posted)
    assert there.own(URL) == {"comments": [], "reacted": [], "flagged": []}
