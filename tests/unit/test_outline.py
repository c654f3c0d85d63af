"""One outline's sections find their threads: the pure decision, and the name of an outline."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postil.outline import KnownSection, OutlineSection, nths, outline_hash, place

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "outline_vectors.json").read_text("utf-8"))

words = st.sampled_from(["Origins", "Method", "Examples", "", "Überblick", "歴史"])
keys = st.none() | st.sampled_from(["", "a", "b", "c"])
prints = st.none() | st.sampled_from(["AAA.", "AAB."])
headed = st.builds(OutlineSection, heading=words, level=st.integers(1, 3), id=keys, key=keys, print=prints)
whole = st.just(OutlineSection("", 0))
outlines = st.lists(headed, max_size=8) | st.tuples(whole, st.lists(headed, max_size=8)).map(
    lambda pair: [pair[0], *pair[1]]
)


def known_of(sections: list[OutlineSection]) -> list[KnownSection]:
    """What the server would know of an outline if every section of it had been spoken in."""
    return [
        KnownSection(f"id{i}", s.heading, s.level, s.id, s.key, nth)
        for i, (s, nth) in enumerate(zip(sections, nths(sections), strict=True))
    ]


@given(outlines)
def test_an_outline_placed_on_itself_keeps_every_section(sections: list[OutlineSection]) -> None:
    known = known_of(sections)
    assert place(sections, known) == [k.id for k in known]


@given(outlines, outlines)
def test_a_known_section_is_given_to_one_place_at_most(new: list[OutlineSection], old: list[OutlineSection]) -> None:
    known = known_of(old)
    placed = place(new, known)
    given_away = [i for i in placed if i is not None]
    assert len(placed) == len(new)
    assert len(given_away) == len(set(given_away))
    assert set(given_away) <= {k.id for k in known}


@given(outlines, st.randoms())
def test_the_order_in_which_known_sections_come_does_not_matter(sections: list[OutlineSection], random: object) -> None:
    known = known_of(sections)
    shuffled = list(known)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert place(sections, shuffled) == place(sections, known)


@given(outlines, outlines)
def test_the_introduction_and_a_headed_section_never_trade_threads_unless_keyed(
    new: list[OutlineSection], old: list[OutlineSection]
) -> None:
    new = [replace(s, key=None) for s in new]
    known = known_of([replace(s, key=None) for s in old])
    levels = {k.id: k.level for k in known}
    for section, found in zip(new, place(new, known), strict=True):
        if found is not None:
            assert (section.level == 0) == (levels[found] == 0)


def test_the_authors_key_outweighs_id_and_heading() -> None:
    known = [
        KnownSection("one", "Origins", 2, "origins", "k1"),
        KnownSection("two", "Method", 2, "method", "k2"),
    ]
    swapped = [OutlineSection("Origins", 2, "origins", "k2"), OutlineSection("Method", 2, "method", "k1")]
    assert place(swapped, known) == ["two", "one"]


def test_the_elements_id_outweighs_the_heading() -> None:
    known = [KnownSection("one", "Origins", 2, "origins"), KnownSection("two", "Method", 2, "method")]
    assert place([OutlineSection("Method", 2, "origins")], known) == ["one"]


def test_an_id_stays_with_its_thread_when_heading_and_level_change() -> None:
    assert place([OutlineSection("Beginnings", 3, "origins")], [KnownSection("one", "Origins", 2, "origins")]) == [
        "one"
    ]


def test_equal_headings_are_told_apart_by_their_number() -> None:
    known = [KnownSection("first", "Examples", 3, nth=0), KnownSection("third", "Examples", 3, nth=2)]
    three = [OutlineSection("Examples", 3)] * 3
    assert place(three, known) == ["first", None, "third"]


def test_equal_headings_of_another_level_are_counted_apart() -> None:
    assert nths([OutlineSection("A", 2), OutlineSection("A", 3), OutlineSection("A", 2)]) == [0, 0, 1]
    assert place([OutlineSection("A", 3)], [KnownSection("one", "A", 2)]) == [None]


def test_two_different_keys_are_never_one_section() -> None:
    known = [KnownSection("one", "Origins", 2, "origins", "k1")]
    assert place([OutlineSection("Origins", 2, "origins", "k2")], known) == [None]
    assert place([OutlineSection("Origins", 2, "origins")], known) == ["one"]


def test_an_id_that_stands_twice_on_a_page_says_nothing() -> None:
    known = [KnownSection("one", "Origins", 2, "x"), KnownSection("two", "Method", 2, "y")]
    twice = [OutlineSection("Method", 2, "x"), OutlineSection("Sources", 2, "x")]
    assert place(twice, known) == ["two", None]
    assert place([OutlineSection("Sources", 2, "x")], known) == ["one"]


def test_the_thread_of_a_whole_page_becomes_that_of_its_introduction() -> None:
    page = [KnownSection("page", "", 0)]
    assert place([OutlineSection("", 0), OutlineSection("Origins", 2)], page) == ["page", None]


def test_a_new_section_and_an_empty_outline_have_no_thread() -> None:
    known = [KnownSection("one", "Origins", 2, "origins")]
    assert place([OutlineSection("Sources", 2, "sources")], known) == [None]
    assert place([], known) == []
    assert place([OutlineSection("Origins", 2)], []) == [None]


@pytest.mark.parametrize("vector", VECTORS, ids=[v["name"] for v in VECTORS])
def test_an_outline_has_the_same_name_here_and_in_the_browser(vector: dict[str, object]) -> None:
    sections = [OutlineSection(**s) for s in vector["sections"]]  # type: ignore[attr-defined]
    assert outline_hash(sections) == vector["hash"]


def test_every_outline_of_the_vectors_has_a_name_of_its_own() -> None:
    assert len({v["hash"] for v in VECTORS}) == len(VECTORS)


@given(outlines, outlines)
def test_outlines_share_a_name_only_where_they_are_equal(one: list[OutlineSection], two: list[OutlineSection]) -> None:
    def said(sections: list[OutlineSection]) -> list[tuple[object, ...]]:
        return [(s.heading, s.level, s.id or "", s.key or "", s.print or "") for s in sections]

    assert (outline_hash(one) == outline_hash(two)) == (said(one) == said(two))


def test_digits_are_no_part_of_an_outlines_name_but_in_the_authors_keys() -> None:
    plain = OutlineSection("Chapter 1, ١٢ views", 2, "chapter-1", "key-1")
    assert outline_hash([plain]) == outline_hash([replace(plain, heading="Chapter 2, ٧ views", id="chapter-20")])
    assert outline_hash([plain]) != outline_hash([replace(plain, key="key-2")])
    assert outline_hash([plain]) != outline_hash([replace(plain, heading="Chapter Ⅰ, views")])


def test_a_print_is_part_of_an_outlines_name_and_the_words_at_its_ends_are_not() -> None:
    plain = OutlineSection("Origins", 2, "origins", print="AAA.", first="one", last="one")
    assert outline_hash([plain]) != outline_hash([replace(plain, print="AAB.")])
    assert outline_hash([plain]) == outline_hash([replace(plain, first="two", last=None)])
