"""Markup in our own form is read without a parser, and as html5lib reads it; what is not in it is left to html5lib."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bleach.sanitizer import Cleaner
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from postil.canonical import tokens, written
from postil.markup import _PLAIN, MAX_PLAIN, REL, Refused, _second, agree, clean, make_cleaner, to_html
from postil.markup import _is_plain as is_plain
from postil.markup import _parses as parses
from postil.markup import _shaped as shaped
from postil.markup import _shield as shield  # what stands for escapes while bleach works
from postil.markup import compare as compare_trees
from postil.names import tidy

CORPORA = Path(__file__).parents[1] / "data" / "corpora"
PLAIN = make_cleaner(Cleaner)
PLAIN_MARKDOWN = MarkdownIt("commonmark")

PIECES = [
    *("word", "two words", "*em*", "**strong**", "`code`", "~~del~~", "***both***", "*a **b** c*", "**a *b* c**"),
    *("https://a.example/x?y=1&z=2", "[link](https://a.example/ 'x')", '[*x* `y`](https://a.example/?a&b="c")'),
    *("<b>", "a < b && c > d", "&amp;lt;", "![x](https://a.example/x.png)", "\u00a0", "\u202e", "\0", "*a ", "_ b"),
    *("- item\n", "1. item\n", "  - below\n", "> said\n", "> > before\n", "---\n", "```\n  code\n```\n"),
    *(
        "    indented\n",
        "\n",
        "\n\n",
        "  \n",
        "\\\n",
        "- a\n\n  b\n",
        "> - x\n>   1. y\n",
        "[",
        "](",
        "x\ny",
        "- ```\n  c\n  ```\n",
    ),
]
SOURCES = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=14).map("".join)

# Almost in our form: each is nearly a piece of it.
SCRAPS = ["<p>", "</p>", "<ul>", "</ul>", "<ol>", "</ol>", "<li>", "</li>", "<pre>", "</pre>", "<code>", "</code>"]
SCRAPS += ["<em>", "</em>", "<strong>", "</strong>", "<del>", "</del>", "<a>", '<a href="https://a.example/">', "</a>"]
SCRAPS += ["<blockquote>", "</blockquote>", "<br>", "<hr>", "\n", "x", " ", "<table>", "<P>", "<p >", '<p href="">']
SCRAPS += ["<br/>", "</br>", "<b>", "</b>", "<a href=''>", "&amp;", "\ufdd0", "\r", "\f", "<", ">", "<!-- -->", "<svg>"]
MARKUP = st.lists(st.sampled_from(SCRAPS), max_size=9).map("".join)


def parsed(markup: str) -> list[Any]:
    """html5lib's tokens, each run of text as one."""
    found = list(PLAIN.walker(PLAIN.parser.parseFragment(markup)))  # type: ignore[operator]
    return joined(found)


def joined(found: list[dict[str, Any]]) -> list[Any]:
    told: list[Any] = []
    for token in found:
        if "Characters" not in token["type"]:
            told.append((token["type"], token["name"], dict(token.get("data", {}))))
        elif told and isinstance(told[-1], str):
            told[-1] += token["data"]
        else:
            told.append(token["data"])
    return told


def compare(markup: str) -> bool:
    """Both are read alike, and cleaned alike; whether it was in our form."""
    found = tokens(markup)
    assert found is None or joined(found) == parsed(markup)
    assert clean(markup) == cleaned_by_bleach_alone(markup)
    return found is not None


def cleaned_by_bleach_alone(markup: str) -> str:
    escapes = {0xFDD0: "&amp;", 0xFDD1: "&lt;", 0xFDD2: "&gt;"}
    return PLAIN.clean(shield(markup)).translate(escapes)


@given(SOURCES)
def test_what_our_renderer_writes_is_read_as_html5lib_reads_it(source: str) -> None:
    compare(shield(to_html(tidy(source))))


@given(MARKUP)
def test_what_is_nearly_in_our_form_is_read_so_too_or_not_at_all(markup: str) -> None:
    compare(markup)


@pytest.mark.parametrize("source", PIECES)
def test_each_piece_is_read_alike(source: str) -> None:
    compare(shield(to_html(tidy(source))))


def test_markdown_of_all_kinds_is_in_our_form() -> None:
    lines = (CORPORA / "markdownit_fixtures.jsonl").read_text(encoding="utf-8").splitlines()
    sources = [tidy(json.loads(line)["payload"]) for line in lines]
    ours = [compare(shield(to_html(source))) for source in sources]
    assert sum(ours) > 0.9 * len(ours)


@pytest.mark.parametrize("corpus", sorted(path.name for path in CORPORA.glob("*_tests.jsonl")))
def test_what_attackers_write_is_read_alike(corpus: str) -> None:
    for line in (CORPORA / corpus).read_text(encoding="utf-8").splitlines():
        compare(shield(tidy(json.loads(line)["payload"])))


@pytest.mark.parametrize(
    "markup",
    [
        *("words", "<p>", "</p>", "<p>x</p></p>", "<p><p>x</p></p>", "<p><ul></ul></p>", "<li>x</li>", "<ul>x</ul>"),
        *("<p><em><em>x</em></em></p>", '<p><a href="x"><a href="y">z</a></a></p>', "<pre>x</pre>", "<pre>\n</pre>"),
        *('<p href="x">y</p>', "<p>x</p href>", '<p>x</p href="y">', "<P>x</P>", "<p >x</p>", "<p>a & b</p>"),
        *("<p>x\ry</p>", "<p>\0</p>", "<p>a > b</p>", "<p><a href='x'>y</a></p>", "<br>", "<p><br/></p>", "<em>x</em>"),
        *("<p><table></table></p>", "<p>x</p><!-- -->", "<p><em>x</p></em>", "<blockquote>x</blockquote>"),
    ],
)
def test_the_rest_is_for_a_parser(markup: str) -> None:
    assert tokens(markup) is None
    compare(markup)


TAGGED = st.sampled_from(["StartTag", "EndTag", "EmptyTag", "Entity", "Comment", "Characters", "SpaceCharacters"])
NAMED = st.sampled_from(["p", "a", "br", "pre", "code", "script", "table", "amp", "nbsp"])
SAID = st.sampled_from(["words", " \n", "a & b", "<p>", '"', "'", "=", "&amp;", "x-- >", "", "\u00e9"])
BLANK = st.sampled_from([" ", "\n", "\t\n "])
GIVEN = st.dictionaries(st.sampled_from([(None, "href"), (None, "rel")]), SAID)


@st.composite
def told(draw: st.DrawFn) -> dict[str, Any]:
    """A token as html5lib's filters hand them on."""
    kind = draw(TAGGED)
    if "Characters" in kind or kind == "Comment":
        return {"type": kind, "data": draw(BLANK if kind == "SpaceCharacters" else SAID)}
    token = {"type": kind, "name": draw(NAMED)}
    return token | {"data": draw(GIVEN)} if kind in ("StartTag", "EmptyTag") else token


@given(st.lists(told(), max_size=6))
def test_tokens_are_written_as_html5lib_writes_them(tokens: list[dict[str, Any]]) -> None:
    ours = written(tokens)
    assert ours is None or ours == PLAIN.serializer.render(iter(tokens))


@pytest.mark.parametrize("source", PIECES)
def test_nothing_that_we_render_is_left_to_html5lib_to_write(source: str) -> None:
    markup = to_html(tidy(source))
    assert tokens(shield(markup)) is None or written(tokens(shield(markup)) or ()) is not None or "&" in markup


# The second opinion: where nh3 writes the very same, nothing is read twice.

LINKS = [f'<a href="https://a.example/" rel="{REL}">', f'<a rel="{REL}" href="https://a.example/">', f'<a rel="{REL}">']
LINKS += [f'<a href="javascript:x" rel="{REL}">', f'<a href="/x" rel="{REL}">', '<a href="https://a.example/" rel="x">']
LINKS += [f'<a href="https://a.example/?a&amp;b" rel="{REL}">', f'<a href="https://a.example/<b>" rel="{REL}">', "&lt;"]
ANYTHING = st.lists(st.sampled_from(SCRAPS + LINKS), max_size=7).map("".join)


def refusal(say: Callable[[str], None], markup: str) -> str | None:
    try:
        say(markup)
    except Refused as refused:
        return str(refused)
    return None


def same_verdict(markup: str) -> str | None:
    verdict = refusal(agree, markup)
    assert verdict == refusal(lambda each: compare_trees(each, _second.clean(each)), markup)
    return verdict


@given(ANYTHING)
def test_what_nh3_writes_alike_is_what_a_reader_finds_alike(markup: str) -> None:
    same_verdict(markup)
    same_verdict(f"<p>{markup}</p>")


@given(SOURCES)
def test_comments_are_agreed_upon_as_before(source: str) -> None:
    same_verdict(clean(to_html(tidy(source))))


@pytest.mark.parametrize(
    ("markup", "verdict"),
    [
        (f'<p><a href="https://a.example/" rel="{REL}">x</a></p>', None),
        (f'<p><a href="javascript:x" rel="{REL}">x</a></p>', "off-list"),
        ('<p><a href="https://a.example/" rel="opener">x</a></p>', "off-list"),
        ("<p><b>x</b></p>", "off-list"),
        ("<p>x", "off-list"),
        ("<p>a & b</p>", None),
        ("<p><p>x</p></p>", "disagreement"),
    ],
)
def test_there_are_verdicts_of_each_kind(markup: str, verdict: str | None) -> None:
    assert same_verdict(markup) == verdict


@given(st.from_regex(re.compile(_PLAIN.pattern.replace("}+", "}").replace("*+", "*")), fullmatch=True))
def test_what_is_plain_of_an_address_need_not_be_looked_at(url: str) -> None:
    if is_plain(url):
        assert (shaped(url), parses(url)) == (True, True)
        assert MarkdownIt.normalizeLink(PLAIN_MARKDOWN, url) == url
        assert html.escape(url) == url == html.unescape(url) == shield(url)


@pytest.mark.parametrize(
    "url", ["1.2.3.4", "a.1", "xn--a.example", "a..b", "a_b.de", "a", "A.de", "[::1]", "a.b:80", "é.de"]
)
def test_what_may_be_read_otherwise_is_not_plain(url: str) -> None:
    assert not is_plain(f"https://{url}/")
    assert is_plain(f"https://{url}.example/") is (url in ("1.2.3.4", "a.1", "a"))


@pytest.mark.parametrize("rest", ["?a=1&b=2", "/%41", "/ ", "/'", "#a#b", "?a?b", "/\\u202e", "\\\\"])
def test_what_is_to_be_mended_is_not_plain(rest: str) -> None:
    assert not is_plain(f"https://a.example{rest}")
    assert not is_plain("https://a.example/" + "a" * MAX_PLAIN)
