"""What becomes of a thread when an owner edits: each way of editing, by example."""

from dataclasses import replace

import pytest
from tests.prose import ALL, BEES, BELLS, BREAD, OVEN, STRANGE, TIDES, TRAINS, edited, page, section

from postil.outline import Match, OutlineSection, Verdict, match

KEEP, UNSURE, GONE = Verdict.KEEP, Verdict.UNSURE, Verdict.GONE


def went(old: list[OutlineSection], new: list[OutlineSection]) -> list[tuple[Verdict, tuple[int, ...]]]:
    found = match(old, new)
    assert all(0 <= m.score <= 1 and m.reason for m in found)
    return [(m.decision, m.to) for m in found]


def test_an_unchanged_page_keeps_everything() -> None:
    assert went(page(*ALL), page(*ALL)) == [(KEEP, (i,)) for i in range(6)]


def test_a_renamed_section_is_known_by_its_words() -> None:
    new = page(*ALL)
    new[2] = section("When the water goes", TIDES)
    assert went(page(*ALL), new)[2] == (KEEP, (2,))


def test_a_moved_section_takes_its_thread_along() -> None:
    old = page(*ALL)
    assert went(old, [*old[3:], *old[:3]]) == [(KEEP, ((i + 3) % 6,)) for i in range(6)]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_an_edited_section_is_kept_under_its_heading(share: float) -> None:
    assert went(page(*ALL), page(*ALL[:3], edited(BELLS, share), *ALL[4:]))[3] == (KEEP, (3,))


def test_a_section_renamed_moved_and_edited_at_once_is_kept() -> None:
    old = page(*ALL)
    assert went(old, [section("Eight of them", edited(BELLS, 0.2)), *old[:3], *old[4:]])[3] == (KEEP, (0,))


def test_a_section_renamed_and_mostly_rewritten_is_asked_about() -> None:
    new = page(*ALL)
    new[3] = section("Eight of them", edited(BELLS, 0.6))
    assert went(page(*ALL), new)[3] == (UNSURE, (3,))


def test_a_deleted_section_is_gone_and_nothing_else_is() -> None:
    old = page(*ALL)
    found = match(old, [*old[:2], *old[3:]])
    assert found[2] == Match((), 0.0, GONE, "no section has its words")
    assert all(m.decision is KEEP for i, m in enumerate(found) if i != 2)


def test_replaced_words_under_the_same_heading_are_never_kept_in_silence() -> None:
    for others in (BEES, edited(BELLS, 1.0)):
        assert went(page(BREAD, BELLS), page(BREAD, others))[1] == (UNSURE, (1,))


def test_a_notice_that_the_words_have_moved_is_not_those_words() -> None:
    old = [section("Ringing the eight bells", BELLS), section("Bread", BREAD)]
    new = [section("Ringing the eight bells", "Ringing the eight bells has moved to another page."), old[1]]
    assert went(old, new)[0] == (UNSURE, (0,))


def test_words_that_went_to_another_heading_take_the_thread_there() -> None:
    old = [section("Bells", BELLS), section("Bees", BEES)]
    new = [section("Bells", BEES), section("Bees", BELLS)]
    assert went(old, new) == [(KEEP, (1,)), (KEEP, (0,))]


def test_the_authors_key_holds_whatever_the_words_say() -> None:
    old = [section("Bells", BELLS, key="b1"), section("Bees", BEES)]
    new = [section("Bees", BEES), section("Tides", TIDES, key="b1")]
    assert match(old, new)[0] == Match((1,), 1.0, KEEP, "the author's key")


def test_two_different_keys_are_never_one_section() -> None:
    assert went([section("Bells", BELLS, key="b1")], [section("Bells", BELLS, key="b2")]) == [(GONE, ())]
    assert went([section("Bells", BELLS, key="b1")], [section("Bells", BELLS)]) == [(KEEP, (0,))]


def test_a_key_that_occurs_twice_says_nothing() -> None:
    old = [section("Bells", BELLS, key="b"), section("Bees", BEES, key="b")]
    assert went(old, [old[1], old[0]]) == [(KEEP, (1,)), (KEEP, (0,))]
    assert went(old[:1], [section("Tides", TIDES, key="b"), section("Oven", OVEN, key="b")]) == [(GONE, ())]


def test_an_id_that_the_author_gave_is_as_good_as_a_heading() -> None:
    old = [section("Bells", BELLS, id="tower"), section("Bread", BREAD)]
    new = [section("What hangs up there", edited(BELLS, 0.6), id="tower"), section("Bread", BREAD)]
    assert went(old, new)[0] == (KEEP, (0,))
    assert went(old, [replace(new[0], id="up-there"), new[1]])[0] == (UNSURE, (0,))


def test_an_id_that_only_counts_is_no_evidence() -> None:
    old = [section(name, text, id=f"section-{i}") for i, (name, text) in enumerate(zip("ABC", ALL, strict=False))]
    new = [section(name, text, id=f"section-{i}") for i, (name, text) in enumerate(zip("XYZ", ALL[3:], strict=False))]
    assert went(old, new) == [(GONE, ())] * 3


def test_a_thread_follows_the_larger_part_of_a_split() -> None:
    old = [section("Baking", f"{BREAD} {OVEN} {TRAINS}"), section("Bells", BELLS)]
    new = [section("Baking", BREAD), section("In the oven", f"{OVEN} {TRAINS}"), section("Bells", BELLS)]
    assert went(old, new) == [(KEEP, (1, 0)), (KEEP, (2,))]
    assert match(old, new)[0].reason.startswith("split, this is the larger part: ")


def test_a_thread_stays_under_its_heading_when_the_parts_are_of_one_size() -> None:
    old = [section("Baking", f"{BREAD} {OVEN}"), section("Bells", BELLS)]
    assert went(old, [section("In the oven", OVEN), section("Baking", BREAD), old[1]])[0] == (KEEP, (1, 0))


def test_merged_sections_both_keep_to_the_new_one() -> None:
    old = [section("Baking", BREAD), section("In the oven", OVEN), section("Bells", BELLS)]
    new = [section("Baking", f"{BREAD} {OVEN}"), section("Bells", BELLS)]
    assert went(old, new) == [(KEEP, (0,)), (KEEP, (0,)), (KEEP, (1,))]
    assert any("merged with another" in m.reason for m in match(old, new)[:2])


def test_equal_headings_are_told_apart_by_their_words() -> None:
    old = page(*ALL, heading="Example")
    assert went(old, [*old[3:], *old[:3]]) == [(KEEP, ((i + 3) % 6,)) for i in range(6)]
    assert went(old, old[1:])[0] == (GONE, ())


def test_equal_headings_are_told_apart_by_those_above_them() -> None:
    def pages(one: str, other: str) -> list[OutlineSection]:
        below = section("Example", one, level=3), section("Example", other, level=3)
        return [section("Bread", BREAD), below[0], section("Tower", TRAINS), below[1]]

    new = pages(edited(OVEN, 0.5), edited(BELLS, 0.5))
    assert went(pages(OVEN, BELLS), new)[1::2] == [(KEEP, (1,)), (KEEP, (3,))]


def test_equal_headings_over_other_words_are_not_matched_by_name() -> None:
    old, new = page(*ALL[:3], heading="Example"), page(*ALL[3:], heading="Example")
    assert all(decision is not KEEP for decision, _ in went(old, new))


def test_sections_equal_in_everything_keep_their_order_while_their_number_stays() -> None:
    old = [section("Bells", BELLS), *[section("Note", "to do")] * 3, section("Bees", BEES)]
    assert went(old, old) == [(KEEP, (i,)) for i in range(5)]
    fewer = went(old, [*old[:2], *old[3:]])
    assert [decision for decision, _ in fewer] == [KEEP, UNSURE, UNSURE, UNSURE, KEEP]


def test_a_near_copy_of_a_section_does_not_take_its_thread() -> None:
    old = [section("With Python", BREAD), section("With Ruby", edited(BREAD, 0.15)), section("Bells", BELLS)]
    assert went(old, [old[1], old[2]])[0][0] is not KEEP
    assert went(old, [old[1], old[0], old[2]]) == [(KEEP, (1,)), (KEEP, (0,)), (KEEP, (2,))]


def test_empty_sections_are_their_headings() -> None:
    old = [section("Setup"), section("Bells", BELLS), section("Reference")]
    assert went(old, [old[2], old[1], old[0]]) == [(KEEP, (2,)), (KEEP, (1,)), (KEEP, (0,))]
    assert went(old, [section("Setup", BREAD), *old[1:]])[0] == (KEEP, (0,))
    assert went(old, [section("Getting going"), *old[1:]])[0] == (UNSURE, (0,))
    assert went(old, [section("Setup of bells"), *old[1:]])[0] == (KEEP, (0,))


def test_a_section_that_lost_its_words_is_asked_about() -> None:
    assert went([section("Bells", BELLS)], [section("Bells")]) == [(UNSURE, (0,))]


def test_an_introduction_matches_an_introduction() -> None:
    old = [section("", TIDES, level=0), section("Bells", BELLS)]
    assert went(old, [section("", edited(TIDES, 0.4), level=0), old[1]])[0] == (KEEP, (0,))
    assert went(old, [section("", BEES, level=0), old[1]])[0] == (UNSURE, (0,))
    assert went(old, [old[1]])[0] == (GONE, ())


def test_an_introduction_becomes_a_section_only_where_the_words_say_so() -> None:
    old = [section("", TIDES, level=0), section("Bells", BELLS)]
    assert went(old, [section("Tides", edited(TIDES, 0.1)), old[1]])[0] == (KEEP, (0,))
    assert went(old, [section("Tides", edited(TIDES, 0.5)), old[1]])[0][0] is UNSURE


def test_a_page_cut_into_sections_is_followed_to_its_larger_part() -> None:
    whole = [section("", f"{TIDES} {BELLS} {TRAINS} {BEES}", level=0)]
    cut = [section("Tides", TIDES), section("Other things", f"{BELLS} {TRAINS} {BEES}")]
    decision, to = went(whole, cut)[0]
    assert decision is UNSURE or to[0] == 1


def test_chinese_is_matched_like_anything_else() -> None:
    install = (
        "本节介绍如何在自己的服务器上安装评论系统，包括数据库的准备、反向代理的设置以及第一次启动时需要注意的事项。"
    )
    moderate = "管理员可以隐藏不合适的留言，也可以恢复被误删的内容。每一次操作都会被记录下来，方便日后查阅和撤销。"
    old = [section("安装", install), section("管理", moderate)]
    new = [section("审核留言", moderate.replace("每一次", "每次")), section("部署", install)]
    assert went(old, new) == [(KEEP, (1,)), (KEEP, (0,))]


def test_nothing_matches_nothing() -> None:
    assert match([], page(*ALL)) == []
    assert went(page(BREAD), []) == [(GONE, ())]


def test_a_reason_says_what_spoke_for_it() -> None:
    old = [section("Bells", BELLS), section("Bread", BREAD)]
    edit, replaced = (match(old, [section("Bells", text), old[1]])[0] for text in (edited(BELLS, 0.2), BEES))
    assert edit.reason.startswith("same heading, ") and edit.reason.endswith(" % of the words")
    assert replaced.reason.endswith("too little to be sure")


def test_of_two_that_are_as_likely_neither_is_taken() -> None:
    old = [section("Bells", BELLS), section("Bread", BREAD)]
    twins = [section("One", edited(BELLS, 0.2, seed=1)), section("Two", edited(BELLS, 0.2, seed=2))]
    assert went(old, [*twins, old[1]])[0][0] is UNSURE
    assert went(old, [twins[0], old[1]])[0] == (KEEP, (0,))


def test_a_few_words_that_stand_under_another_heading_now_are_asked_about() -> None:
    old = [section("Bells", "ring them at noon today"), section("Bees", "ring them at noon daily")]
    new = [section("Bells", "ring them at noon daily"), section("Bees", "ring them at noon today")]
    found = match(old, new)
    assert [m.decision for m in found] == [UNSURE, UNSURE]
    assert found[0].reason.endswith("its own words stand under another heading")


def test_what_stands_between_the_same_neighbours_needs_less_to_be_known() -> None:
    old = page(*ALL)
    other = section("Eight of them", edited(BELLS, 0.52))
    assert went(old, [*old[:3], other, *old[4:]])[3] == (KEEP, (3,))
    assert went(old, [*old[:3], *old[4:], other])[3][0] is not KEEP


def test_an_empty_chinese_heading_is_known_by_its_characters() -> None:
    old = [section("后端配置"), section("Bells", BELLS)]
    assert went(old, [section("配置文件"), old[1]])[0] == (KEEP, (0,))
    assert went(old, [section("常见问题"), old[1]])[0] == (UNSURE, (0,))


def test_an_empty_section_that_was_renamed_and_filled_is_asked_about() -> None:
    old = [section("Bells of the tower"), section("Bees", BEES)]
    assert went(old, [section("The tower", BELLS), old[1]])[0] == (UNSURE, (0,))
    assert went(old, [section("Tides", TIDES), old[1]])[0] == (GONE, ())


def test_a_remnant_of_a_long_text_is_not_that_text() -> None:
    old = [section("Everything", " ".join(ALL)), section("Left", " ".join(STRANGE))]
    remnant = " ".join(BELLS.split()[:20])
    assert went(old, [section("Everything", remnant), old[1]])[0] == (UNSURE, (0,))


def test_neighbours_that_were_edited_themselves_still_speak_for_what_is_between() -> None:
    new = page(*[edited(text, 0.2) for text in ALL])
    new[3] = section("Eight of them", edited(BELLS, 0.52))
    assert went(page(*ALL), new) == [(KEEP, (i,)) for i in range(6)]


def test_a_text_that_is_whole_within_a_larger_one_is_found_there() -> None:
    new = [section("The valley", f"{TIDES} {BELLS} {TRAINS} {OVEN}"), section("Bees", BEES)]
    assert went([section("Bells", BELLS), section("Bees", BEES)], new)[0] == (KEEP, (0,))


def test_few_words_say_little_under_another_heading() -> None:
    old, new = section("Bells", "ring it twice"), section("Bees", "ring it once")
    assert went([old], [new])[0][0] is not KEEP
    assert went([old], [replace(new, heading="Bells")])[0] == (KEEP, (0,))


def test_the_very_words_are_preferred_to_nearly_the_same() -> None:
    new = [section("One", edited(BELLS, 0.02, seed=3)), section("Two", BELLS), section("Bees", BEES)]
    assert new[0].print != new[1].print
    assert went([section("Bells", BELLS), section("Bees", BEES)], new)[0] == (KEEP, (1,))


def test_what_is_merged_into_a_section_with_a_key_is_found_there() -> None:
    old = [section("Bells", BELLS, key="b"), section("Tides", TIDES), section("Bees", BEES)]
    new = [section("Bells", f"{BELLS} {TIDES}", key="b"), section("Bees", BEES)]
    assert went(old, new) == [(KEEP, (0,)), (KEEP, (0,)), (KEEP, (1,))]
