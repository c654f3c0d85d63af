"""When an outline is so nearly a known one that nothing needs to be weighed, and when its name is the same."""

from dataclasses import replace

import pytest
from tests.prose import ALL, BELLS, STRANGE, edited, page, section

from postil.outline import OutlineSection, nearly, outline_hash

PAGE = [section("Part A 2", ALL[0]), *page(*ALL)[1:]]


def with_second(heading: str = "Part B", text: str = ALL[1], key: str = "", id: str = "") -> list[OutlineSection]:
    return [PAGE[0], section(heading, text, key=key, id=id), *PAGE[2:]]


@pytest.mark.parametrize(
    ("other", "is_nearly"),
    [
        (PAGE, True),
        (with_second(text=f"{ALL[1]} Read 12 times on 3 May 2026."), True),
        ([replace(PAGE[0], heading="Part A 17"), *PAGE[1:]], True),
        (with_second(text=edited(ALL[1], 0.02)), True),
        (with_second(text=edited(ALL[1], 0.2)), False),
        (with_second(text=""), False),
        (with_second(heading="Part Bee"), False),
        (with_second(key="b"), False),
        (with_second(id="b"), False),
        (PAGE[:-1], False),
        ([PAGE[1], PAGE[0], *PAGE[2:]], False),
        ([replace(PAGE[0], level=3), *PAGE[1:]], False),
    ],
)
def test_a_page_is_nearly_the_same(other: list[OutlineSection], is_nearly: bool) -> None:
    assert nearly(PAGE, other) == nearly(other, PAGE) == is_nearly


def test_sections_that_only_numbers_tell_apart_are_not_nearly_the_same_one_on() -> None:
    years = [section(f"Year {year}", BELLS) for year in range(2020, 2024)]
    assert nearly(years, years)
    assert not nearly(years[:3], years[1:])
    assert not nearly([section("Year 2020"), section("Year 2021")], [section("Year 2021"), section("Year 2022")])


def test_equal_headings_over_nearly_equal_words_must_be_equal() -> None:
    one = [section("Example", BELLS), section("Example", f"{BELLS} {STRANGE[0]}")]
    assert nearly(one, one)
    assert not nearly(one, one[::-1])


@pytest.mark.parametrize("text", ["Read 12 times.", "Read 1,313 times.", "Read ١٢ times. 7"])
def test_counters_and_dates_do_not_rename_an_outline(text: str) -> None:
    assert outline_hash([section("Bells", text)]) == outline_hash([section("Bells", "Read times", id="")])
    assert outline_hash([section("Bells (3)")]) == outline_hash([section("Bells (14)")])


def test_numbers_count_where_only_they_tell_two_sections_apart() -> None:
    """Else a list of years that moved on by one would be the same page, and each thread stand under the next year."""
    years = [outline_hash([section(f"{year}", "") for year in (first, first + 1)]) for first in (2021, 2022)]
    steps = [outline_hash([section("Steps", "", id=f"step-{n}") for n in (first, first + 1)]) for first in (1, 2)]

    assert len({*years, *steps}) == 4


def test_a_word_renames_an_outline_and_so_does_a_key() -> None:
    names = [
        outline_hash([section("Bells", "Read 12 times.")]),
        outline_hash([section("Bells", "Read twelve times.")]),
        outline_hash([section("The bells", "Read 12 times.")]),
        outline_hash([section("Bells", "Read 12 times.", level=3)]),
        outline_hash([section("Bells", "Read 12 times.", id="bells")]),
        outline_hash([section("Bells", "Read 12 times.", key="k1")]),
        outline_hash([section("Bells", "Read 12 times.", key="k2")]),
    ]
    assert len(set(names)) == len(names)
