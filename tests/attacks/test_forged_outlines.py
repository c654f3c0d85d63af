"""Forged outlines, in bulk and from many networks: no other reader's answer changes, and nobody reads what they say."""

import json
import secrets
from collections.abc import Iterator, Sequence

import httpx2
import pytest
from tests.publications import ESSAY, Build, outline, say, words
from tests.service import URL, Json, Reader, Refused, Service, Visitor, serving

from postil import placing, promotion

PROXY = "127.0.0.1/32"
HOURS = 3600
Article = tuple[tuple[str, str], ...]


class Forger(Reader):
    """Somebody who comes from whatever address he likes, and says that the page is whatever he likes."""

    address = "203.0.113.1"

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "X-Forwarded-For": self.address}

    def at(self, number: int, host: int = 7) -> "Forger":
        """From another network, as wide as they are counted."""
        self.address = f"{11 + number // 200}.{number % 200}.7.{host}"
        return self

    def show(self, parts: Article) -> None:
        """Look at a page that reads so: ask, send the outline, count a view."""
        self.send("POST", "/v1/outline", {"page": {"url": URL}, "outline": outline(parts)})
        visit = secrets.token_urlsafe(16)
        self.send("POST", "/v1/views", {"page": {"url": URL}, "visit": visit, "outline": outline(parts)["hash"]})


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(trusted_proxies=[PROXY], sweep_seconds=3600) as running:
        yield running


@pytest.fixture
def forger(service: Service) -> Forger:
    return Forger(service, "https://blog.example", "Mallory")


def forged(number: int) -> Article:
    """Outlines made to be taken for the real one: its headings over other words, its words under others."""
    real = dict(ESSAY)
    return (
        ("FORGED heading", real["Method"] if number % 2 else words(f"forged {number}")),
        ("Origins", real["Results"]),
        ("Method", f"{real['Method']} {words(f'forged too {number}', 3 * number)}"),
        (f"FORGED {number}", words(f"forged again {number}")),
    )


def answers(visitor: Visitor, shown: Sequence[tuple[str, str]] = ESSAY) -> list[Json]:
    """Everything that an honest reader of a copy is told; views apart, which are counted for all alike."""
    hash = outline(shown)["hash"]
    if "outline" not in visitor.page(outline=hash):
        visitor.send("POST", "/v1/outline", {"page": {"url": URL}, "outline": outline(shown)})
    page = visitor.page(outline=hash)
    since = page["since"]
    threads = [visitor.thread(section["id"]) for section in page["sections"]]
    told = [page, visitor.page(), visitor.changes(since), visitor.changes(since, outline=hash), *visitor.counts(URL)]
    told += [visitor.get("/v1/page/recent", url=URL, limit=50, **more) for more in ({}, {"outline": hash})]
    return [_without_counters(each) for each in [*told, *threads]]


def _without_counters(told: Json) -> Json:
    return {name: value for name, value in told.items() if name not in ("views", "since")}


def here(service: Service) -> str:
    return httpx2.get(f"{service.url}/here", params={"url": URL}, follow_redirects=True, trust_env=False).text


def published(service: Service) -> Visitor:
    """The real article, with a thread in each section."""
    Build(service).publish()
    for index in range(len(ESSAY)):
        say(service.reader(f"Reader {index}"), ESSAY, index, f"About section {index}")
    return service.visitor()


def test_forged_outlines_change_no_other_answer_and_nobody_reads_them(service: Service, forger: Forger) -> None:
    honest = published(service)
    variant = (*ESSAY[:2], ("Results", ESSAY[2][1] + " A word more."))
    before, before_too, page = answers(honest), answers(honest, variant), here(service)
    assert len(before) > 7 and "About section 1" in page

    for number in range(12):
        forger.at(number % 3).show(forged(number))
        say(forger, forged(number), number % 4, f"FORGED words {number}")

    after, after_too = answers(honest), answers(honest, variant)
    assert [_placed(each) for each in after] == [_placed(each) for each in before]
    assert [_placed(each) for each in after_too] == [_placed(each) for each in before_too]
    assert "FORGED heading" not in json.dumps(after + after_too) + here(service)
    # What he wrote under words that surely are the real ones is a comment there like any other; the rest nobody reads.
    everybodys = {id for (id,) in service.rows("SELECT id FROM section WHERE is_shared")}
    written = service.rows("SELECT section_id, source FROM comment WHERE source LIKE 'FORGED%'")
    unseen = [text for section, text in written if section not in everybodys]
    assert len(unseen) >= 6, "a control: most of it stands where only he was shown it"
    read = json.dumps(after + after_too) + here(service)
    assert not [text for text in unseen if f"{text}<" in read]


def _placed(told: Json) -> Json:
    """What an answer says of where threads stand, and which there are."""
    return {name: told.get(name) for name in ("outline", "joined", "parts", "earlier", "title", "resync")} | {
        "sections": [section["id"] for section in told.get("sections", [])]
    }


def test_outlines_without_a_hash_are_named_by_what_they_say_and_change_no_other_answer(
    service: Service, forger: Forger
) -> None:
    honest = published(service)
    before, page = answers(honest), here(service)

    for number in range(12):
        sections = outline(forged(number))["sections"]
        told = forger.at(number).send("POST", "/v1/outline", {"page": {"url": URL}, "outline": {"sections": sections}})
        assert told["hash"] == outline(forged(number))["hash"]

    assert answers(honest) == before and here(service) == page
    assert service.rows("SELECT count(*) FROM outline WHERE source = 'seen'") == [(0,)]


def test_a_watcher_hears_nothing_of_a_section_that_only_a_forger_was_shown(service: Service, forger: Forger) -> None:
    honest = published(service)
    hash = outline(ESSAY)["hash"]
    mine = (*ESSAY, ("FORGED", words("nobody else was shown this")))

    for said in ({"outline": hash}, {}):
        with honest.watching("*", **said) as watching:
            made = say(forger, mine, 3, "FORGED words")
            counts = watching.until("counts")
            assert made["section"] not in json.dumps(watching.heard) and "FORGED" not in "".join(watching.heard)
            assert counts["comments"] == len(ESSAY)

    with forger.watching("*", outline=outline(mine)["hash"]) as watching:
        made = say(forger, mine, 3, "FORGED words again")
        watching.until("counts")
        assert made["id"] in "".join(watching.heard), "who was shown it hears of it"


def test_a_network_that_floods_is_turned_away_and_others_go_on(service: Service, forger: Forger) -> None:
    published(service)
    made = 0
    for number in range(placing.MOST_OUTLINES_OF_NETWORK + 3):
        try:
            say(forger, (("FORGED", words(f"flood {number}")),), 0)
            made += 1
        except Refused as refusal:
            assert refusal.code == "too_many"
    assert made == placing.MOST_OUTLINES_OF_NETWORK
    assert service.rows("SELECT count(*) FROM outline WHERE source = 'seen'") == [(made,)]

    say(forger.at(9), ESSAY, 0, "in a section of everybody's a flood stops nobody")
    say(forger.at(9), (("A variant", words("somebody elses variant")),), 0)


def test_outlines_that_are_only_looked_at_are_not_stored(service: Service, forger: Forger) -> None:
    published(service)
    before = service.rows("SELECT count(*) FROM outline")
    for number in range(40):
        forger.at(number).show(forged(number))
    assert service.rows("SELECT count(*) FROM outline") == before
    assert service.rows("SELECT count(*) FROM sighting WHERE network <> ''")[0][0] <= 40


@pytest.mark.parametrize(("networks", "becomes"), [(promotion.NETWORKS - 1, False), (promotion.NETWORKS, True)])
def test_readers_of_too_few_networks_promote_nothing(
    service: Service, forger: Forger, networks: int, becomes: bool
) -> None:
    honest = published(service)
    before = answers(honest)
    service.clock.now += 90 * 24 * HOURS
    for _ in range(2):
        for number in range(networks):
            for host in range(3):  # many addresses of one network count once
                forger.at(number, host)
                forger.show(forged(1))
        service.clock.now += promotion.SECONDS + HOURS

    reference = service.rows("SELECT reference FROM page")[0][0]
    assert (reference == outline(forged(1))["hash"]) is becomes, "the control: enough networks, and the real one unseen"
    assert ([_placed(each) for each in answers(honest)] == [_placed(each) for each in before]) is not becomes


def test_no_number_of_networks_promotes_while_the_real_outline_is_still_seen(service: Service, forger: Forger) -> None:
    honest = published(service)
    before = answers(honest)
    reader = Forger(service, "https://blog.example", "Rosa")
    for _day in range(4):
        for number in range(40):
            forger.at(number).show(forged(1))
        reader.at(199).show(ESSAY)
        service.clock.now += 20 * HOURS

    assert service.rows("SELECT reference FROM page") == [(outline(ESSAY)["hash"],)]
    assert answers(honest) == before
