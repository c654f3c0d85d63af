"""Any article file becomes a page with the snippet in it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postil.article import UnreadableArticle, demo_article, make_article, read_article, snippet, stylesheet

SERVICE = "http://127.0.0.1:8377"
LINES = snippet(SERVICE)


def text_of(name: str, source: str) -> str:
    return make_article(name, source.encode(), SERVICE).html.decode()


def headings(html: str) -> list[str]:
    return re.findall(r'<h2 id="[^"]+">(.*?)</h2>', html)


def test_the_snippet_is_the_two_lines_of_the_readme() -> None:
    assert LINES.splitlines() == [
        '<script async src="http://127.0.0.1:8377/postil.js"></script>',
        '<noscript><a href="http://127.0.0.1:8377/here" referrerpolicy="unsafe-url">'
        "Read and join the discussion</a></noscript>",
    ]


@given(st.binary(max_size=400).filter(lambda data: data[:2] not in (b"\xff\xfe", b"\xfe\xff")))
def test_html_goes_out_byte_for_byte_but_for_the_snippet(data: bytes) -> None:
    html = make_article("page.html", data, SERVICE).html
    assert html.replace(f"{LINES}\n".encode(), b"", 1) == data


def test_the_snippet_stands_before_the_last_end_of_the_body() -> None:
    html = text_of("page.html", "<body><pre>&lt;/body></pre><!-- </body> --><p>x</p></BODY ></html>")
    assert html.endswith(f"<p>x</p>{LINES}\n</BODY ></html>")


def test_html_without_a_body_gets_the_snippet_at_its_end() -> None:
    assert text_of("page.htm", "<p>x").endswith(f"<p>x{LINES}\n")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_html_in_utf16_gets_the_snippet_in_utf16(encoding: str) -> None:
    bom = "\ufeff".encode(encoding)
    data = bom + "<title>Ü</title><body>x</body>".encode(encoding)
    article = make_article("page.html", data, SERVICE)
    assert article.html.decode(encoding).endswith(f"<body>x{LINES}\n</body>")
    assert (article.title, article.content_type) == ("Ü", "text/html")


def test_a_charset_is_named_only_where_the_page_names_none() -> None:
    assert make_article("p.html", "<p>ü".encode(), SERVICE).content_type == "text/html; charset=utf-8"
    assert make_article("p.html", b"<meta charset=latin1><p>\xfc", SERVICE).content_type == "text/html"
    assert make_article("p.html", b"<p>\xfc", SERVICE).content_type == "text/html"


def test_a_given_page_runs_no_script_but_ours_and_fetches_nothing_foreign() -> None:
    policy = make_article("p.html", b"<p>", SERVICE).policy
    assert "default-src 'none'" in policy
    assert f"script-src {SERVICE};" in policy
    assert f"connect-src {SERVICE} ws://127.0.0.1:8377;" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy


def test_our_own_template_needs_no_inline_style() -> None:
    article = demo_article(SERVICE)
    assert "unsafe-inline" not in article.policy
    assert not re.search(rb"<style|\sstyle=|\son\w+=", article.html)


def test_the_title_of_html_is_read_from_its_head_or_its_name() -> None:
    assert make_article("p.html", b"<title>\n A &amp;\n B </title>", SERVICE).title == "A & B"
    assert make_article("page.html", b"<p>x", SERVICE).title == "page"


def test_plain_text_is_told_apart_into_title_byline_headings_and_paragraphs() -> None:
    source = "A Title\r\n\r\nby Ada 46 views\r\n\r\nAn introduction.\r\n \r\nWhy?\r\n\r\nTwo\r\nlines\r\n\r\nNo.\r\n"
    html = text_of("essay.txt", source)
    assert "<title>A Title</title>" in html and "<h1>A Title</h1>" in html
    assert '<p class="byline">by Ada <span data-postil-views>46</span> views</p>' in html
    assert headings(html) == ["Why?"]
    assert "<p>An introduction.</p>" in html and "<p>Two\nlines</p>" in html and "<p>No.</p>" in html


def test_plain_text_that_begins_with_a_paragraph_is_titled_by_its_file() -> None:
    html = text_of("notes", "It rained.\n\nA heading\n\nIt went on raining.")
    assert "<h1>notes</h1>" in html and headings(html) == ["A heading"]


def test_a_long_line_is_no_heading() -> None:
    assert headings(text_of("a.txt", f"Title\n\nby A\n\n{'long ' * 21}\n\nShort\n\nx.")) == ["Short"]


@given(st.text(max_size=200))
def test_no_text_becomes_markup(text: str) -> None:
    marked = f"<script>{text}</script>\n\n<img src=x onerror=y>\n\n{text}"
    for name in ("a.txt", "a.md"):
        html = make_article(name, marked.encode("utf-8", "replace"), SERVICE).html.decode()
        assert html.count("<script") == 1 and "<img" not in html.replace("&lt;img", "")


def test_equal_headings_get_ids_of_their_own() -> None:
    for name, source in (
        ("a.txt", "T\n\nby\n\nx.\n\nOne\n\nx.\n\nOne\n\nx.\n\nOne-2\n\nx."),
        ("a.md", "## One\n\n## One\n\n## One-2"),
    ):
        assert re.findall(r'id="([^"]+)"', text_of(name, source)) == ["one", "one-2", "one-2-2"]


def test_markdown_has_title_byline_and_headings() -> None:
    html = text_of("a.md", "# A *title*\n\n*by Ada*\n\nIntro *it is*\n\n## One `x`\n\n| a |\n|---|\n| b |\n")
    assert "<h1>A title</h1>" in html
    assert '<p class="byline">by Ada · <span data-postil-views>0</span> views</p>' in html
    assert '<h2 id="one-x">One <code>x</code></h2>' in html and "<td>b</td>" in html


def test_markdown_with_front_matter_shows_none_of_it() -> None:
    html = text_of("a.markdown", '---\ntitle: "Set elsewhere"\nauthor: Ada\nlang: de\ntags: [a, b]\n---\nText.\n')
    assert "<h1>Set elsewhere</h1>" in html and "Ada · " in html and '<html lang="de">' in html
    assert "tags" not in html


def test_html_is_known_without_its_suffix() -> None:
    assert b"&lt;" not in make_article("page", b"\n<!DOCTYPE html><p>x", SERVICE).html
    assert b"&lt;p" in make_article("page", b"some <p> in a text", SERVICE).html


@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\x93quoted\x94", b"\xef\xbb\xbfTitle", b"\x81\x8d"])
def test_any_bytes_make_a_page(data: bytes) -> None:
    for name in ("a.txt", "a.md", "a.html"):
        assert LINES.encode() in make_article(name, data, SERVICE).html


def test_old_encodings_are_read() -> None:
    assert "<h1>“Quoted”</h1>" in make_article("a.txt", b"\x93Quoted\x94", SERVICE).html.decode()
    assert "<h1>Title</h1>" in make_article("a.txt", b"\xef\xbb\xbfTitle", SERVICE).html.decode()
    assert "<h1>Ü</h1>" in make_article("a.txt", "Ü".encode("utf-16"), SERVICE).html.decode()


def test_a_file_that_is_no_article_is_refused_with_a_reason(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\0\0")
    huge = tmp_path / "a.txt"
    huge.write_bytes(b"x" * (8 * 1024 * 1024 + 1))
    for file, reason in ((picture, "not a text file"), (huge, "longer than 8 MB"), (tmp_path / "no", "cannot be read")):
        with pytest.raises(UnreadableArticle, match=reason):
            read_article(file, SERVICE)
    good = tmp_path / "b.txt"
    good.write_text("Title")
    assert read_article(good, SERVICE).title == "Title"


def test_the_shipped_article_is_a_long_essay_of_five_parts() -> None:
    article = demo_article(SERVICE)
    html = article.html.decode()
    words = re.sub(r"<[^>]+>", " ", html).split()
    parts = re.split(r"<h2", html)
    assert article.title == "Should a library be open when nobody is working in it?"
    assert len(headings(html)) == 5 and len(words) > 1300
    assert all(part.count("<p>") >= 3 for part in parts)
    assert "data-postil-views" in html and LINES in html
    assert 'href="/demo/article.css"' in html and b"light-dark(" in stylesheet()
