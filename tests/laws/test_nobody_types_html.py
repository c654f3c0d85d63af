"""Law 4: nobody types HTML. Random sources, and random markup for the layers that would see it if one failed."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from postil.markup import REL, TAGS, Refused, agree, alarms, clean, read, render, vet
from postil.names import MAX_NAME, clean_text, normalise, skeleton, tidy

ANY = st.text(st.characters(exclude_categories=()), max_size=300)  # lone surrogates and all

PIECES = (
    "<script> </script> <p> </p> <p onclick=x> <b> <em> </em> <code> <pre> </pre> <ul> <li> </li> <svg> <math> <style> "
    "</style> <table> <td> <select> <template> <textarea> <noscript> <iframe srcdoc=x> <!-- --> <![CDATA[ ]]> <? <br/> "
    '<a href="javascript:1"> <a href="https://a.example/"> <a href=//x> </a> <img src=x onerror=1> &lt; &amp;lt; &#60; '
    "&#x3c; &colon; &#0; javascript: https://a.example/ http://u:p@b.example mailto:a@b.example [x]( ) [x]: ![ ] ** * "
    "__ ~~ ` ``` > - 1. 2. --- | \\ ( < > \" ' {{x}} \u202e \u0301 \ufdd0 \ufdd1 \x00 \ud800 é 漢"
).split(" ")
MIXED = st.lists(st.sampled_from([*PIECES, "\n", "\n\n", "    ", " ", "\t", "\r"]) | ANY, max_size=40).map("".join)
WORDS = st.text("abcdefghij àéîøüßжшщ漢字かな٠١٢ अआइ 🙂", max_size=200)


def all_listed(html: str) -> bool:
    """As the tests see it, not as the code does."""
    nodes = read(html)
    assert nodes is not None
    for kind, tag, attributes in nodes:
        assert kind == "text" or tag in TAGS
        assert not attributes or tag == "a"
        given = dict(attributes)
        assert not given or given == {"href": given["href"], "rel": REL}
        assert not given or re.match(r"(https?://|mailto:)[!-~]+\Z", given["href"] or "")
    return True


@settings(max_examples=200, deadline=None)
@given(ANY | MIXED)
@example("\ud800")
@example("&#" + "9" * 5_000 + ";")
@example('<a href="&#' + "9" * 5_000 + ';">')
def test_any_source_becomes_listed_nodes_and_nothing_raises(source: str) -> None:
    rendered = render(source)

    assert all_listed(rendered.html)
    rendered.html.encode()


@settings(max_examples=200, deadline=None)
@given(MIXED)
def test_no_source_makes_two_parsers_disagree(source: str) -> None:
    before = alarms["disagreement"] + alarms["off-list"]
    render(source)
    assert alarms["disagreement"] + alarms["off-list"] == before


@settings(max_examples=200, deadline=None)
@given(MIXED)
def test_the_cleaner_alone_leaves_only_listed_nodes(markup: str) -> None:
    nodes = read(clean(tidy(markup))) or []
    assert all(kind == "text" or tag in TAGS for kind, tag, _ in nodes)
    assert all(vet(value or "") for _, _, attributes in nodes for name, value in attributes if name == "href")


@settings(max_examples=200, deadline=None)
@given(MIXED)
def test_cleaning_twice_is_cleaning_once(markup: str) -> None:
    once = clean(tidy(markup))
    twice = clean(once)
    newline = re.compile(r"<pre>\n*")  # a newline that opens a <pre> is dropped by every HTML parser
    assert newline.sub("<pre>", twice) == newline.sub("<pre>", once)


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_words_without_markup_read_as_typed(words: str) -> None:
    nodes = read(render(words).html) or []
    shown = "".join(text for kind, text, _ in nodes if kind == "text")
    assert shown.split() == words.split()


@settings(max_examples=200, deadline=None)
@given(MIXED)
def test_what_the_gate_agrees_to_is_listed(markup: str) -> None:
    try:
        agree(tidy(markup))
    except Refused:
        return
    assert all_listed(tidy(markup))


@settings(max_examples=200, deadline=None)
@given(MIXED | ANY)
def test_every_other_field_is_text_on_one_line(value: str) -> None:
    text = clean_text(value, MAX_NAME)
    assert len(text) <= MAX_NAME
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\u2028\u2029]", text)
    skeleton(text)
    if any(char.isalnum() for char in text):
        assert clean_text(normalise(text), MAX_NAME) == normalise(text) == normalise(normalise(text))
