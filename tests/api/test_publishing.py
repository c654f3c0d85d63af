"""What an owner's build says of a page: only under the site's key, only forwards, and threads go with their words."""

import json

import pytest
from tests.publications import ESSAY, Build, doubted, outline, publication, renamed, replaced, say, words
from tests.service import ORIGIN, OTHER, URL, Service, refused

from postil import signing, sites
from postil.web.body import MAX_OUTLINE, MAX_PUBLICATION, MORE_READ
from postil.web.limits import Limiter


@pytest.fixture
def build(service: Service) -> Build:
    return Build(service)


def stands(service: Service, parts: tuple[tuple[str, str], ...], url: str = URL) -> list[str | None]:
    """The section at each index of an outline, as a reader is told who sends it."""
    question = {"page": {"url": url}, "outline": outline(parts)}
    placed: list[str | None] = service.visitor().send("POST", "/v1/outline", question)["outline"]
    return placed


def headings(service: Service) -> list[str]:
    return [section["heading"] for section in service.visitor().page()["sections"]]


def dump(service: Service) -> list[str]:
    return service.dump()


def test_a_page_that_nobody_wrote_on_gets_its_row_and_an_id_for_every_section(service: Service, build: Build) -> None:
    told = build.publish()

    assert (told["changed"], told.get("moves", {})) == (True, {})
    assert told["page"]["url"] == URL
    ((places,),) = service.rows("SELECT places FROM outline WHERE source = 'published'")
    assert len({place["id"] for place in json.loads(places)}) == 3
    assert "title" not in service.visitor().page(), "nobody has written, so there is nothing to tell"
    comment = say(service.reader(), ESSAY, 1)
    assert comment["section"] == json.loads(places)[1]["id"]
    assert service.visitor().page()["title"] == "An essay"


def test_an_unchanged_page_says_so_and_moves_nothing(service: Service, build: Build) -> None:
    say(service.reader(), ESSAY, 1)
    build.publish()
    since = service.visitor().page()["since"]
    before = service.rows("SELECT * FROM anchoring"), service.rows("SELECT anchors, public_revision FROM page")

    service.clock.now += 60
    assert build.publish()["changed"] is False

    after = service.rows("SELECT * FROM anchoring"), service.rows("SELECT anchors, public_revision FROM page")
    assert after == before
    assert "resync" not in service.visitor().changes(since)


def test_threads_go_with_their_words_and_the_answer_says_how_many(service: Service, build: Build) -> None:
    comments = [say(service.reader(), ESSAY, index) for index in range(3)]
    build.publish()
    edited = renamed(2, "What we found", doubted(1))[1:]

    service.clock.now += 60
    told = build.publish(edited)

    assert told["moves"] == {"kept": 1, "unsure": 1, "gone": 1}
    assert stands(service, edited)[1] == comments[2]["section"]
    assert comments[1]["section"] not in stands(service, edited)


def test_whoever_watches_is_told_to_load_afresh(service: Service, build: Build) -> None:
    say(service.reader(), ESSAY, 1)
    build.publish()
    service.clock.now += 60
    with service.visitor().watching() as watching:
        build.publish(renamed(1, "How"))
        watching.until("resync")


def test_words_that_change_no_outline_are_told_all_the_same(service: Service, build: Build) -> None:
    """Digits are no part of an outline's hash, and an answer that is kept must not keep the old ones."""
    first, second = (renamed(1, f"In {year}") for year in (2024, 2025))
    say(service.reader(), first, 1)
    build.publish(first)
    assert headings(service) == ["In 2024"]
    service.clock.now += 60

    assert build.publish(second)["changed"] is True

    assert headings(service) == ["In 2025"]


def test_an_owners_key_keeps_a_page_together_wherever_it_stands(service: Service, build: Build) -> None:
    first = build.publish(key="essay-1")["page"]["id"]
    service.clock.now += 60
    told = build.publish(url=f"{ORIGIN}/elsewhere", key="essay-1")
    assert told["page"] == {"id": first, "url": f"{ORIGIN}/elsewhere", "title": "An essay"}


def test_a_page_that_gets_a_key_or_loses_it_keeps_its_threads(service: Service, build: Build) -> None:
    before = say(service.reader(), ESSAY, 0)
    page = build.publish()["page"]["id"]
    draft = {"page": {"url": URL, "key": "k1"}, "outline": outline(ESSAY), "index": 2}
    more = {"source": "Under the key, before it was published.", "name": "Rosa", "nonce": "12345678"}
    service.reader().send("POST", "/v1/comments", {**draft, **more})

    for key in ("k1", None, "k2"):
        service.clock.now += 60
        assert build.publish(renamed(1, f"Edition {key}"), key=key)["page"]["id"] == page
        assert service.visitor().page(**({"key": key} if key else {}))["comments"] == 2
        assert service.visitor().comment(before["id"])["page"]["url"] == URL

    other = build.publish(replaced(0), key="another", url=f"{ORIGIN}/spa")["page"]["id"]
    assert build.publish(replaced(1), key="a third", url=f"{ORIGIN}/spa")["page"]["id"] != other


def test_a_page_that_moved_is_published_where_it_is(service: Service, build: Build) -> None:
    page = build.publish()["page"]["id"]
    service.write(
        "INSERT INTO pagealias (site_id, key, page_id) SELECT site_id, 'blog.example/old', id FROM page WHERE id = ?",
        [(page,)],
    )
    before = dump(service)
    with refused(409, "state_conflict") as refusal:
        build.publish(replaced(0), url=f"{ORIGIN}/old")
    assert URL in refusal.problem["detail"]
    assert dump(service) == before


# Who may


@pytest.mark.parametrize("signature", [None, "", "t=1,v1=00", f"t=1790000000,v1={'0' * 64}"])
def test_without_the_sites_signature_nothing_is_taken(build: Build, service: Service, signature: str | None) -> None:
    before = dump(service)
    with refused(401, "bad_signature"):
        build.send_raw(json.dumps(publication()).encode(), signature)
    assert dump(service) == before
    build.publish()  # the control: the same body under a signature


def test_a_signature_is_for_those_bytes_alone(service: Service, build: Build) -> None:
    raw = json.dumps(publication()).encode()
    header = signing.sign(build.key, raw, int(service.clock()))
    with refused(401, "bad_signature"):
        build.send_raw(raw.replace(b"An essay", b"An assay"), header)
    build.send_raw(raw, header)


def test_a_key_is_good_for_its_own_site_alone(service: Service, build: Build) -> None:
    theirs = Build(service, OTHER)
    theirs.publish(url=f"{OTHER}/essay", key="shared")
    build.publish(key="shared")
    service.clock.now += 60
    before = dump(service)

    for url, page in ((f"{OTHER}/essay", {}), (f"{OTHER}/essay", {"key": "shared"}), (f"{OTHER}/new", {})):
        with refused(401, "bad_signature"):
            build.send_signed(publication(replaced(0), url, **page))

    assert dump(service) == before
    mine = build.publish(replaced(0), key="shared")
    pages = {id: reference for id, reference in service.rows("SELECT id, reference FROM page")}
    assert len(set(pages.values())) == 2, "the other site's page of that key was touched"
    assert pages[mine["page"]["id"]] == outline(replaced(0))["hash"]


def test_a_site_without_a_key_takes_nothing_and_a_dropped_key_is_good_no_more(service: Service, build: Build) -> None:
    service.change(lambda tx: sites.drop_key(tx, ORIGIN))
    with refused(401, "bad_signature") as refusal:
        build.publish()
    assert "postil site key" in refusal.problem["detail"]
    Build(service)
    with refused(401, "bad_signature"):
        build.publish()


def test_the_address_of_no_site_is_not_found(build: Build) -> None:
    with refused(404, "not_found"):
        build.publish(url="https://nobody.example/")


def test_staff_cannot_publish_with_a_token(service: Service) -> None:
    owner = service.moderator("Olga", owner=True)
    with refused(401, "bad_signature"):
        owner.send("POST", "/v1/publish", publication())


# Only forwards


def test_what_somebody_overheard_does_not_bring_the_past_back(service: Service, build: Build) -> None:
    raw = json.dumps(publication()).encode()
    header = signing.sign(build.key, raw, int(service.clock()))
    build.send_raw(raw, header)
    service.clock.now += 10
    build.publish(replaced(0))
    before = dump(service)

    with refused(409, "superseded"):
        build.send_raw(raw, header)
    assert dump(service) == before

    service.clock.now += 10
    build.publish()  # the control: the same page, signed anew


def test_of_two_publications_of_one_second_the_first_cannot_come_again(build: Build, service: Service) -> None:
    build.publish()
    with refused(409, "superseded"):
        build.publish(replaced(0))
    assert build.publish()["changed"] is False  # a retry of what is there harms nobody
    service.clock.now += 1
    assert build.publish(replaced(0))["changed"] is True


@pytest.mark.parametrize("ago", [301, -301])
def test_a_signature_is_good_for_five_minutes(build: Build, ago: int) -> None:
    with refused(401, "bad_signature"):
        build.publish(ago=ago)
    build.publish(ago=299 if ago > 0 else -299)


# What it says


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outline": {"hash": "0" * 32, "sections": outline(ESSAY)["sections"]}}, "outline.hash"),
        ({"outline": {"hash": outline(ESSAY)["hash"]}}, "outline.sections"),
        ({"excerpts": ["one"]}, "excerpts"),
    ],
)
def test_a_publication_that_contradicts_itself_is_refused(build: Build, change: dict[str, object], field: str) -> None:
    with refused(422, "invalid") as refusal:
        build.send_signed({**publication(), **change})
    assert refusal.problem["field"] == field
    build.send_signed({**publication(), "excerpts": []})


def test_five_hundred_sections_of_chinese_are_taken_and_more_bytes_than_that_are_not(build: Build) -> None:
    parts = [
        (f"第{chr(0x4E00 + i)}章" * 20, "".join(chr(0x4E00 + (i * 97 + j) % 9000) for j in range(300)))
        for i in range(500)
    ]
    body = publication(parts)
    raw = json.dumps(body, ensure_ascii=False).encode()
    assert 900_000 < len(raw) < MAX_PUBLICATION
    build.send_raw(raw, signing.sign(build.key, raw, int(build.service.clock())))

    question = json.dumps({"page": {"url": URL}, "outline": outline(parts)}, ensure_ascii=False).encode()
    assert len(question) < MAX_OUTLINE
    headers = {"Content-Type": "application/json"}
    assert build.ask("POST", "/v1/outline", content=question, headers=headers).status_code == 200
    more = question + b" " * (MAX_OUTLINE - len(question) + MORE_READ // 2)
    answer = build.ask("POST", "/v1/outline", content=more, headers=headers)
    assert answer.json()["code"] == "too_large"
    assert f"{MAX_OUTLINE // 1024} KiB" in answer.json()["detail"]


def test_a_flood_of_publications_is_turned_away(service: Service) -> None:
    assert service.server is not None
    service.server.config.app.state.limiter = Limiter(scale=0.005)  # type: ignore[union-attr]
    visitor = service.visitor(None)
    codes = [visitor.ask("POST", "/v1/publish", json=publication()).json()["code"] for _ in range(7)]
    assert codes == ["bad_signature"] * 6 + ["too_many"]


def test_a_heading_is_text_and_one_line(service: Service, build: Build) -> None:
    parts = (("<b>Bold</b>\n\u202eevil", words("a")), ("Two", words("b")))
    say(service.reader(), parts, 0)
    build.publish(parts)
    assert headings(service) == ["<b>Bold</b> evil"]
