"""The page answer brings the words of its rows, in the language that the page asks for, and only where it asks."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service import URL, Service, Visitor, outlined, refused, serving

from postil.languages import GROUP, Languages
from postil.web.static import widget_folder

CATALOGS = {"en": {"say": "Discuss"}, "de": {"say": "Mitreden"}, "ar": {"say": "شارك"}}


@pytest.fixture
def polyglot(tmp_path: Path) -> Iterator[Service]:
    for name, row in CATALOGS.items():
        (tmp_path / f"{name}.more.json").write_text(json.dumps({GROUP: row}), encoding="utf-8")
    with serving(languages=Languages(tmp_path)) as service:
        yield service


def test_the_words_come_in_the_language_asked_for_and_not_unasked(polyglot: Service) -> None:
    reader = polyglot.reader()
    for _ in ("a page nobody wrote on", "one with a comment"):
        plain = reader.page()
        told = reader.page(lang="de-CH")

        assert told == plain | {"lang": "de", "words": CATALOGS["de"]}
        assert reader.page(lang="tlh") == plain | {"lang": "en", "words": CATALOGS["en"]}
        assert reader.page(lang="ar") == plain | {"lang": "ar", "dir": "rtl", "words": CATALOGS["ar"]}
        reader.post()


def test_whoever_sends_his_outline_is_told_the_words_too(polyglot: Service) -> None:
    asked = {"page": {"url": URL}, "outline": outlined(0)["outline"]}
    visitor = polyglot.visitor()

    assert visitor.send("POST", "/v1/outline", asked | {"lang": "de"})["words"] == CATALOGS["de"]
    assert "words" not in visitor.send("POST", "/v1/outline", asked)


def test_what_is_kept_of_one_language_is_never_the_answer_to_another(polyglot: Service) -> None:
    visitor = polyglot.visitor()
    polyglot.reader().post()
    asked = [{"url": URL, "lang": lang} for lang in ("de", "ar", "en")] + [{"url": URL}]
    first = [visitor.ask("GET", "/v1/page", params=params) for params in asked]
    again = [visitor.ask("GET", "/v1/page", params=params) for params in asked]

    assert [each.content for each in again] == [each.content for each in first]
    etags = [each.headers["etag"] for each in first]
    assert len(set(etags)) == len(asked)
    for params, etag in zip(asked, etags, strict=True):
        known = {"If-None-Match": etag}
        assert visitor.ask("GET", "/v1/page", params=params, headers=known).status_code == 304
        other = {"url": URL, "lang": "ar" if params.get("lang") == "de" else "de"}
        assert visitor.ask("GET", "/v1/page", params=other, headers=known).status_code == 200


def test_a_tag_that_is_too_long_is_refused(visitor: Visitor) -> None:
    with refused(422, "too_long"):
        visitor.page(lang="x" * 65)


def test_the_widgets_own_catalog_is_served(visitor: Visitor) -> None:
    catalog = json.loads((widget_folder() / "lang" / "en.more.json").read_text())

    assert visitor.page(lang="en")["words"] == catalog[GROUP] != {}


def test_a_listing_is_told_how_to_say_its_counts(polyglot: Service) -> None:
    visitor = polyglot.visitor()
    plain = visitor.get("/v1/counts", url=[URL])

    assert set(plain) == {"pages"}
    assert visitor.get("/v1/counts", url=[URL], lang="de-CH") == plain | {"lang": "de", "words": CATALOGS["de"]}
    assert visitor.get("/v1/counts", url=[URL], lang="ar")["dir"] == "rtl"
