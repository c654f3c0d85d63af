"""An owner decides where threads stand: each decision is one row, and each can be taken back."""

import time
from collections.abc import Iterator

import pytest
from tests.api.doors import NEVER_ISSUED, WRITES, Target
from tests.publications import ESSAY, Build, Pages, doubted, outline, publication, renamed, replaced, say
from tests.service import ORIGIN, OTHER, PATIENCE, URL, Json, Moderator, Service, Visitor, refused, serving

from postil import moving, sites
from postil.publishing import look_for_moved

DOUBTED = doubted(1)


class Desk:
    """A page with a thread in each section, whose second one was rewritten beyond recognition; and its owner."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.owner = service.moderator("Olga Owns", owner=True)
        self.build = Build(service)
        self.threads = [say(service.reader(), ESSAY, at)["section"] for at in range(3)]
        self.publish(ESSAY)
        self.publish(DOUBTED)

    def publish(self, parts: tuple[tuple[str, str], ...]) -> None:
        self.service.clock.now += 60
        self.build.publish(parts)

    def read(self, url: str = URL) -> Json:
        return self.owner.get("/v1/anchors", url=url)

    def asked(self) -> list[Json]:
        return [case for case in self.read().get("cases", []) if case.get("open")]

    def decide(self, case: Json, move: str, **more: str) -> Json:
        self.service.clock.now += 1
        return self.owner.send("POST", f"/v1/anchors/{case['id']}/{move}", more or None)

    def standing(self, parts: tuple[tuple[str, str], ...] = DOUBTED) -> list[str | None]:
        question = {"page": {"url": URL}, "outline": outline(parts)}
        placed: list[str | None] = self.service.visitor().send("POST", "/v1/outline", question)["outline"]
        return placed

    def earlier(self) -> list[str]:
        question = {"page": {"url": URL}, "outline": outline(DOUBTED)}
        told = self.service.visitor().send("POST", "/v1/outline", question)
        return [each["section"] for each in told.get("earlier", [])]


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def test_what_is_asked_is_shown_with_both_sides_the_score_and_the_reason(desk: Desk) -> None:
    told = desk.read()

    assert (told["page"]["title"], told["page"]["open"], told["source"]) == ("An essay", 1, "published")
    (case,) = desk.asked()
    assert case["section"] == desk.threads[1]
    assert case["old"] == {"heading": "Method", "excerpt": ESSAY[1][1][:240].rstrip()}
    assert case["new"] == {"heading": "Method", "excerpt": DOUBTED[1][1][:240].rstrip()}
    assert (case["move"], case["comments"]) == ("unsure", 1)
    assert 0 < case["score"] < 1 and "%" in case["reason"]
    assert [choice["heading"] for choice in told["choices"]] == ["Origins", "Method", "Results"]


def test_same_puts_the_thread_to_the_suggested_section(desk: Desk) -> None:
    assert desk.standing()[1] is None
    (case,) = desk.asked()

    told = desk.decide(case, "same")

    assert desk.standing() == desk.threads
    assert "open" not in told["page"] and desk.asked() == []
    latest = told["cases"][0]
    assert (latest["move"], latest["answers"], latest["by"], latest["can_undo"]) == (
        *("same", case["id"]),
        *("Olga Owns", True),
    )


def test_merge_puts_it_into_another_beside_the_thread_that_stands_there(desk: Desk) -> None:
    (case,) = desk.asked()
    desk.decide(case, "merge", into=desk.threads[2])

    question = {"page": {"url": URL}, "outline": outline(DOUBTED)}
    told = desk.service.visitor().send("POST", "/v1/outline", question)
    assert told["joined"] == {"2": [desk.threads[1]]}
    assert told["outline"][2] == desk.threads[2]


def test_apart_leaves_it_among_the_earlier_discussions_and_asks_no_more(desk: Desk) -> None:
    (case,) = desk.asked()
    assert desk.earlier() == [desk.threads[1]]
    desk.decide(case, "apart")
    assert desk.earlier() == [desk.threads[1]]
    assert desk.asked() == []

    desk.publish(renamed(0, "Beginnings", DOUBTED))
    assert desk.asked() == [], "grey cases appear once"


@pytest.mark.parametrize("move", ["same", "apart"])
def test_an_undo_asks_again_and_is_a_decision_itself(desk: Desk, move: str) -> None:
    (case,) = desk.asked()
    decided = desk.decide(case, move)["cases"][0]

    undone = desk.decide(decided, "undo")

    assert desk.standing()[1] is None
    (again,) = desk.asked()
    assert again["section"] == case["section"] and again["id"] != case["id"]
    row = next(each for each in undone["cases"] if each["move"] == "undo")
    assert (row["answers"], row["by"]) == (decided["id"], "Olga Owns")
    assert "can_undo" not in row
    with refused(409, "state_conflict"):
        desk.decide(row, "undo")
    desk.decide(again, "same")
    assert desk.standing() == desk.threads


def test_what_a_rule_decided_can_be_undone_too(desk: Desk) -> None:
    edited = renamed(0, "Beginnings", DOUBTED)
    desk.publish(edited)
    kept = next(case for case in desk.read()["cases"] if case["move"] == "kept" and case["section"] == desk.threads[0])
    assert desk.standing(edited)[0] == desk.threads[0]

    undone = desk.decide(kept, "undo")["cases"]
    assert desk.standing(edited)[0] is None

    row = next(each for each in undone if each["move"] == "undo")
    assert row["can_undo"] is True
    desk.decide(row, "undo")
    assert desk.standing(edited)[0] == desk.threads[0]


def test_of_two_owners_who_decide_at_once_the_later_is_told(desk: Desk) -> None:
    (case,) = desk.asked()
    desk.decide(case, "same")
    with refused(409, "state_conflict"):
        desk.decide(case, "apart")
    assert desk.standing() == desk.threads


def test_a_place_that_the_article_has_not_is_refused(desk: Desk) -> None:
    (case,) = desk.asked()
    with refused(422, "invalid") as refusal:
        desk.decide(case, "merge", into=NEVER_ISSUED)
    assert refusal.problem["field"] == "into"
    assert len(desk.asked()) == 1


def test_whoever_watches_is_told_to_load_afresh(desk: Desk) -> None:
    (case,) = desk.asked()
    with desk.service.visitor().watching() as watching:
        desk.decide(case, "same")
        watching.until("resync")


def test_the_pages_that_ask_come_first(desk: Desk) -> None:
    for name in ("quiet", "quieter"):
        desk.service.clock.now += 1
        desk.build.publish(url=f"{ORIGIN}/{name}")
    Build(desk.service, OTHER).publish(url=f"{OTHER}/essay")

    pages = desk.owner.get("/v1/anchors")["pages"]

    assert [page["url"] for page in pages] == [URL, f"{ORIGIN}/quieter", f"{ORIGIN}/quiet"]
    assert [page.get("open", 0) for page in pages] == [1, 0, 0]


def test_a_page_that_is_unknown_or_anothers_is_not_found(desk: Desk) -> None:
    Build(desk.service, OTHER).publish(url=f"{OTHER}/essay")
    for url in (f"{ORIGIN}/nothing", f"{OTHER}/essay", "https://nobody.example/"):
        with refused(404, "not_found"):
            desk.read(url)
    desk.build.publish(url=f"{ORIGIN}/keyed", key="k1")
    assert desk.read(f"{ORIGIN}/keyed")["page"]["url"] == f"{ORIGIN}/keyed"
    assert desk.owner.get("/v1/anchors", url=URL, key="k1")["page"]["url"] == f"{ORIGIN}/keyed"


# Who may

OWNERS = ("same", "merge", "apart", "undo")
ANCHORS = [f"anchors.{name}" for name in (*OWNERS, "refresh", "accept", "refuse")]


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("anybody", 401, "unauthorized"),
        ("a reader", 401, "unauthorized"),
        ("a moderator", 403, "forbidden"),
        ("an owner in the site's page", 403, "forbidden"),
        ("another site's owner", 404, "not_found"),
    ],
)
def test_only_an_owner_with_a_full_token_decides(desk: Desk, who: str, status: int, code: str) -> None:
    service = desk.service
    people: dict[str, Visitor] = {
        "anybody": service.visitor(None),
        "a reader": service.reader(),
        "a moderator": service.moderator("Mona"),
        "an owner in the site's page": desk.owner.granted(),
        "another site's owner": service.moderator("Otto", OTHER, owner=True),
    }
    person = people[who]
    (case,) = desk.asked()
    before = service.rows("SELECT count(*) FROM anchoring")
    page = desk.read()["page"]["id"]
    target = Target(decision=case["id"], section=desk.threads[2], page=page)
    for name in ANCHORS:
        for ask in WRITES[name](target):
            answer = ask.by(person)
            wanted = (
                (403, "origin_refused")
                if (name, who) == ("anchors.refresh", "another site's owner")
                else (status, code)
            )
            assert (answer.status_code, answer.json()["code"]) == wanted, (name, answer.text)
    answer = person.ask("GET", "/v1/anchors", params={"url": URL})
    assert answer.status_code == status
    assert ESSAY[1][1][:20] not in answer.text
    assert service.rows("SELECT count(*) FROM anchoring") == before
    assert len(desk.asked()) == 1
    assert desk.decide(case, "same")["cases"], "the control: its owner may"


# Looking at the page itself


class Site:
    """A service that may fetch from this machine, and a site of it that really is served here."""

    def __init__(self, service: Service, pages: Pages) -> None:
        self.service, self.pages = service, pages
        service.change(self._register)
        self.url = f"{pages.origin}/essay"
        self.owner = service.moderator("Olga Owns", pages.origin, owner=True)

    async def _register(self, tx: Json) -> None:
        await sites.add_site(tx, [self.pages.origin])

    def refresh(self, url: str = "", owner: Moderator | None = None) -> Json:
        self.service.clock.now += 60
        return (owner or self.owner).send("POST", "/v1/page/refresh", {"page": {"url": url or self.url}})


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(fetch_networks=["127.0.0.0/8"]) as service, Pages() as pages:
        yield Site(service, pages)


def test_a_refresh_reads_the_page_as_the_widget_would(site: Site) -> None:
    site.pages.show("/essay", ESSAY)
    assert site.refresh()["changed"] is True
    told = site.owner.get("/v1/anchors", url=site.url)
    assert told["source"] == "fetched"
    assert [choice.get("heading") for choice in told["choices"]] == ["Origins", "Method", "Results"]

    assert site.refresh()["changed"] is False
    site.pages.show("/essay", renamed(1, "How"))
    assert site.refresh()["changed"] is True


def test_a_refresh_counts_what_became_of_threads(site: Site) -> None:
    site.pages.show("/essay", ESSAY)
    site.refresh()
    reader = site.service.reader(origin=site.pages.origin)
    shown = site.owner.get("/v1/anchors", url=site.url)["choices"]
    for choice in shown:
        draft = {"page": {"url": site.url}, "section": None, "source": "So.", "name": "Rosa", "nonce": choice["id"]}
        index = shown.index(choice)
        kept = {**outline(ESSAY)}
        reader.send("POST", "/v1/comments", {**draft, "outline": kept, "index": index})
    site.pages.show("/essay", replaced(1)[:2])
    told = site.refresh()
    assert sum(told["moves"].values()) >= 2, told


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (404, {}, "404"),
        (500, {}, "500"),
        (200, {"Content-Type": "application/pdf"}, "HTML"),
        (302, {"Location": "https://elsewhere.example/"}, "not an origin of this site"),
    ],
)
def test_a_fetch_that_fails_says_what_to_do(site: Site, status: int, headers: dict[str, str], says: str) -> None:
    site.pages.answers["/essay"] = (status, headers, b"<h2>One</h2><h2>Two</h2>")
    with refused(422, "fetch_refused") as refusal:
        site.refresh()
    assert says in refusal.problem["detail"]
    assert site.service.rows("SELECT count(*) FROM page") == [(0,)]


def test_another_sites_page_is_not_fetched(site: Site) -> None:
    with refused(403, "origin_refused"):
        site.refresh(f"{ORIGIN}/essay")
    assert site.pages.asked == []


def test_without_leave_nothing_private_is_fetched() -> None:
    with serving() as service, Pages() as pages:
        pages.show("/essay", ESSAY)
        with refused(422, "fetch_refused") as refusal:
            Site(service, pages).refresh()
        assert "POSTIL_FETCH_NETWORKS" in refusal.problem["detail"]
        assert pages.asked == []


def test_a_page_whose_address_shows_another_is_not_read_into_it(site: Site) -> None:
    site.pages.show("/essay", ESSAY)
    site.refresh()
    site.pages.answers["/essay"] = (301, {"Location": f"{site.pages.origin}/new"}, b"")
    site.pages.show("/new", replaced(0))
    with refused(409, "state_conflict") as refusal:
        site.refresh()
    assert f"{site.pages.origin}/new" in refusal.problem["detail"]
    told = site.owner.get("/v1/anchors", url=site.url)
    assert [choice["heading"] for choice in told["choices"]] == ["Origins", "Method", "Results"]
    (move,) = told["moves"]
    assert move["url"] == move["found"] == f"{site.pages.origin}/new"


def test_refreshing_is_bounded(site: Site) -> None:
    with serving(rate_limits=True) as service:
        owner = service.moderator(owner=True)
        answers = [owner.ask("POST", "/v1/page/refresh", json={"page": {"url": URL}}) for _ in range(21)]
        assert {answer.json()["code"] for answer in answers[:20]} == {"fetch_refused"}
        assert answers[-1].json()["code"] == "too_many"


# A page that moved


def seen_elsewhere(site: Site) -> None:
    """The old address is gone, and readers are shown the same outline at a new one."""
    site.pages.show("/essay", ESSAY)
    site.refresh()
    say(site.service.reader(origin=site.pages.origin), ESSAY, 1, url=site.url)
    site.pages.answers["/essay"] = (410, {}, b"")
    new = {"page": {"url": f"{site.pages.origin}/new"}, "visit": "x" * 16}
    (hash,) = site.service.rows("SELECT reference FROM page")[0]
    site.service.reader(origin=site.pages.origin).send("POST", "/v1/views", {**new, "outline": hash})


def proposed(site: Site) -> Json:
    seen_elsewhere(site)
    site.service.run(look_for_moved(site.service.resources.database, ["127.0.0.0/8"]))
    return site.owner.get("/v1/anchors", url=site.url)


def test_the_service_asks_old_addresses_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postil.resources.UPKEEP_SECONDS", 0.1)  # an hour is long
    with serving(fetch_networks=["127.0.0.0/8"]) as service, Pages() as pages:
        site = Site(service, pages)
        seen_elsewhere(site)
        until = time.monotonic() + PATIENCE
        while "moves" not in site.owner.get("/v1/anchors", url=site.url):
            assert time.monotonic() < until, "nobody asked"


def test_a_page_that_seems_to_have_moved_is_proposed_and_its_threads_go_along(site: Site) -> None:
    told = proposed(site)
    (move,) = told["moves"]
    assert (move["found"], move["url"]) == ("410", f"{site.pages.origin}/new")
    assert site.owner.get("/v1/anchors")["pages"][0]["moves"] == 1

    after = site.owner.send("POST", "/v1/moves/accept", {"page": told["page"]["id"], "key": move["key"]})

    assert after["page"]["url"] == f"{site.pages.origin}/new"
    assert "moves" not in after
    for url in (site.url, f"{site.pages.origin}/new"):
        assert site.service.visitor().page(url)["comments"] == 1


def test_a_refused_move_is_proposed_no_more(site: Site) -> None:
    told = proposed(site)
    (move,) = told["moves"]
    after = site.owner.send("POST", "/v1/moves/refuse", {"page": told["page"]["id"], "key": move["key"]})
    assert "moves" not in after
    assert site.service.visitor().page(f"{site.pages.origin}/new")["comments"] == 0


def test_nobody_is_asked_twice_a_day(site: Site) -> None:
    proposed(site)
    site.service.write("UPDATE pagemove SET found = NULL")
    site.pages.asked.clear()
    for hours, times in ((23, 0), (2, 1)):
        site.service.clock.now += hours * 3600
        site.service.run(look_for_moved(site.service.resources.database, ["127.0.0.0/8"]))
        assert site.pages.asked.count("/essay") == times
    assert moving.ASKED_AT_ONCE <= 20


def test_whoever_watches_the_old_address_is_told(site: Site) -> None:
    told = proposed(site)
    with site.service.visitor(site.pages.origin).watching(url=site.url) as watching:
        (move,) = told["moves"]
        site.owner.send("POST", "/v1/moves/accept", {"page": told["page"]["id"], "key": move["key"]})
        watching.until("resync")


def test_a_publication_beside_a_page_of_the_same_words_moves_nothing_by_itself(desk: Desk) -> None:
    desk.build.send_signed(publication(DOUBTED, f"{ORIGIN}/copy"))
    assert desk.standing()[0] == desk.threads[0]
    assert "moves" not in desk.read()
