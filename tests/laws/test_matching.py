"""Law 5: headings and words are evidence about a section, and what is unsure is not done. For random pages."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.prose import STRANGE, section

from postil import assignment, likeness
from postil.assignment import best_assignment
from postil.likeness import Evidence, Likeness
from postil.outline import Match, OutlineSection, Verdict, match

LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEEP, UNSURE, GONE = Verdict.KEEP, Verdict.UNSURE, Verdict.GONE

headings = st.sampled_from(["Example", "Notes", "Usage", "歴史", "Step 1", "Step 2", ""])
levels = st.integers(1, 4)


def vocabulary(at: int) -> list[str]:
    """Forty words that no other vocabulary has."""
    return [f"{LETTERS[at]}{one}{other}" for one in "bcdfghkl" for other in "aeiou"]


def bodies(at: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(vocabulary(at)), min_size=20, max_size=60).map(" ".join)


@st.composite
def pages(draw: st.DrawFn, least: int = 0, most: int = 7) -> list[OutlineSection]:
    """Sections of distinct words; headings and levels may well be equal."""
    count = draw(st.integers(least, most))
    return [section(draw(headings), draw(bodies(at)), draw(levels)) for at in range(count)]


rough = st.builds(section, headings, st.sampled_from(["", "to do", "see above", "one two three"]), levels)
"""Sections as like one another as can be."""
keyed = st.builds(replace, rough, key=st.none() | st.sampled_from(["", "a", "b"]), id=st.none() | st.sampled_from("xy"))


def kept(found: list[Match]) -> list[int | None]:
    return [m.to[0] if m.decision is KEEP else None for m in found]


@given(pages())
def test_a_page_matched_with_itself_keeps_everything(sections: list[OutlineSection]) -> None:
    assert kept(match(sections, sections)) == list(range(len(sections)))


@given(st.lists(rough, max_size=9))
def test_even_equal_sections_keep_everything_on_an_unchanged_page(sections: list[OutlineSection]) -> None:
    assert kept(match(sections, sections)) == list(range(len(sections)))


@given(st.lists(rough, max_size=9))
def test_sections_with_keys_of_their_own_keep_everything_in_any_order(sections: list[OutlineSection]) -> None:
    named = [replace(s, key=f"key-{at}") for at, s in enumerate(sections)]
    assert kept(match(named, named[::-1])) == list(range(len(named)))[::-1]


@given(pages(), st.data())
def test_an_unrelated_section_more_changes_no_other_match(sections: list[OutlineSection], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sections)))
    extra = section(data.draw(headings), " ".join(STRANGE * 3))
    found = match(sections, [*sections[:at], extra, *sections[at:]])
    assert kept(found) == [i + (i >= at) for i in range(len(sections))]
    back = match([*sections[:at], extra, *sections[at:]], sections)
    assert back.pop(at).decision is not KEEP
    assert kept(back) == list(range(len(sections)))


@given(pages(), st.data())
def test_sections_of_distinct_words_are_found_in_any_order(sections: list[OutlineSection], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(sections))))
    assert kept(match(sections, [sections[i] for i in order])) == [order.index(i) for i in range(len(sections))]


@given(pages(least=2), st.data())
def test_bodies_that_were_swapped_are_never_kept_where_they_were(
    sections: list[OutlineSection], data: st.DataObject
) -> None:
    a, b = data.draw(st.permutations(range(len(sections))))[:2]
    swapped = list(sections)
    for one, other in ((a, b), (b, a)):
        swapped[one] = replace(sections[one], print=sections[other].print)
    to = kept(match(sections, swapped))
    assert to[a] != a and to[b] != b
    keys = (
        [replace(s, key=f"key-{at}") for at, s in enumerate(sections)],
        [replace(s, key=f"key-{at}") for at, s in enumerate(swapped)],
    )
    assert kept(match(*keys)) == list(range(len(sections)))


@given(st.lists(keyed, max_size=8), st.lists(keyed, max_size=8))
def test_an_answer_names_only_what_is_there_and_never_joins_two_keys(
    old: list[OutlineSection], new: list[OutlineSection]
) -> None:
    found = match(old, new)
    assert len(found) == len(old)
    for was, m in zip(old, found, strict=True):
        assert (m.decision is GONE) == (not m.to)
        assert len(set(m.to)) == len(m.to) and 0 <= m.score <= 1
        assert all(not (was.key and new[j].key) or was.key == new[j].key for j in m.to)


@given(pages(least=1), st.data())
def test_what_was_kept_comes_back_to_where_it_was_or_is_asked_about(
    old: list[OutlineSection], data: st.DataObject
) -> None:
    new = [*data.draw(st.permutations(old))[: data.draw(st.integers(1, len(old)))], section("More", STRANGE[0])]
    there, back = kept(match(old, new)), kept(match(new, old))
    assert any(j is not None for j in there)
    assert all(back[j] in (i, None) for i, j in enumerate(there) if j is not None)


# Work, counted and not timed.

HOSTILE: dict[str, Callable[[int], tuple[str, str]]] = {
    "equal in everything": lambda at: ("Example", "to do this and that"),
    "equal headings": lambda at: ("Example", f"{words(at)} {words(at + 7)}"),
    "equal bodies": lambda at: (words(at), " ".join(STRANGE * 2)),
    "empty": lambda at: ("Example", ""),
    "of few words": lambda at: ("Example", " ".join(words(at * k) for k in range(1, 20))),
    "in twenties": lambda at: ("Example", f"{' '.join(words(at % 25 + 30 * k) for k in range(20))} {words(at)}"),
}
COMPARED = {"equal headings", "equal bodies", "of few words", "in twenties"}


def words(at: int) -> str:
    return " ".join(LETTERS[at // 26**k % 26] * 3 for k in range(3))


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_page_of_500_sections_costs_a_bounded_number_of_comparisons(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    compare = Evidence._compare

    def counted(self: Evidence, i: int, j: int) -> Likeness:
        compared.append((i, j))
        return compare(self, i, j)

    monkeypatch.setattr(Evidence, "_compare", counted)
    texts = [HOSTILE[kind](at) for at in range(500)]
    new = [section(heading, f"{text} more" if text else "") for heading, text in texts[1:]]
    found = match([section(*text) for text in texts], new)
    assert len(found) == 500
    assert len(compared) <= 500 * (likeness.CANDIDATES + 4)
    assert bool(compared) == (kind in COMPARED)


@given(st.dictionaries(st.integers(0, 5), st.dictionaries(st.integers(0, 5), st.floats(0.01, 1)), max_size=6))
def test_the_assignment_is_the_best_there_is(scores: dict[int, dict[int, float]]) -> None:
    found = best_assignment(scores)
    assert len(set(found.values())) == len(found)
    assert sum(scores[row][column] for row, column in found.items()) == pytest.approx(best_sum(scores, list(scores)))


def best_sum(scores: dict[int, dict[int, float]], rows: list[int], used: frozenset[int] = frozenset()) -> float:
    """By trying everything."""
    if not rows:
        return 0.0
    without = best_sum(scores, rows[1:], used)
    options = [
        score + best_sum(scores, rows[1:], used | {column})
        for column, score in scores[rows[0]].items()
        if column not in used
    ]
    return max([without, *options])


@settings(max_examples=20)
@given(st.integers(0, 50))
def test_an_assignment_out_of_steps_still_gives_each_column_once(most_steps: int) -> None:
    scores = {row: {(row * k) % 40: 1 / (1 + k + row % 7) for k in range(1, 12)} for row in range(60)}
    found = best_assignment(scores, most_steps)
    assert len(set(found.values())) == len(found)
    assert len(found) >= 30
    assert assignment.MOST_STEPS > 50
