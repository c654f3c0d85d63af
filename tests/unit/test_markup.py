"""Each layer of `markup` by itself, fed what it is there to stop; and that render() goes through each of them."""

from collections.abc import Callable

import pytest

from postil.markup import REL, Refused, agree, alarms, clean, read, render, to_html, vet
from postil.names import tidy
from postil.rendered import Rendered


def untouched(html: str) -> str:
    """A layer left out."""
    return html


def link(href: str, text: str) -> str:
    return f'<a href="{href}" rel="{REL}">{text}</a>'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("plain words", "<p>plain words</p>\n"),
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        (
            "> said\n> > before",
            "<blockquote>\n<p>said</p>\n<blockquote>\n<p>before</p>\n</blockquote>\n</blockquote>\n",
        ),
        ("```js\nlet a = '<b>'\n```", "<pre><code>let a = '&lt;b&gt;'\n</code></pre>\n"),
        ("---", "<hr>\n"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(source: str, html: str) -> None:
    assert render(source) == Rendered(html, fallback=False)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1984. A good year", "1984. A good year"),
        ("# 1 reason", "# 1 reason"),
        ("&amp;lt; and `&lt;`", "&lt; and &lt;"),
        ('AT&T said "no" & <left>', 'AT&T said "no" & <left>'),
        ("![x](/picture.png)", "![x](/picture.png)"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("Wow\\![x](https://a.example/)", "Wow!x"),
    ],
)
def test_what_is_not_markup_reads_as_typed(source: str, text: str) -> None:
    nodes = read(render(source).html) or []
    shown = "".join(words for kind, words, _ in nodes if kind == "text")
    assert shown.strip() == text


def test_an_image_is_a_link_told_by_its_words() -> None:
    assert render("![a *cat*](https://a.example/cat.png)").html == (
        f"<p>{link('https://a.example/cat.png', 'a <em>cat</em>')}</p>\n"
    )


# Layer: tidy


@pytest.mark.parametrize(
    ("source", "tidied"),
    [
        ("a\r\nb\rc\x85d", "a\nb\nc\nd"),
        ("a\x00b\x1bc\x7fd\x9fe", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("a\ud800b\udfffc", "a\ufffdb\ufffdc"),
        ("\ufdd0\ufdd1\ufdd2\uffff", "\ufffd" * 4),
        ("tab\tstays", "tab\tstays"),
        ("Z" + "\u0301" * 100, "Z" + "\u0301" * 4),
        ("Z" + "\u0301\u200d" * 100, "Z" + "\u0301\u200d" * 4),
        ("tiếng Việt, e\u0302\u0301", "tiếng Việt, e\u0302\u0301"),
    ],
)
def test_controls_surrogates_and_towers_of_marks_are_tidied_away(source: str, tidied: str) -> None:
    assert tidy(source) == tidied
    assert not any(char in render(source).html for char in "\r\x00\x1b\x7f\x9f\ud800\udfff\ufdd0\ufdd1\ufdd2")


# Layer: markdown, raw HTML off


@pytest.mark.parametrize(
    "raw",
    ["<script>alert(1)</script>", "a <b onclick=x>b</b>", "<!-- x -->", "<?php ?>", "<![CDATA[x]]>", "<div>\n\n*a*"],
)
def test_markdown_lets_no_raw_html_through(raw: str) -> None:
    """On its own, with no cleaner behind it; and not by dropping it: it reads as typed."""
    assert not {tag for kind, tag, _ in read(to_html(raw)) or [("start", "unsound", ())] if kind == "start"} - {
        "p",
        "em",
    }
    assert raw.partition(">")[0].replace("<", "&lt;") in render(raw).html


def test_markdown_makes_no_link_that_was_not_vetted() -> None:
    for url in ("javascript:1", "/relative", "//host", "ftp://a.example", "https://u:p@a.example/"):
        assert "<a" not in to_html(f"[x]({url}) [y][z]\n\n[z]: {url}")
        assert "<a" not in to_html(f"<{url}>")


# Layer: the cleaner


@pytest.mark.parametrize(
    ("hostile", "cleaned"),
    [
        ("<script>alert(1)</script>", "alert(1)"),
        ("<p onclick=x style=y class=z id=i title=t>a</p>", "<p>a</p>"),
        ("<img src=x onerror=alert(1)>b", "b"),
        ("<!-- c --><b>d</b>", "d"),
        ("<svg><p>e</p></svg>", "<p>e</p>"),
        ('<ol start="9" reversed><li value="3">f</li></ol>', "<ol><li>f</li></ol>"),
        ("<code class=language-x>g</code>", "<code>g</code>"),
        ("&amp;lt;b&amp;gt; &lt;i&gt;", "&amp;lt;b&amp;gt; &lt;i&gt;"),
        ("\ufdd1script\ufdd2", "\ufffdscript\ufffd"),
    ],
)
def test_the_cleaner_keeps_only_the_list(hostile: str, cleaned: str) -> None:
    assert clean(hostile) == cleaned


VETTED = [
    "http://a.example",
    "https://a.example/",
    "HTTPS://A.example:8080/p/a(t)h?q=1&r=%20#f",
    "https://127.0.0.1/",
    "http://[::1]:80/x",
    "https://xn--e1afmkfd.xn--p1ai/",
    "mailto:some.one+tag@a.example",
]
REFUSED = [
    "",
    "javascript:alert(1)",
    "javascript:123",
    "javascript:`Привет 1`",
    "JaVaScRiPt:1",
    "java\tscript:1",
    "data:text/html,x",
    "tel:5551234",
    "ftp://a.example/",
    "vbscript:1",
    "blob:https://a.example/1",
    "/admin/delete",
    "//evil.example/x",
    "relative",
    "#fragment",
    "https:/a.example",
    "https:a.example",
    "https:\\\\a.example",
    "https://a.example\\@evil.example/",
    "https://user@a.example/",
    "https://user:pw@a.example/",
    "https://",
    "https:///a.example",
    "https://a..example/",
    "https://a.example:999999/",
    "https://0x1ffffffff/",
    "https://[::1.]/",
    " https://a.example/",
    "https://a.example/ ",
    "https://a.example/\n",
    "https://a.example/\u202egnp.exe",
    "https://a.example/\u200b",
    "https://a.example/\xa0",
    "https://a.example/é",
    "https://a.example/{{x}}",
    "https://a.example/'onclick=`x`",
    'https://a.example/"onclick=x',
    "https://\u212a.example/",
    "http\u017f://a.example/",
    "https://a.example/" + "x" * 2_000,
    "mailto:a@b?bcc=c@d",
    "mailto:a",
    "mailto:a@b@c",
]


@pytest.mark.parametrize("url", VETTED)
def test_a_plain_absolute_address_is_vetted(url: str) -> None:
    escaped = url.replace("&", "&amp;")
    assert vet(url)
    assert clean(f'<a href="{escaped}">x</a>') == link(escaped, "x")


@pytest.mark.parametrize("url", REFUSED)
def test_the_cleaner_takes_away_an_address_that_is_not_vetted(url: str) -> None:
    quoted = url.replace("&", "&amp;").replace('"', "&quot;")
    assert not vet(url)
    assert clean(f'<a href="{quoted}">x</a>') == "<a>x</a>"


def test_an_address_is_vetted_as_the_browser_reads_it() -> None:
    for spelled in (
        "&#106;avascript:1",
        "javascript&colon;1",
        "&#x6A;&#x61;vascript&#58;1",
        "https://a.example/&#x202e;",
    ):
        assert clean(f'<a href="{spelled}">x</a>') == "<a>x</a>"


# Layer: bare addresses become links


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see https://a.example/x.", f"see {link('https://a.example/x', 'https://a.example/x')}."),
        ("(https://a.example/A_(b))", f"({link('https://a.example/A_(b)', 'https://a.example/A_(b)')})"),
        (
            "http://a.example/?a=1&amp;b=2!",
            f"{link('http://a.example/?a=1&amp;b=2', 'http://a.example/?a=1&amp;b=2')}!",
        ),
        ("http://a.example/&lt;b&gt;", f"{link('http://a.example/', 'http://a.example/')}&lt;b&gt;"),
        ("https://пример.example/я", link("https://xn--e1afmkfd.example/%D1%8F", "https://пример.example/я")),
        ("<pre><code>https://a.example/</code></pre>", "<pre><code>https://a.example/</code></pre>"),
        ("a@b.example ftp://a.example www.a.example", "a@b.example ftp://a.example www.a.example"),
    ],
)
def test_a_bare_address_becomes_a_link(text: str, html: str) -> None:
    assert clean(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "http://user:pw@a.example/",
        "http://a..example/",
        "http://a.example:999999/",
        "https://[::1.]",
        "https://http://!!",
    ],
)
def test_a_bare_address_is_vetted_before_it_becomes_a_link(text: str) -> None:
    assert clean(f"<p>{text}</p>") == f"<p>{text}</p>"


# Layer: the second opinion


@pytest.mark.parametrize(
    "markup",
    [
        "<script>x</script>",
        "<p title=x>a</p>",
        "<p>a<!-- c --></p>",
        "<p>a",
        "a</p>",
        "<p><em>a</p></em>",
        "<br/>",
        "<![if x]>",
        "<!doctype html>",
        "<?php ?>",
        '<a href="https://a.example/">no rel</a>',
        f'<a rel="{REL}">no href</a>',
        f'<a href="javascript:1" rel="{REL}">x</a>',
        f'<a href="https://a.example/" rel="{REL}" target="_blank">x</a>',
        f'<p href="https://a.example/" rel="{REL}">x</p>',
        "&#" + "9" * 5_000 + ";",
    ],
)
def test_what_is_off_the_list_is_refused_whoever_cleaned_it(markup: str) -> None:
    with pytest.raises(Refused, match="off-list"):
        agree(markup)


@pytest.mark.parametrize(
    "markup",
    [
        "<p>a<p>b</p></p>",
        "<p>a<ul><li>b</li></ul></p>",
        f"{link('https://a.example/', 'x' + link('https://b.example/', 'y'))}",
        "<pre>\na</pre>",
        "a\x00b",
    ],
)
def test_what_another_parser_reads_otherwise_is_refused(markup: str) -> None:
    """All of it is on the list. Only the trees differ."""
    with pytest.raises(Refused, match="disagreement"):
        agree(markup)


def test_what_all_read_alike_is_agreed() -> None:
    agree(f"<p>a &lt; b &amp; <em>c</em><br>\n{link('https://a.example/?a=1&amp;b=2', '<code>x</code>')}</p><hr>")


# All of them are on the way


def counted(reason: str, source: str, **layers: Callable[[str], str]) -> Rendered:
    before = alarms[reason]
    rendered = render(source, **layers)
    assert alarms[reason] == before + 1
    return rendered


def test_without_markdown_the_cleaner_still_stands() -> None:
    assert render("<p onclick=x>a<script>b</script></p>", to_html=untouched).html == "<p>ab</p>"


def test_without_the_cleaner_the_gate_still_stands() -> None:
    assert counted("off-list", "[x](https://a.example/)", clean=untouched).fallback


def test_without_either_the_comment_is_text() -> None:
    rendered = counted("off-list", "<img src=x onerror=alert(1)>\n& more", to_html=untouched, clean=untouched)
    assert rendered == Rendered("<p>&lt;img src=x onerror=alert(1)&gt;<br>&amp; more</p>", fallback=True)


def test_a_disagreement_makes_the_comment_text() -> None:
    assert counted("disagreement", "<p>a<p>b</p></p>", to_html=untouched, clean=untouched).fallback


def test_a_parser_that_breaks_costs_one_comment_its_markup() -> None:
    def broken(_: str) -> str:
        raise RecursionError

    assert counted("RecursionError", "a <b>", to_html=broken) == Rendered("<p>a &lt;b&gt;</p>", fallback=True)
