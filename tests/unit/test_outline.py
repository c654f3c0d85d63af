"""The name of an outline."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postil.outline import OutlineSection, outline_hash

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "outline_vectors.json").read_text("utf-8"))

words = st.sampled_from(["Origins", "Method", "Examples", "", "Überblick", "歴史"])
keys = st.none() | st.sampled_from(["", "a", "b", "c"])
prints = st.none() | st.sampled_from(["AAA.", "AAB."])
headed = st.builds(OutlineSection, heading=words, level=st.integers(1, 3), id=keys, key=keys, print=prints)
whole = st.just(OutlineSection("", 0))
outlines = st.lists(headed, max_size=8) | st.tuples(whole, st.lists(headed, max_size=8)).map(
    lambda pair: [pair[0], *pair[1]]
)


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
