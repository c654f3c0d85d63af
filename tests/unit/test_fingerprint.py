"""What the server learns of a section's words, and that the browser would say the same."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postil.fingerprint import MOST_PAIRS, MOST_WORDS, Sketch, fingerprint, read_print, words_of

BROKEN = [None, "", ".", "abc", "AAB.AAAA", "AAB.é==", "AACAAB.", "AABAAB.", "AAB." + "AAB" * 101]
VECTORS = json.loads((Path(__file__).parents[1] / "data" / "fingerprint_vectors.json").read_text("utf-8"))

texts = st.text() | st.lists(st.sampled_from("the a margin note of words 歴史 इतिहास don't 12 —".split())).map(" ".join)


def sketch(text: str) -> Sketch:
    read = read_print(fingerprint(text).print)
    assert read is not None
    return read


@pytest.mark.parametrize("vector", VECTORS, ids=[str(i) for i in range(len(VECTORS))])
def test_the_shared_vectors_hold(vector: dict[str, str]) -> None:
    assert fingerprint(vector["text"])._asdict() == {key: vector[key] for key in ("print", "first", "last")}


@given(texts)
def test_a_print_is_short_plain_and_can_be_read_again(text: str) -> None:
    made = fingerprint(text)
    assert len(made.print) <= 700
    assert set(made.print) <= set(string.ascii_letters + string.digits + "-_.")
    assert max(len(made.first), len(made.last)) <= 120
    assert (read_print(made.print) is not None) == bool(words_of(text))


@given(texts, st.integers())
def test_digits_case_and_punctuation_change_nothing(text: str, number: int) -> None:
    said = f"{text} words"
    assert fingerprint(f"{number}, {said}! {number}") == fingerprint(said)
    assert fingerprint(f"{said} more").print != fingerprint(said).print


def test_forms_of_one_text_have_one_fingerprint() -> None:
    assert fingerprint("E\u0301te\u0301 and in\u00adstall") == fingerprint("été AND install")
    assert fingerprint("ﾊﾝｶｸ") == fingerprint("ハンカク")
    assert fingerprint("ete and install") != fingerprint("été and install")


def test_scripts_without_spaces_are_told_by_their_pairs_of_characters() -> None:
    one, other = (
        read_print(fingerprint("安装和配置评论系统").print),
        read_print(fingerprint("配置评论系统和安装").print),
    )
    assert one is not None and other is not None
    assert len(one.words.values & other.words.values) == 6
    assert one.words.values != other.words.values


def test_samples_of_long_texts_are_of_the_same_words() -> None:
    long = read_print(
        fingerprint(" ".join(f"{a}{b}{c}" for a in "abcdefgh" for b in "ijklmno" for c in "pqrstuv")).print
    )
    part = read_print(fingerprint(" ".join(f"a{b}{c}" for b in "ijklmno" for c in "pqrstuv")).print)
    assert long is not None and part is not None
    assert (len(long.words.values), len(long.pairs.values)) == (MOST_WORDS, MOST_PAIRS)
    assert len(part.words.values) == 49
    assert {value for value in part.words.values if value < long.words.end} <= long.words.values


@pytest.mark.parametrize(
    "text", [None, "", ".", "abc", "AAB.AAAA", "AAB.é==", "AACAAB.", "AABAAB.", "AAB." + "AAA" * 101]
)
def test_what_is_no_print_is_as_good_as_none(text: str | None) -> None:
    assert read_print(text) is None
    assert read_print("AAB.") is not None
