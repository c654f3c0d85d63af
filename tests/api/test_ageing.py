"""Sections close to new threads when their page has been here for as long as the site's rule lets it."""

import pytest
from tests.service import Service, refused

from postil import ageing, rulebook
from postil.rules import Effect, Kind

DAY = 86_400


@pytest.fixture
def ruled(service: Service) -> Service:
    """The site closes its sections after ten days."""
    site = service.rows("SELECT site_id FROM origin WHERE origin = 'https://blog.example'")[0][0]
    service.change(
        lambda tx: rulebook.write_rule(tx, site, Kind.AGE, name="Old pages", effect=Effect.HOLD, settings={"days": 10})
    )
    return service


def close(service: Service) -> None:
    service.run(ageing.close_aged(service.resources.database))


def test_a_section_closes_by_rule_and_whoever_reads_is_told(ruled: Service) -> None:
    reader = ruled.reader()
    posted = reader.post("A thought.")
    ruled.clock.now += 10 * DAY - 1
    close(ruled)
    reader.post("In time.", section=posted["section"])

    ruled.clock.now += 1
    with reader.watching(posted["section"]) as watching:
        close(ruled)
        changed = watching.until("counts")
        assert [(each["id"], each["state"]) for each in changed["sections"]] == [(posted["section"], "closed")]

    with refused(423, "locked"):
        reader.post("Too late.", section=posted["section"])
    reader.reply(posted, "Replies go on.")
    columns = "moderator_id, from_state, to_state, rule, rule_version, why"
    logged = ruled.rows(f"SELECT {columns} FROM decision WHERE section_id IS NOT NULL")
    assert logged == [(None, "open", "closed", 1, 1, "age")]


def test_what_a_moderator_opens_again_stays_open(ruled: Service) -> None:
    ruled.reader().post("A thought.")
    ruled.clock.now += 11 * DAY
    close(ruled)
    moderator = ruled.moderator().granted()
    (decision,) = ruled.rows("SELECT id FROM decision WHERE section_id IS NOT NULL")[0]

    moderator.send("POST", f"/v1/decisions/{decision}/undo")
    close(ruled)

    assert ruled.reader().page()["sections"][0].get("state", "open") == "open"


def test_other_sites_and_young_pages_are_left_alone(ruled: Service) -> None:
    other = "https://other.example"
    ruled.reader("Sam", other).post("Elsewhere.", url=f"{other}/essay")
    ruled.reader().post("Old.")
    ruled.clock.now += 11 * DAY
    ruled.reader().post("Young.", url="https://blog.example/new")

    close(ruled)

    states = ruled.rows("SELECT p.url, s.state FROM section s JOIN page p ON p.id = s.page_id ORDER BY p.url")
    assert states == [
        ("https://blog.example/essay", "closed"),
        ("https://blog.example/new", "open"),
        (f"{other}/essay", "open"),
    ]
