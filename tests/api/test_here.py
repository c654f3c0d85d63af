"""From an article to its discussion, without JavaScript."""

import re

import pytest
from tests.guest import Guest
from tests.publications import ESSAY, Build, Pages, outline, say
from tests.service import ORIGIN, URL, Reader, Service, serving

from postil import sites
from postil.web import articles


def headings(service: Service) -> list[str]:
    found = re.findall(r"<h2[^>]*>(?:<a [^>]*>)?(.*?)(?:</a>)?</h2>", Guest(service).here().html)
    return found


def test_threads_stand_in_the_articles_order_and_earlier_ones_at_the_end(service: Service, reader: Reader) -> None:
    build = Build(service)
    build.publish()
    for index in (2, 0, 1):
        say(reader, ESSAY, index, f"About {ESSAY[index][0]}")
    assert headings(service) == ["Origins", "Method", "Results"]

    service.clock.now += 1
    build.publish((("Method and results", f"{ESSAY[1][1]} {ESSAY[2][1]}"),))

    first, second, last = headings(service)
    assert (first, last) == ("Method and results", "Origins")
    assert second in ("Method", "Results"), "merged, and labelled by what it was written under"
    assert Guest(service).here().words.count("no longer in the article") == 1


def test_what_a_visitors_copy_calls_a_section_is_not_told(service: Service, reader: Reader) -> None:
    say(reader, (("FORGED", ESSAY[0][1]),), 0, "A thought.")

    page = Guest(service).here()
    assert "FORGED" not in page.html
    assert headings(service) == ["A part of the article"]
    assert "A thought." in page.words


def test_sections_of_a_published_article_where_nobody_wrote_can_be_written_in(service: Service, reader: Reader) -> None:
    Build(service).publish()
    guest = Guest(service)

    page = guest.here()
    assert (page.url.startswith("/t/"), headings(service)) == (True, ["Origins", "Method", "Results"])
    assert page.metas["robots"] == "noindex"
    told = guest.write(guest.go(next(to for to, said in page.links if to.endswith("/write"))), "The first word.")

    assert "The first word." in told.words
    section = reader.page(URL)["sections"][0]
    assert (section["heading"], reader.texts(section["id"])) == ("Origins", ["The first word."])


def test_an_article_without_comments_is_written_to_from_here(service: Service) -> None:
    guest = Guest(service)

    form = guest.here()
    assert "Add your voice" in form.words
    assert (form.metas["robots"], form.answer.headers["cache-control"]) == ("noindex", "no-store")
    told = guest.write(form, "Nobody was here before me.")

    assert "Nobody was here before me." in told.words
    assert "Nobody was here before me." in Guest(service).here().words


def test_an_article_nobody_has_told_of_is_looked_at_and_written_to_where_others_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(articles, "PATIENCE", 60)  # this machine may be busy with other tests
    with serving(fetch_networks=["127.0.0.0/8"]) as service, Pages() as pages:
        service.change(lambda tx: sites.add_site(tx, [pages.origin]))
        pages.show("/essay", ESSAY)
        guest, url = Guest(service), f"{pages.origin}/essay"

        form = guest.here(url)
        assert all(f">{heading}</option>" in form.html for heading, _ in ESSAY)
        guest.here(url)
        assert pages.asked == ["/essay"], "it is remembered for a while"
        assert service.rows("SELECT count(*) FROM page") == [(0,)], "and written down nowhere"
        told = guest.write(form, "On method.", at="2" if "Introduction" in form.html else "1")
        assert "On method." in told.words

        more = guest.go(guest.here(url).link("another part"))
        assert "On results." in guest.write(more, "On results.", at="3" if "Introduction" in more.html else "2").words

        body = {"page": {"url": url}, "outline": outline(ESSAY)}
        shown = service.reader(origin=pages.origin).send("POST", "/v1/outline", body)
        assert [bool(each) for each in shown["outline"]] == [False, True, True]

        pages.answers["/gone"] = (500, {}, b"")
        assert "<select" not in guest.here(f"{pages.origin}/gone").html


def test_here_leads_to_pages_of_ours_only(service: Service, reader: Reader) -> None:
    reader.post()
    evil = ("https://evil.example/", "//evil.example/x", "javascript:alert(1)", "https:///x", "", "/\\evil.example")
    crlf = f"{URL}\r\nLocation: https://evil.example"
    for url in (*evil, crlf, f"{ORIGIN}@evil.example/", "https://blog.example.evil.example/essay"):
        answer = reader.ask("GET", "/here", params={"url": url})
        assert (answer.status_code, "location" in answer.headers) == (404, False), url
        assert "evil.example" not in answer.text.replace("blog.example.evil", ""), url
    led = reader.ask("GET", "/here", params={"url": URL})
    assert re.fullmatch(r"/t/[-\w]{11}", led.headers["location"])
