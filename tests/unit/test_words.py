"""Words that a site does not want: found however they are written, and not in what only looks like them."""

import random

import pytest

from postil.shown import excerpt, is_under, shown_in
from postil.words import LONGEST, MOST_FOUND, Words, letters_in, plain_words

LIST = Words(
    ["idiot", "ass", "cunt", "god", "hell", "shit*", "*fuck*", "1488", "kill yourself", "мудак", "scum", "白痴"]
)

WRITTEN = [
    ("Only an idiot would.", "idiot"),
    ("IDIOT!", "IDIOT"),
    ("ıdíötidiot idîöt", "idîöt"),
    ("ídîöt", "ídîöt"),
    ("i̇d̶i̶o̶t̶", "i̇d̶i̶o̶t̶"),
    ("іdіоt", "іdіоt"),  # Cyrillic
    ("ıdıot", "ıdıot"),  # Turkish
    ("ＩＤＩＯＴ", "ＩＤＩＯＴ"),
    ("𝐢𝐝𝐢𝐨𝐭", "𝐢𝐝𝐢𝐨𝐭"),
    ("🅸🅳🅸🅾🆃", "🅸🅳🅸🅾🆃"),
    ("🇮🇩🇮🇴🇹", "🇮🇩🇮🇴🇹"),
    ("ⓘⓓⓘⓞⓣ", "ⓘⓓⓘⓞⓣ"),
    ("id\u200biot", "id\u200biot"),
    ("id\u00adi\u2060ot", "id\u00adi\u2060ot"),
    ("1d10t", "1d10t"),
    ("id!ot", "id!ot"),
    ("|diot", "|diot"),
    ("$hit happens", "$hit"),
    ("a$$", "a$$"),
    ("@ss!", "@ss"),
    ("a55", "a55"),
    ("i d i o t", "i d i o t"),
    ("you i d  i   o t you", "i d  i   o t"),
    ("What a i d i o t", "i d i o t"),
    ("i.d.i.o.t!", "i.d.i.o.t"),
    ("i-d-i-o-t", "i-d-i-o-t"),
    ("i_d_i_0_t", "i_d_i_0_t"),
    ("i . d . i . o . t", "i . d . i . o . t"),
    ("i\nd\ni\no\nt", "i\nd\ni\no\nt"),
    ("id-iot", "id-iot"),
    ("idiooot", "idiooot"),
    ("iiiidiot", "iiiidiot"),
    ("iddiioott", "iddiioott"),
    ("assssss", "assssss"),
    ("gooood", "gooood"),
    ("idiot2", "idiot"),
    ("4idiots idiot", "idiot"),
    ("shitty", "shitt"),
    ("motherfucker", "fuck"),
    ("k1ll  yourself", "k1ll  yourself"),
    ("kill.yourself", "kill.yourself"),
    ("МУДАК", "МУДАК"),
    ("scurn scum", "scurn"),  # rn is m to the eye
    ("scummmm", "scummmm"),
    ("你是白痴吗", "白痴"),
    ("14 or 1488", "1488"),
]

INNOCENT = [
    *(
        "Scunthorpe",
        "assassin",
        "class, pass, mass",
        "good",
        "goods",
        "Hello",
        "shell",
        "he'll",
        "He’ll",
        "as s",
        "a ss",
    ),
    *("455 people", "14888", "148 8", "as such", "hellish heaven", "Assisi", "Godot", "idiotic", "kill and yourself"),
    *("skill yourselfie", "a b c d e", "A. S. Smith", "S c u n t h o r p e", "", " ", "…", "🙂" * 10),
    *("ambassador", "1 4 8 9", "yes!", "he!!", "i d i o m", "Mud, a kind of soil", "痴人白い"),
]


@pytest.mark.parametrize(("text", "mark"), WRITTEN)
def test_a_word_is_found_however_it_is_written(text: str, mark: str) -> None:
    found = [each.mark for each in LIST.find(text)]
    assert mark in found
    assert all(each in text for each in found)


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_innocent_is_left_alone(text: str) -> None:
    assert LIST.find(text) == ()


def test_a_sentence_that_follows_without_a_blank_is_no_part_of_a_word() -> None:
    assert Words(["penis"]).find("He took the pen.Is it his?") == ()
    assert [each.mark for each in Words(["penis"]).find("a pen.is")] == ["pen.is"]


def test_a_star_says_that_more_may_follow_or_stand_before() -> None:
    assert [each.mark for each in Words(["*cunt*"]).find("Scunthorpe")] == ["cunt"]
    assert Words(["cunt*"]).find("Scunthorpe") == ()
    assert [each.mark for each in Words(["*thorpe"]).find("Scunthorpe thorpes")] == ["thorpe"]


def test_each_way_of_writing_is_told_once_and_not_too_many() -> None:
    assert [each.mark for each in LIST.find("idiot Idiot idiot")] == ["idiot", "Idiot"]
    assert len(LIST.find(" ".join("idiot" + "t" * length for length in range(3, 40)))) == MOST_FOUND


@pytest.mark.parametrize("word", ["", "*", "**", "...", "\u200b", " "])
def test_a_word_of_nothing_finds_nothing(word: str) -> None:
    assert letters_in(word) == 0
    assert Words([word]).find("anything at all . . .") == ()


HOSTILE = ["ab", "a ", "aab", "1d!", "fuc", "(.a", "i d i ", "a\u0301", "idio", "白", "@$", "f.u."]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_work_grows_with_the_text_and_no_faster(text: str) -> None:
    """A thousand words made to be begun everywhere and ended nowhere."""
    words = [f"*{'ab' * 19}{chr(97 + at % 26)}" for at in range(26)]
    words += [f"*{text * 12}z"[:LONGEST], *(f"w{at}*" for at in range(900)), "idiot", "*fuck"]
    steps = []
    for length in (5_000, 10_000):
        looking = Words(words)
        looking.find(text * (length // len(text)))
        steps.append(looking.steps)
    assert steps[1] <= 2.5 * steps[0] + LONGEST * 10  # four times would be the square
    assert steps[1] <= 6 * LONGEST * 10_000


def test_random_text_is_marked_where_it_is() -> None:
    random.seed(4)
    for _ in range(300):
        text = "".join(random.choices("idotassfuck 1!.0$@é\u200b\u0301ІЅ🙂\n", k=60))
        assert all(each.mark in text for each in LIST.find(text))


def test_words_are_plain_for_comparing() -> None:
    assert plain_words("Earn 4000 a week!") == plain_words("éаrn  7000 A week…")


def test_what_is_shown_is_text_and_links() -> None:
    links = '<a href="https://Spam.example/x/y?z=1">here</a>', '<a href="mailto:a@b.example">a</a>'
    html = f"<p>id<em>io</em>t &amp; {links[0]}<br>two</p><ul><li>mail {links[1]}</li></ul>"
    shown = shown_in(html)
    assert shown.text == "idiot & here\ntwo\nmail a"
    assert [(link.host, link.path) for link in shown.links] == [("spam.example", "/x/y"), ("b.example", "")]
    assert is_under("a.spam.example", frozenset({"spam.example"}))
    assert not is_under("aspam.example", frozenset({"spam.example"}))
    assert excerpt("a " * 500, 10) == "a a a a a…"
