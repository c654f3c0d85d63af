"""A page's bytes give its outline, as its markup says and never with more work than it has words."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from postil.document import Document, UnreadableDocument, read_document
from postil.dom import MOST_NODES
from postil.fingerprint import fingerprint
from postil.outline import OutlineSection, outline_hash

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "outline_vectors.json").read_text("utf-8"))
URL = "https://blog.example/essay?x=1"
PAGE = """<!doctype html><title>Essay | Blog</title>{head}<article><h1>Essay</h1><p>An <b>introduction</b>.</p>
<h2 id=one>One</h2><p>First words.</p><h2>Two</h2><p>Second words.</p></article>"""
LOADER = '<script async src="https://talk.example/postil.js"{data}></script>'


def read(html: str = PAGE, head: str = "") -> Document:
    return read_document(html.replace("{head}", head), URL)


def headings(document: Document) -> list[str]:
    return [section.heading for section in document.sections]


@pytest.mark.parametrize("vector", [v for v in VECTORS if "html" in v], ids=lambda vector: vector["name"])
def test_a_page_gives_the_outline_that_the_vectors_say(vector: dict[str, Any]) -> None:
    sections = read_document(vector["html"], "http://page.test/").sections
    assert sections == [OutlineSection(**section) for section in vector["sections"]]
    assert outline_hash(sections) == vector["hash"]


def test_a_page_is_read_whole() -> None:
    page = read()
    assert (page.title, page.url, page.key) == ("Essay", URL, None)
    assert [(s.heading, s.level, s.id) for s in page.sections] == [("", 0, None), ("One", 2, "one"), ("Two", 2, None)]
    assert [s.print for s in page.sections] == [
        fingerprint(text).print for text in ("An introduction", "First words", "Second words")
    ]
    assert page.excerpts == ["An introduction.", "First words.", "Second words."]


def test_without_headings_or_words_the_page_is_one_section() -> None:
    for html in ("", "words", "<h1>Title</h1><p>words", "<frameset><frame>", "<svg>", "\0", "<!--"):
        assert [(s.level, s.heading) for s in read(html).sections] == [(0, "")], html
    assert read_document(b"", URL).sections == [OutlineSection("", 0)]


def test_the_script_tag_has_its_say() -> None:
    data = ' data-headings="h1,h2" data-root="article" data-page="essay-1"'
    page = read(head=LOADER.format(data=data))
    assert (page.key, headings(page)) == ("essay-1", ["Essay", "One", "Two"])
    for other in (LOADER.format(data=data).replace("postil.js", "not-postil.js"), LOADER.format(data="") * 2):
        assert (read(head=other).key, headings(read(head=other))) == (None, ["", "One", "Two"])


@pytest.mark.parametrize("selector", ["][", "h2:has(", "h2::", "x" * 1000, "a:has(b:has(c))"])
def test_a_selector_that_is_none_or_too_much_is_a_documented_error(selector: str) -> None:
    with pytest.raises(UnreadableDocument):
        read(head=LOADER.format(data=f' data-headings="{selector}"'))
    assert len(read(head=LOADER.format(data=' data-headings="article:has(h1) > :is(h1, h2)"')).sections) == 3


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ("<link rel=canonical href=/other>", "https://blog.example/other"),
        ("<link rel=canonical href='https://blog.example/a?b=1#c'>", "https://blog.example/a?b=1"),
        ("<link rel=canonical href=' other\n'>", "https://blog.example/other"),
        ("<base href=/deep/><link rel=canonical href=er>", "https://blog.example/deep/er"),
        ("<link rel=canonical href='https://evil.example/'>", URL),
        ("<link rel=canonical href='http://blog.example/'>", URL),
        ("<link rel=canonical href='https://blog.example.evil.example/'>", URL),
        ("<link rel=canonical href='https://blog.example:444/'>", URL),
        ("<link rel=canonical href='https://[/'>", URL),
        ("<link rel=canonical href='javascript:1'>", URL),
        ("<link rel=canonical>", URL),
    ],
)
def test_a_canonical_address_counts_on_its_own_origin(head: str, url: str) -> None:
    assert read(head=head).url == url
    assert read_document(head, URL + "#part").url == url


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<p>Größe".encode(), None),
        ("\ufeff<p>Größe".encode("utf-16-le"), None),
        (b"\xef\xbb\xbf<meta charset=latin1>" + "<p>Größe".encode(), "latin1"),
        (b"<meta charset=iso-8859-2>" + "<p>Größe".encode("iso-8859-2"), None),
        ("<p>Größe".encode("koi8-r", "ignore") + "<p>Größe".encode("latin1"), "latin1"),
        ("<p>Größe".encode("latin1"), None),
        ("<p>Größe".encode(), "no-such-charset"),
    ],
)
def test_bytes_are_decoded_as_a_browser_does(data: bytes, charset: str | None) -> None:
    assert read_document(data, URL, charset).excerpts[0].endswith("Größe")


def test_an_excerpt_is_how_a_section_begins_for_a_person() -> None:
    words = "Words <a href=#>linked</a>, (<em>set</em>) and 1,000 more<sup>1</sup> of <code>them</code>. "
    [_, one, two, cjk] = read(
        f"<title>T</title><main><p>Start.<h2>A</h2><p>{words * 9}<h2>B</h2><p>{'x' * 500}<h2>C</h2><p>歴<b>史</b>と"
    ).excerpts
    assert one.startswith("Words linked, (set) and 1,000 more of them. Words linked,")
    assert 200 < len(one) <= 240
    assert two == "x" * 240
    assert cjk == "歴史と"


def test_what_no_reader_sees_is_no_section() -> None:
    unseen = (
        "<template><h2>Two</h2></template>",
        "<noscript><h2>Two</h2></noscript>",
        "<nav><h2>Two</h2></nav>",
        "<div data-postil-ignore><h2>Two</h2></div>",
    )
    for markup in unseen:
        page = read(f"<title>T</title><main><p>Start.</p><h2>One</h2>one{markup}</main>")
        assert [s.level for s in page.sections] == [0], markup
    assert headings(read("<title>T</title><main><h2>One</h2>one<div><h2>Two</h2></div></main>")) == ["One", "Two"]


def test_long_outlines_headings_ids_and_keys_are_cut_as_the_widget_cuts_them() -> None:
    part = f"<h2 id={'i' * 201} data-postil-section={'k' * 201}>{'🚀' * 400}</h2><p>words</p>"
    page = read(f"<title>{'t' * 400}</title><main><p>Start.</p>{part * 600}</main>")
    assert len(page.sections) == len(page.excerpts) == 500
    assert {(s.heading, s.id, s.key) for s in page.sections[1:]} == {("🚀" * 300, None, None)}
    assert page.title == "t" * 300


# Markup made to cost: each of these has brought some parser, or some walk over its tree, to a halt.
N = 100_000
COSTLY = {
    "deep": "<div>" * N + "<h2>A</h2>a<h2>B</h2>b",
    "headers in headers": "<header>" * N,
    "articles in articles": "<article>" * 500 + "<h2>a</h2><p>some words</p>" * (N // 4),
    "roots in roots": "<main>" * 500 + "<p>x</p>" * (N // 2),
    "headings in headings": LOADER.format(data=" data-headings=.c") + "<div class=c>" * 490 + "<p>x y</p>" * (N // 4),
    "titles": f"<title>{'x ' * N}</title>" + "<h1>x</h1>" * (N // 3),
    "attributes": "<p " + " ".join(f"a{i}" for i in range(N)) + ">",
    "class names": f"<p class='{'-recommend' * N}é {'toc- ' * N}'>",
    "marks": f"<h2>{'¶ ' * N}x</h2><h2>y</h2>",
    "links": f"<h2>{'<a>x</a>' * (N // 2)}</h2><h2>b</h2>",
    "blanks": "<h2>A</h2>" + "<p>\u200b</p>" * (N // 4) + "<h2>B</h2>b",
    "one word": "<p>" + "x" * (5 * N),
    "no spaces": "<p>" + "歴史と現在" * N,
    "zeros": "\0" * (10 * N),
    "selectors": LOADER.format(data=f" data-headings='{'* ' * 45}h9'") + "<div>" * 400 + "<b>x</b>" * (N // 4),
}


@pytest.mark.parametrize("name", COSTLY)
def test_markup_made_to_cost_costs_seconds_at_most(name: str) -> None:
    began = time.process_time()
    assert read(COSTLY[name]).sections
    assert time.process_time() - began < 6  # under one on a quiet machine; what goes wrong here takes minutes


def test_five_megabytes_are_read_or_refused() -> None:
    began = time.process_time()
    long = "".join(
        f"<h2>Part {n}</h2>" + f"<p>{'Some words that are said at length. ' * 20}</p>" * 3 for n in range(400)
    )
    assert len(read(f"<title>T</title><main>{long}{'<!-- x -->' * 100}</main>" + " " * 4_000_000).sections) == 400
    for html in ("<b>" * 1_600_000, "<p>x" * 1_200_000, "<p>" + "word " * 1_000_000):
        with pytest.raises(UnreadableDocument, match="more than"):
            read(html)
    assert time.process_time() - began < 20
    assert MOST_NODES > 5_000_000 / 40  # a node in 40 bytes is what long real pages have
