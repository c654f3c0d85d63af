"""What a comment shows is found by scanning where its html is in our renderer's form, and as a parser finds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.attacks.corpora import HERE, strings
from tests.unit.test_canonical import MARKUP, SOURCES

from postil.markup import REL, render
from postil.shown import _FORM, _link, _scanned, parsed, read

LINKS = ['<a href="https://a.example/?x=1&amp;y=&quot;2">', '<a href="">', f'<a href="x" rel="{REL}">', "</A>", "&lt;"]
LINKS += [
    f'<a href="https://a.example/?x=1&amp;lt;&amp;y=&#x27;2" rel="{REL}">',
    "&",
    "&amp",
    "amp;",
    '"',
    "\r",
    "&#39;",
]
ALMOST = st.tuples(MARKUP, st.lists(st.sampled_from(LINKS), max_size=5), MARKUP).map(
    lambda parts: parts[0] + "".join(parts[1]) + parts[2]
)


def is_scanned(html: str) -> bool:
    """Whether it is in the form; then both find the same in it."""
    if not _FORM.fullmatch(html):
        return False
    assert _scanned(html) == read(html)
    return True


@given(SOURCES)
def test_what_is_rendered_is_scanned(source: str) -> None:
    assert is_scanned(render(source).html)


@pytest.mark.parametrize("key", [*strings(HERE)][::4])
def test_hostile_texts_are_scanned_as_they_are_read(key: str) -> None:
    assert is_scanned(render(strings(HERE)[key]).html)


@given(ALMOST)
def test_what_is_nearly_of_the_form_is_scanned_as_it_is_read(html: str) -> None:
    is_scanned(html)


@pytest.mark.parametrize(
    "html", ["<script>a</script>", "<p", "a < b", "&copy", "<!-- -->", "<p class=a>", "<a href='x'>", "<P>", "a\rb"]
)
def test_what_is_of_another_form_is_parsed(html: str) -> None:
    assert not is_scanned(html)


HOSTS = st.lists(
    st.sampled_from(["a", "example", "www", "-", "1", ".", "é", "A", "@", ":80", "[", "]", "xn--a"]), max_size=5
)
PATHS = st.lists(st.sampled_from(["/", "a", "B", "..", "~", "%41", "?a=b", "#c", ";", " ", "\\", "é"]), max_size=5)


@given(st.sampled_from(["https://", "http://", "mailto:", "//", "HTTP://"]), HOSTS.map(".".join), PATHS.map("".join))
def test_a_simple_address_leads_where_a_parser_says(scheme: str, host: str, path: str) -> None:
    assert _link(scheme + host + path) == parsed(scheme + host + path)
