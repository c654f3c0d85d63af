"""Addresses of pages: one key for one page, one spelling for one origin, and no repairs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postil.urls import MAX_URL, BadUrl, exact_origin, origin_of, page_key, page_url, parse_origin

HERE = Path(__file__).parent
CORPORA = HERE.parents[2] / "shared" / "corpora"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/one",
        "http://example.com/one",
        "https://example.com:443/one",
        "HTTPS://EXAMPLE.com/one/",
        "https://example.com/one/index.html",
        "https://example.com/one/INDEX.HTM",
        "https://example.com/one#section-3",
        "https://example.com/one?utm_source=news&UTM_Medium=x&fbclid=1&gclid=2&mc_eid=3",
        "https://example.com/one?",
        "https://example.com/%6Fne",
        "https://example.com/two/../one",
        "https://example.com/./one?&",
    ],
)
def test_one_page_has_one_key(url: str) -> None:
    assert page_key(url) == "example.com/one"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://example.com", "example.com/"),
        ("https://example.com?p=1", "example.com/?p=1"),
        ("https://example.com/?p=1&utm_id=9", "example.com/?p=1"),
        ("https://example.com/?b=2&a=1&a=0", "example.com/?a=1&a=0&b=2"),
        ("https://example.com/One", "example.com/One"),
        ("https://www.example.com/one", "www.example.com/one"),
        ("http://localhost:8000/a", "localhost:8000/a"),
        ("https://example.com/ünder", "example.com/%C3%BCnder"),
        ("https://example.com/%c3%bcnder", "example.com/%C3%BCnder"),
        ("https://example.com/a%2fb", "example.com/a%2Fb"),
        ("https://example.com/100%", "example.com/100%"),
        ("https://example.com/<script>", "example.com/%3Cscript%3E"),
        ("https://bücher.example/a", "xn--bcher-kva.example/a"),
        ("https://[2001:DB8::1]:8443/a", "[2001:db8::1]:8443/a"),
        ("https://example.com/index.html", "example.com/"),
        ("https://example.com/my-index.html", "example.com/my-index.html"),
        ("https://example.com/a/..", "example.com/"),
        ("https://example.com/../../a", "example.com/a"),
    ],
)
def test_what_is_meant_stays_in_the_key(url: str, key: str) -> None:
    assert page_key(url) == key


def test_the_url_to_link_to_keeps_scheme_slash_and_order() -> None:
    url = "http://Example.com:80/one/index.html?b=2&utm_source=x&a=1#top"
    assert page_url(url) == "http://example.com/one/index.html?b=2&a=1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/one",
        "//example.com/one",
        "example.com/one",
        "https:/example.com",
        "https:example.com",
        "https://",
        "https:///one",
        "ftp://example.com/",
        "javascript:alert(1)//example.com",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com@evil.test/",
        "https://@example.com/",
        "https://example.com:/",
        "https://example.com:0/",
        "https://example.com:080/",
        "https://example.com:65536/",
        "https://example.com:port/",
        "https://example.com./",
        "https://.example.com/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://example.com/\0",
        "https://example.com/\x85",
        " https://example.com/",
        "https://example.com\\@evil.test/",
        "https:\\\\example.com/",
        "https://example.com/a\\b",
        "https://%65xample.com/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://1.2.3.256/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://-example.com/",
        "https://\ud800.example/",
        "https://example.com/\ud800",
        "https://" + "ü" * 300 + "/",
        "https://" + "a." * 200 + "com/",
        "https://example.com/" + "a" * MAX_URL,
    ],
)
def test_what_a_browser_would_have_to_repair_is_no_pages_url(url: str) -> None:
    for reads in (page_key, page_url, origin_of):
        with pytest.raises(BadUrl):
            reads(url)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://example.com", "https://example.com"),
        ("HTTPS://Example.COM:443", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("http://example.com:443", "http://example.com:443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[::ffff:1.2.3.4]", "http://[::ffff:102:304]"),
        ("https://r3---sn-x.example", "https://r3---sn-x.example"),
        ("https://a_b.example", "https://a_b.example"),
    ],
)
def test_an_origin_has_one_spelling(text: str, origin: str) -> None:
    assert parse_origin(text) == origin
    assert exact_origin(origin) == origin
    assert (exact_origin(text) is None) == (text != origin)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "https://",
        "example.com",
        "//example.com",
        "https://example.com/",
        "https://example.com/a",
        "https://example.com?a",
        "https://example.com#a",
        "https://user@example.com",
        "https://example.com.",
        "https://*.example.com",
        "ftp://example.com",
        "https://example.com,https://evil.test",
        "https://example.com https://evil.test",
        "https://example.com:99999",
        "https://example.com%00.evil.test",
        "https://example.com\n",
        "https://example.com\\evil.test",
    ],
)
def test_what_is_no_origin_is_none(text: str) -> None:
    assert parse_origin(text) is None
    assert exact_origin(text) is None


@given(st.text(max_size=50), st.sampled_from(["", "https://", "http://a.test/", "https://a.test/?", "https://a.test:"]))
def test_any_text_is_a_page_or_a_bad_url(text: str, before: str) -> None:
    try:
        url = page_url(before + text)
    except BadUrl:
        return
    assert url.isascii() and url.isprintable() and " " not in url
    assert page_url(url) == url
    assert page_key(url) == page_key(before + text)
    assert exact_origin(origin_of(url)) == origin_of(before + text)


def rows(path: Path) -> Iterator[dict[str, str]]:
    yield from map(json.loads, path.read_text().splitlines())


def accepted(reads: Callable[[str], str], url: str) -> str | None:
    try:
        return reads(url)
    except BadUrl:
        return None


def assert_agrees_with_browsers(path: Path) -> tuple[int, int]:
    """Taken and refused. Whatever we take, browsers parse too, and see the same origin in it."""
    taken = refused = 0
    for row in rows(path):
        origin = accepted(origin_of, row["input"])
        if origin is None:
            refused += 1
            continue
        taken += 1
        assert not row["failure"], row
        assert origin == "{0.scheme}://{0.netloc}".format(urlsplit(row["href"])), row
    return taken, refused


def test_whatever_is_taken_browsers_read_alike() -> None:
    taken, refused = assert_agrees_with_browsers(HERE.parent / "data" / "urls.jsonl")
    assert taken > 20 and refused > 100


@pytest.mark.shared
@pytest.mark.skipif(not CORPORA.exists(), reason="../shared is not here")
def test_whatever_is_taken_of_the_whole_set_browsers_read_alike() -> None:
    taken, refused = assert_agrees_with_browsers(CORPORA / "wpt_urltestdata.jsonl")
    assert taken > 50 and refused > 400


def test_redirect_tricks_never_stand_on_the_origin_they_imitate() -> None:
    for row in rows(HERE.parent / "data" / "redirects.jsonl"):
        for url in (row["payload"], "https://www.whitelisteddomain.tld" + row["payload"]):
            origin = accepted(origin_of, url)
            assert origin is None or urlsplit(page_url(url)).netloc == origin.partition("://")[2]
            assert origin != "https://www.whitelisteddomain.tld" or url.startswith("https://www.whitelisteddomain.tld/")


@pytest.mark.shared
@pytest.mark.skipif(not CORPORA.exists(), reason="../shared is not here")
@pytest.mark.parametrize("name", ["patt_redirect", "patt_ssrf", "patt_crlf", "patt_xss", "blns"])
def test_no_string_is_our_failure(name: str) -> None:
    texts = [row.get("payload", "") for row in rows(CORPORA / f"{name}.jsonl")]
    refused = [text for text in texts if accepted(page_key, text) is None]
    assert len(refused) > len(texts) / 3  # most are no URL of a page
    for text in texts:
        assert "<" not in (accepted(page_url, f"https://a.test/{text}") or "")
