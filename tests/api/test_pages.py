"""Pages: found by URL or by the owner's key, their sections, their counts, and how often they were seen."""

import secrets

import pytest
from tests.service import ORIGIN, OTHER, URL, Moderator, Reader, Service, Visitor, outlined, refused

from postil import sites
from postil.discussion import WAITING_PAGES
from postil.web.limits import LIMITS

DAY = 86_400


def test_a_page_nobody_wrote_on_reads_as_empty_and_can_be_followed(visitor: Visitor, reader: Reader) -> None:
    page = visitor.page()

    assert (page["comments"], page["views"], page["sections"], "id" in page) == (0, 0, [], False)

    posted = reader.post("First!")
    assert [comment["id"] for comment in visitor.changes(page["since"])["comments"]] == [posted["id"]]


@pytest.mark.parametrize(
    "same",
    [
        f"{URL}/",
        f"{URL}#a-part",
        f"{URL}?utm_source=mail",
        f"{URL}/index.html",
        "HTTPS://BLOG.example:443/essay",
        "http://blog.example/essay",
    ],
)
def test_a_page_is_found_by_every_spelling_of_its_url(service: Service, same: str) -> None:
    reader = service.reader()
    reader.post()
    service.write(
        "INSERT INTO origin VALUES ('http://blog.example', (SELECT site_id FROM origin WHERE origin = ?))", [[ORIGIN]]
    )

    assert reader.page(same)["comments"] == 1


def test_another_query_is_another_page(reader: Reader) -> None:
    reader.post(url=f"{URL}?id=1")

    assert reader.page(f"{URL}?id=2")["comments"] == 0
    assert reader.page(f"{URL}?id=1")["comments"] == 1


def test_a_page_with_the_owners_key_is_found_at_any_url(reader: Reader) -> None:
    reader.post(page={"url": f"{ORIGIN}/2026/draft", "key": "essay-7", "title": "On notes"})

    page = reader.page(f"{ORIGIN}/2026/final", key="essay-7")
    assert (page["comments"], page["title"]) == (1, "On notes")
    assert reader.page(f"{ORIGIN}/2026/draft")["comments"] == 0
    assert reader.page(f"{OTHER}/x", key="essay-7")["comments"] == 0, "a key is its site's own"


def test_an_owners_key_can_never_name_a_page_that_has_a_url(reader: Reader) -> None:
    reader.post()

    assert reader.page(key="blog.example/essay")["comments"] == 0


def test_a_page_tells_its_sections_their_counts_and_who_wrote_last(service: Service, reader: Reader) -> None:
    other = service.reader("Sam")
    first = reader.post(index=1)
    other.reply(first)
    reader.post(index=2)

    page = reader.page(outline=outlined(0)["outline"]["hash"])
    told = {section["id"]: section for section in page["sections"]}
    _, method, results = page["outline"]
    assert page["comments"] == 3
    assert set(told) == {method, results}
    assert told[method]["comments"] == 2
    assert told[method]["faces"] == ["Sam", "Rosa"]
    assert told[method]["last"] == int(service.clock.now)


def test_an_outline_is_told_by_its_hash_once_somebody_wrote_in_it(reader: Reader) -> None:
    place = outlined(1)
    hash = place["outline"]["hash"]
    posted = reader.post(index=1)

    assert reader.page(outline=hash)["outline"] == [None, posted["section"], None]
    assert "outline" not in reader.page(outline="0" * 32)


def test_an_outline_nobody_wrote_in_is_matched_on_request_and_not_kept(service: Service, reader: Reader) -> None:
    posted = reader.post(index=1)
    other = outlined(0, ("A new start", "Method", "Results"))["outline"]

    answer = service.visitor(None).send("POST", "/v1/outline", {"page": {"url": URL}, "outline": other})

    assert answer["outline"] == [None, posted["section"], None]
    assert answer["sections"][0]["comments"] == 1
    assert service.rows("SELECT count(*) FROM outline") == [(1,)]
    assert reader.page(outline=other["hash"]) == answer, "the next reader with the same copy need not send it"


def test_an_outline_sent_without_its_hash_is_told_it(service: Service, reader: Reader) -> None:
    outline = outlined(0)["outline"]
    for _ in ("on a page nobody wrote on", "where somebody did"):
        named = reader.send("POST", "/v1/outline", {"page": {"url": URL}, "outline": outline})
        nameless = reader.send(
            "POST", "/v1/outline", {"page": {"url": URL}, "outline": {"sections": outline["sections"]}}
        )

        assert nameless == named | {"hash": outline["hash"]}
        assert "hash" not in named
        assert reader.page(outline=nameless["hash"])["outline"] == named["outline"]
        posted = reader.post("By that name.", index=1)

    assert nameless["outline"][1] == posted["section"]


def test_an_outline_under_anothers_hash_is_refused(reader: Reader) -> None:
    sections = outlined(0)["outline"]["sections"]
    for hash in ("0" * 32, outlined(0, ("Other", "Headings"))["outline"]["hash"]):
        with refused(422, "invalid") as refusal:
            reader.send("POST", "/v1/outline", {"page": {"url": URL}, "outline": {"hash": hash, "sections": sections}})
        assert refusal.problem["field"] == "outline.hash"


def test_many_pages_are_counted_in_one_request(service: Service, reader: Reader) -> None:
    reader.post()
    reader.post(url=f"{ORIGIN}/two")
    reader.post(url=f"{ORIGIN}/two", index=2)
    service.reader(origin=OTHER).post(url=f"{OTHER}/there")

    counts = reader.counts(URL, f"{ORIGIN}/two", f"{ORIGIN}/nothing", f"{OTHER}/there")

    assert [page["comments"] for page in counts] == [1, 2, 0, 1]
    assert counts[0]["url"] == URL


def test_at_most_fifty_pages_are_counted_at_once(visitor: Visitor) -> None:
    visitor.counts(*(f"{ORIGIN}/{n}" for n in range(50)))

    with refused(422, "too_long") as refusal:
        visitor.counts(*(f"{ORIGIN}/{n}" for n in range(51)))
    assert refusal.problem["field"] == "url"


def test_a_url_of_no_site_is_not_found(visitor: Visitor) -> None:
    with refused(404, "not_found"):
        visitor.page("https://nobody.example/essay")


def test_a_page_says_nothing_new_to_whom_has_it(visitor: Visitor, reader: Reader) -> None:
    reader.post()
    first = visitor.ask("GET", "/v1/page", params={"url": URL})
    again = {"If-None-Match": first.headers["etag"]}

    same = visitor.ask("GET", "/v1/page", params={"url": URL}, headers=again)
    assert (same.status_code, same.content) == (304, b"")

    reader.post()
    assert visitor.ask("GET", "/v1/page", params={"url": URL}, headers=again).status_code == 200


# Views


def test_a_view_counts_once_for_each_browser_and_day(service: Service, visitor: Visitor) -> None:
    assert visitor.view(visit="the-first-browser") == 1
    assert visitor.view(visit="the-first-browser") == 1
    assert visitor.view(visit="the-second-browser") == 2

    service.clock.now += DAY
    assert visitor.view(visit="the-first-browser") == 3


def test_a_view_of_one_page_is_none_of_another(visitor: Visitor) -> None:
    visitor.view(visit="the-first-browser")

    assert visitor.view(f"{ORIGIN}/two", visit="the-first-browser") == 1
    assert visitor.page()["views"] == 1


def test_views_that_waited_go_with_the_page_that_its_first_comment_makes(visitor: Visitor, reader: Reader) -> None:
    visitor.view()
    visitor.view()
    assert visitor.page()["views"] == 2
    assert visitor.counts(URL)[0]["views"] == 2

    since = visitor.page()["since"]
    assert visitor.changes(since)["views"] == 2
    reader.post()

    assert visitor.page()["views"] == 2
    assert visitor.view() == 3


def test_a_view_rides_on_the_page_answer_and_is_in_its_count(visitor: Visitor, reader: Reader) -> None:
    hash = outlined(0)["outline"]["hash"]
    for number in (1, 2):
        visit = f"the browser number {number}"
        assert visitor.page(visit=visit)["views"] == number
        assert visitor.page(visit=visit, outline=hash)["views"] == number
        asked = {"page": {"url": URL}, "outline": outlined(0)["outline"], "visit": visit}
        assert visitor.send("POST", "/v1/outline", asked)["views"] == number, "whoever sends it whole counts no second"
        assert visitor.view(visit=visit) == number
        reader.post()
    asked = {"page": {"url": URL}, "outline": outlined(0)["outline"], "visit": "one with another copy"}
    assert visitor.send("POST", "/v1/outline", asked)["views"] == 3


def test_a_view_on_the_page_answer_sights_a_known_outline_once(service: Service, reader: Reader) -> None:
    reader.post()
    known, other = outlined(0)["outline"], outlined(0, ("Quite", "Another"))["outline"]
    seen = "SELECT hash FROM sighting ORDER BY first_at"

    reader.page(visit="the first browser", outline=other["hash"])
    assert service.rows(seen) == [], "what is about to be sent whole is sighted then"
    asked = {"page": {"url": URL}, "outline": other, "visit": "the first browser"}
    reader.send("POST", "/v1/outline", asked)
    service.clock.now += 1
    reader.page(visit="the second browser", outline=known["hash"])

    assert service.rows(seen) == [(other["hash"],), (known["hash"],)]


@pytest.mark.parametrize("origin", [None, OTHER, "https://evil.example"])
def test_a_view_from_elsewhere_is_not_counted_and_the_page_is_told(service: Service, origin: str | None) -> None:
    visitor = service.visitor(origin)

    assert visitor.page(visit="from somewhere else") == visitor.page()
    asked = {"page": {"url": URL}, "outline": outlined(0)["outline"]}
    told = visitor.send("POST", "/v1/outline", asked | {"visit": "from somewhere else"})
    assert told == visitor.send("POST", "/v1/outline", asked)
    assert told["views"] == 0


def test_a_page_of_the_services_own_origin_counts_though_its_browser_names_none(service: Service) -> None:
    service.change(lambda tx: sites.add_site(tx, [service.url]))
    url, visitor = f"{service.url}/essay", service.visitor(None)

    def look(came_from: str) -> int:
        params, headers = {"url": url, "visit": secrets.token_urlsafe(16)}, {"Sec-Fetch-Site": came_from}
        views: int = visitor.ask("GET", "/v1/page", params=params, headers=headers).json()["views"]
        return views

    assert look("cross-site") == 0
    assert look("same-origin") == 1
    elsewhere = {"url": URL, "visit": "a page of another site"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert visitor.ask("GET", "/v1/page", params=elsewhere, headers=headers).json()["views"] == 0


def test_views_beyond_the_limit_are_not_counted_and_the_page_is_told(limited: Service) -> None:
    visitor, most = limited.visitor(), int(LIMITS["views"].rates.partition("/")[0])

    views = [visitor.page(visit=secrets.token_urlsafe(16))["views"] for _ in range(most + 2)]

    assert views[-3:] == [most] * 3


def test_views_of_made_up_pages_wait_in_a_bounded_table(service: Service, visitor: Visitor) -> None:
    site = service.rows("SELECT site_id FROM origin WHERE origin = ?", ORIGIN)[0][0]
    waiting = [(site, f"blog.example/{n}", 1, int(service.clock.now)) for n in range(WAITING_PAGES - 1)]
    service.write("INSERT INTO waitingview (site_id, key, views, seen_at) VALUES (?, ?, ?, ?)", waiting)

    assert visitor.view(f"{ORIGIN}/the-last-that-fits") == 1
    assert visitor.view(f"{ORIGIN}/one-too-many") == 0
    assert visitor.view(f"{ORIGIN}/the-last-that-fits") == 2, "what waits already goes on counting"
    assert service.rows("SELECT count(*) FROM waitingview") == [(WAITING_PAGES,)]


def test_a_view_moves_no_revision(visitor: Visitor, reader: Reader) -> None:
    reader.post()
    before = visitor.page()["since"]

    visitor.view()

    assert visitor.page()["since"] == before


# Sections and their states


def test_a_section_can_be_closed_to_new_threads(reader: Reader, owner: Moderator) -> None:
    root = reader.post()
    since = reader.page()["since"]

    owner.set_section(root["section"], "closed")

    with refused(423, "locked"):
        reader.post(section=root["section"])
    reader.reply(root)
    assert [section["state"] for section in reader.changes(since)["sections"]] == ["closed"]
