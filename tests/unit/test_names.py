"""Names are what they look like; whoever looks like another name is found out."""

import unicodedata

import pytest

from postil.errors import Invalid, TooLong
from postil.names import MAX_MARKS, MAX_NAME, clean_text, normalise, skeleton

STAFF = "Moderator"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada \t\n Lovelace\u00a0\u3000", "Ada Lovelace"),
        ("Ren\u0065\u0301e", "Ren\u00e9e"),
        ("A\x00d\x1ba\x7f\x9b", "Ada"),
        ("\u202eadA\u202c \u2066x\u2069\u200e\u061c", "adA x"),
        ("A\u200bd\u2060a\ufeff\u00ad\u034f\u3164\ufe0f", "Ada"),
        ("A\u200dda\u200c", "Ada"),
        ("A\ud800da\uffff", "Ada"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("Z" + "\u0317" * 50 + "algo", "Z" + "\u0317" * MAX_MARKS + "algo"),
        ("<b>Ada</b> & co", "<b>Ada</b> & co"),
        ("李 小龍", "李 小龍"),
        ("🙂", "🙂"),
    ],
)
def test_a_name_is_kept_as_it_is_seen(typed: str, kept: str) -> None:
    assert normalise(typed) == kept
    assert normalise(kept) == kept


@pytest.mark.parametrize(
    "typed", ["", "  ", "\u200b", "\u3164\u2800", "\u202e\u202c", "\u0301", "\x00", "\u200d", "\ud800"]
)
def test_a_name_nobody_can_see_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise(typed)
    assert (refused.value.field, refused.value.code) == ("name", "invalid")


def test_a_name_has_an_end() -> None:
    assert normalise("a" * MAX_NAME) == "a" * MAX_NAME
    assert normalise("a" * MAX_NAME + " " * 500) == "a" * MAX_NAME
    for long in ("a" * (MAX_NAME + 1), "a" + "\u200b" * 10_000 + "b", "é" * 100_000):
        with pytest.raises(TooLong):
            normalise(long)


def alphabet(first_capital: int, first_small: int) -> dict[str, str | int | None]:
    letters = range(26)
    both = [(65 + n, first_capital + n) for n in letters] + [(97 + n, first_small + n) for n in letters]
    return {chr(plain): chr(other) for plain, other in both}


# Letters of mathematics, wide ones and ringed ones: 26 capitals, then 26 small ones.
MATHEMATICAL = [0x1D400 + 52 * n for n in (0, 2, 4, 6, 8, 9, 10, 11, 12)]  # those without gaps
ALPHABETS = [alphabet(start, start + 26) for start in MATHEMATICAL] + [
    alphabet(0xFF21, 0xFF41),
    alphabet(0x24B6, 0x24D0),
]
LOOK_ALIKES = {
    "M": "МΜϺⅯℳ𐊰𐌑",
    "m": "ⅿ",
    "o": "оοօ०0ОΟσ𐐬ዐ",
    "d": "ԁⅾᏧꓒ",
    "e": "еҽ℮ėẹ",
    "r": "гᴦⲅꭇ",
    "a": "аαɑåạ",
    "t": "тᴛ",
}


def look_alikes() -> set[str]:
    others = {STAFF.translate(str.maketrans(letters)) for letters in ALPHABETS}
    for letters in ALPHABETS:
        others |= {STAFF[:n] + str(letters[char]) + STAFF[n + 1 :] for n, char in enumerate(STAFF)}
    for n, char in enumerate(STAFF):
        others |= {STAFF[:n] + other + STAFF[n + 1 :] for other in LOOK_ALIKES[char]}
        others |= {
            STAFF[:n] + unseen + STAFF[n:] for unseen in "\u200b\u200d\u2060\ufeff\u00ad\u034f\u3164\ufe0f\u202e"
        }
        others |= {STAFF[:n] + mark + STAFF[n:] for mark in ("\u0323", "\u0301", " ", ".", "_", "-", "'", "\u00b7")}
    return others | {
        "moderator",
        "MODERATOR",
        "mODERATOR",
        "rnoderator",
        "M0DERAT0R",
        "Mod erator",
        "★ Moderator ★",
        "Мoderаtor",
    }


@pytest.mark.parametrize("other", sorted(look_alikes() - {STAFF}), ids=ascii)
def test_a_look_alike_is_found_out(other: str) -> None:
    assert skeleton(other) == skeleton(STAFF)


def test_there_are_enough_look_alikes() -> None:
    assert len(look_alikes()) >= 300


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Illy", "lIly"),
        ("O'Neil", "0 Neil"),
        ("Иван", "иван"),
        ("Σωκράτης", "ΣΩΚΡΑΤΗΣ"),
        ("Владимир", "ВЛАДИМИР"),
        ("strasse", "Straße"),
        ("Ivvan", "lwan"),
    ],
)
def test_case_and_stroke_do_not_tell_names_apart(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


DIFFERENT = [
    "Moderator",
    "Moderation",
    "Nina",
    "Vina",
    "Sam",
    "Pam",
    "Иван",
    "Ивана",
    "Владимир",
    "李小龍",
    "李小",
    "田中",
]
DIFFERENT += [
    "علی",
    "على رضا",
    "राम",
    "रमा",
    "राज",
    "🙂",
    "🙃",
    "Anna",
    "Hanna",
    "x",
    "y",
    "2",
    "5",
    "ada",
    "bob",
    "김",
    "박",
]


def test_names_that_do_not_look_alike_stay_apart() -> None:
    """The control: a skeleton that is always empty would pass everything above."""
    assert len({skeleton(name) for name in DIFFERENT}) == len(DIFFERENT)
    assert all(skeleton(name) for name in DIFFERENT)


def test_one_line_of_text_has_no_controls_and_an_end() -> None:
    assert clean_text(" A\r\nheading\x00 \u202ewith\u202c\u2028more\x85 ", 300) == "A heading with more"
    assert clean_text("<script>alert(1)</script>", 300) == "<script>alert(1)</script>"
    assert clean_text("abc def", 4) == "abc"
    assert clean_text("علی\u200cرضا 👩\u200d💻", 300) == "علی\u200cرضا 👩\u200d💻"
    assert clean_text("a\ud800\udfffb", 300) == "ab"
    assert clean_text("x" * 100_000, 300) == "x" * 300
    assert unicodedata.is_normalized("NFC", clean_text("e\u0301" * 10, 300))
