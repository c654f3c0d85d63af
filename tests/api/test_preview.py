"""A preview is what the post will look like, to the byte; and it leaves nothing behind."""

import logging

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.service import OTHER, URL, Json, Reader, Service, Visitor, refused, serving

from postil.markup import OFF_LOOP, as_text
from postil.rendered import MAX_SOURCE
from postil.web.limits import LIMITS

PIECES = (
    '<script> <b> </b> <a href=javascript:1> <!-- & &lt; &#x3c; [x](https://a.example/ "t") [x]: https://b.example/ '
    "[x](javascript:1) ![i](https://c.example/i.png) https://d.example/?q=1&r=2). ** * __ ~~ ` ``` > - 1. 2. --- # | "
    "\\ ( < > \u202e \u0301 \ufdd0 é 漢 שלום"
).split(" ")
SOURCES = st.lists(
    st.sampled_from([*PIECES, "\n", "\n\n", "    ", " ", "\t"]) | st.text(st.characters(exclude_categories=["Cs"])),
    min_size=1,
    max_size=30,
).map("".join)


def ask(source: str, url: str = URL) -> dict[str, Json]:
    return {"page": {"url": url}, "source": source}


def preview(visitor: Visitor, source: str, url: str = URL) -> str:
    html: str = visitor.send("POST", "/v1/preview", ask(source, url))["html"]
    return html


def test_a_preview_is_the_html_of_the_comment_that_is_posted() -> None:
    with serving() as service:
        reader = service.reader()

        @settings(max_examples=60, deadline=None)
        @given(SOURCES)
        @example("*Hear* this: https://a.example/")
        @example("> " * 40 + "too deep, so shown as it was typed")
        @example("**long** " * (OFF_LOOP // 8))
        @example(" ")
        @example("\x00")
        def the_same(source: str) -> None:
            looked = reader.ask("POST", "/v1/preview", json=ask(source))
            posted = reader.ask("POST", "/v1/comments", json=reader.draft(source))

            assert (looked.status_code == 200) is (posted.status_code == 201), (looked.text, posted.text)
            if looked.status_code == 200:
                assert looked.json()["html"] == posted.json()["comment"]["html"]
            else:
                assert looked.json() == posted.json()

        the_same()


def test_html_that_is_typed_is_shown_as_text(reader: Reader) -> None:
    source = "<img src=x onerror=alert(1)>"

    assert preview(reader, source).rstrip() == as_text(source)


@pytest.mark.parametrize("length", [0, MAX_SOURCE + 1])
def test_a_source_that_cannot_be_posted_has_no_preview(reader: Reader, length: int) -> None:
    with refused(422, "too_long" if length else "invalid") as refusal:
        preview(reader, "x" * length)
    assert refusal.problem["field"] == "source"


def test_only_a_page_of_the_site_is_told_a_preview(service: Service) -> None:
    assert preview(service.visitor(), "*yes*") == preview(service.reader(origin=OTHER), "*yes*", f"{OTHER}/essay")
    for origin, url in ((None, URL), ("https://evil.example", URL), (OTHER, URL)):
        with refused(403, "origin_refused"):
            preview(service.visitor(origin), "no", url)


def test_who_is_banned_may_still_look(service: Service, reader: Reader) -> None:
    service.moderator().ban(reader.post())
    with refused(403, "banned"):
        reader.post("Again.")

    assert preview(reader, "*Again.*") == "<p><em>Again.</em></p>\n"


def test_nothing_of_a_preview_is_kept_or_logged(
    service: Service, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reader.post()
    before = everything(service)

    preview(reader, "A word like sesquipedalian.")
    with refused(422, "invalid"):
        reader.send("POST", "/v1/preview", ask("sesquipedalian") | {"name": "sesquipedalian"})

    assert everything(service) == before
    assert "sesquipedalian" not in caplog.text


def everything(service: Service) -> list[str]:
    return service.dump()


def test_previews_are_counted_apart_from_posts(limited: Service) -> None:
    reader = limited.reader()
    most = int(LIMITS["preview"].rates.partition("/")[0])
    for _ in range(most):
        preview(reader, "x")

    with refused(429, "too_many"):
        preview(limited.reader(), "by network, so another author changes nothing")
    assert reader.post()
