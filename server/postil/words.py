"""Words that a site does not want, found however they are written. Pure, and linear in the text.

A text is read in several ways at once, since one sign is a letter here and a full stop there:

    as digits       1d10t, idi0t                  digits are the letters they look like
    bare            idiot2, 4idiot                digits part words, as signs do
    as signs        !diot, $hit, a@@              signs are letters where they stand at or between letters
    joined          i.d.i.o.t, id-iot             signs inside a word are nothing
    spaced          i d i o t, i . d . i . o . t  single letters in a row are one word

In all of them accents, case, width, invisible characters and letters of other scripts that look alike are nothing.
A letter may be there more often than the word has it: three times and more, or twice, where the word is long enough
(`god` is not in `good`). A word is found whole: `cunt` is not in `Scunthorpe`, unless written as `*cunt*`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from postil.names import SAME_STROKE, bare, is_unseen, look_alike

MOST_WORDS = 1_000
LONGEST = 40  # letters of a word on the list: the work for each letter of a text is at most that
MOST_FOUND = 10

_DIGITS = str.maketrans("0123456789", "olzeasgtbg")
_SIGNS = {"@": "a", "$": "s", "€": "e", "£": "l", "!": "l", "¡": "l", "+": "t", "|": "l", "§": "s", "¢": "c"}
_AT_END = frozenset("@$€£§¢")  # letters at the end of a word too, where ! ends a sentence
_APOSTROPHES = frozenset("'’‘`´ʼ")
_SIGN_INSIDE = re.compile(r"[^\W_](?:[^\w\s]|_)[^\W_]")
_SPACED = 3  # letters in a row, from which on they are a word
_LONG_ENOUGH = 5  # letters of a word in which one doubled letter is no other word
_BOXED = ((0x1F1E6, 26), (0x1F150, 26), (0x1F170, 26), (0x1F130, 26))  # letters in flags and boxes
# Scripts that put no blanks between words: Thai to Khmer, kana, Han.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A word of the list, and how the text has it."""

    word: str
    mark: str


class _Sign(NamedTuple):
    """One letter of a reading: how often in a row, and where in the text. `letter` is " " between words."""

    letter: str
    run: int = 1
    start: int = 0
    end: int = 0
    is_letter: bool = False


_GAP = _Sign(" ")
_Reading = Sequence[_Sign]


@dataclass(slots=True)
class _Node:
    """A place in the tree of words; `ends` are those that are complete here."""

    then: dict[str, "_Node"] = field(default_factory=dict)
    ends: list["_Word"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Word:
    written: str
    runs: tuple[int, ...]
    open_start: bool
    open_end: bool
    numeric: bool


class Words:
    """A list of words, ready to be looked for. `written` with * at an end: more may follow (or stand before)."""

    def __init__(self, written: Sequence[str]) -> None:
        self.steps = 0  # how much work it was: tests bound it
        self._anchored, self._floating = _Node(), _Node()
        for word in written[:MOST_WORDS]:
            self._add(word)

    def _add(self, written: str) -> None:
        body = written.strip("*")
        letters = _trimmed(_reading(body, digits=True))
        if not letters:
            return
        unspaced = any(low <= ord(char) <= high for char in body for low, high in _UNSPACED)
        word = _Word(
            written,
            tuple(each.run for each in letters),
            written.startswith("*") or unspaced,
            written.endswith("*") or unspaced,
            not any(each.is_letter for each in letters),
        )
        node = self._floating if word.open_start else self._anchored
        for each in letters:
            node = node.then.setdefault(each.letter, _Node())
        node.ends.append(word)

    def find(self, text: str) -> tuple[Found, ...]:
        """What is found, at most MOST_FOUND, in the order of the text; each way of writing it once."""
        found: dict[tuple[int, int], str] = {}
        seen: list[_Reading] = []
        for reading in _readings(text):
            if reading in seen:
                continue
            seen.append(reading)
            for start, end, word in self._matches(reading):
                found.setdefault((start, end), word)
        marks = {text[start:end]: word for (start, end), word in sorted(found.items())}
        return tuple(Found(word, mark) for mark, word in list(marks.items())[:MOST_FOUND])

    def _matches(self, reading: _Reading) -> Iterator[tuple[int, int, str]]:
        before = " "
        for at, each in enumerate(reading):
            if each.letter != " ":
                if before == " ":
                    yield from self._walk(self._anchored, reading, at)
                if self._floating.then:
                    yield from self._walk(self._floating, reading, at)
            before = each.letter

    def _walk(self, node: _Node, reading: _Reading, at: int) -> Iterator[tuple[int, int, str]]:
        for end in range(at, min(at + LONGEST, len(reading))):
            self.steps += 1
            found = node.then.get(reading[end].letter)
            if found is None:
                return
            node = found
            for word in node.ends:
                whole = end + 1 == len(reading) or reading[end + 1].letter == " "
                if (whole or word.open_end) and _fits(word, reading[at : end + 1]):
                    yield reading[at].start, reading[end].end, word.written


@lru_cache(maxsize=64)
def words_of(written: tuple[str, ...]) -> Words:
    """The same, remembered."""
    return Words(written)


def letters_in(word: str) -> int:
    """How many letters of a word for the list are left when it is read; more than LONGEST are too many."""
    return len(_trimmed(_reading(word.strip("*"), digits=True)))


def plain_words(text: str) -> list[str]:
    """The words of a text as they sound: without case, accents, look-alikes; digits are all one."""
    return "".join(each.letter for each in _reading(text, numbers=True)).split()


def _fits(word: _Word, letters: Sequence[_Sign]) -> bool:
    """Whether the letters are there as often as they must, and not oftener than somebody would who means another."""
    if word.numeric or not any(each.is_letter for each in letters):
        # Numbers mean what they say: 1488 is not 14888, and 455 is no word.
        return (
            word.numeric
            and not any(each.is_letter for each in letters)
            and all(each.run == run for each, run in zip(letters, word.runs, strict=True))
        )
    more = [each.run - run for each, run in zip(letters, word.runs, strict=True)]
    if min(more) < 0:
        return False
    # Where something may follow, or stand before, it may begin with the same letter.
    more[-1] *= not word.open_end
    more[0] *= not word.open_start
    doubled = sum(extra > 0 for extra in more)
    drawn = any(extra and each.run >= 3 for each, extra in zip(letters, more, strict=True))
    return not doubled or drawn or doubled >= 2 or len(letters) >= _LONG_ENOUGH


def _readings(text: str) -> Iterator[_Reading]:
    plain = _units(text, digits=True)
    yield _runs(plain)
    if any(map(str.isdecimal, text)):
        yield _reading(text)
    signs = plain if _SIGNS.keys().isdisjoint(text) else _units(text, digits=True, signs=True)
    if signs is not plain:
        yield _runs(signs)
    if _SIGN_INSIDE.search(text):
        yield _runs(_units(text, digits=True, joined=True))
    yield _runs(_spaced(signs))


def _reading(text: str, *, digits: bool = False, numbers: bool = False) -> list[_Sign]:
    return _runs(_units(text, digits=digits, numbers=numbers))


class _Unit(NamedTuple):
    """A character of the text that is read, and as which letters; " " parts words."""

    letters: str
    start: int
    end: int
    is_letter: bool = False


def _units(
    text: str, *, digits: bool = False, numbers: bool = False, signs: bool = False, joined: bool = False
) -> list[_Unit]:
    """A text's characters. `digits` are letters, or (`numbers`) all the same; `signs` are, or are `joined` over."""
    units: list[_Unit] = []
    for at, char in enumerate(text):
        letters, kind = _letters(char)
        if kind == "digit":
            letters = letters.translate(_DIGITS) if digits else "0" if numbers else " "
        elif kind == "sign":
            letters = _sign(text, at) if signs else "" if joined and _is_inside(text, at) else " "
        elif kind == "unseen":
            if units and units[-1].letters != " ":
                units[-1] = units[-1]._replace(end=at + 1)  # an accent is marked with its letter
            continue
        if letters:
            units.append(_Unit(letters, at, at + 1, kind == "letter"))
    return units


def _sign(text: str, at: int) -> str:
    """The letter that a sign stands for where it is: another follows, or (for a few signs) goes before."""
    letter = _SIGNS.get(text[at], " ")
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if after.isalnum() or after in _AT_END:
        return letter
    return letter if text[at] in _AT_END and (before.isalnum() or before in _AT_END) else " "


def _is_inside(text: str, at: int) -> bool:
    """Whether a sign stands in the middle of a word: no apostrophe (he'll), no full stop before a sentence."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at].isspace() or text[at] in _APOSTROPHES or not (before + after).isalnum():
        return False
    return not (before.islower() and after.isupper())


def _runs(units: Sequence[_Unit]) -> list[_Sign]:
    """Equal letters in a row are one, with their number; a letter that looks like two is in a row as those two."""
    reading: list[_Sign] = []
    for letters, group in groupby(units, key=lambda unit: unit.letters):
        same = list(group)
        if letters == " ":
            reading.append(_GAP)
            continue
        start, end, is_letter = same[0].start, same[-1].end, any(unit.is_letter for unit in same)
        for letter in letters:
            before = reading[-1] if reading else _GAP
            if before.letter == letter:
                reading[-1] = _Sign(letter, before.run + len(same), before.start, end, before.is_letter or is_letter)
            else:
                reading.append(_Sign(letter, len(same), start, end, is_letter))
    return reading


def _spaced(units: Sequence[_Unit]) -> list[_Unit]:
    """Single letters in a row with something between each two, read as words of their own.

    What goes before as a word of one letter may not belong to it (a i d i o t): it is read with and without.
    """
    words = [list(group) for is_gap, group in groupby(units, key=lambda unit: unit.letters == " ") if not is_gap]
    found, parted = list[_Unit](), _Unit(" ", 0, 0)
    for single, group in groupby(words, key=lambda word: len(word) == 1):
        row = [word[0] for word in group]
        if single and len(row) >= _SPACED:
            found += [*row, parted, *row[1:], parted]
    return found


def _trimmed(reading: Sequence[_Sign]) -> list[_Sign]:
    whole = list(reading)
    while whole and whole[0] is _GAP:
        whole.pop(0)
    while whole and whole[-1] is _GAP:
        whole.pop()
    return whole


@lru_cache(maxsize=8192)
def _letters(char: str) -> tuple[str, str]:
    """The letters that a character looks like, and what it is: letter, digit, sign or unseen."""
    for first, count in _BOXED:
        if first <= ord(char) < first + count:
            return chr(ord("a") + ord(char) - first).translate(SAME_STROKE), "letter"
    if char in _SIGNS:
        return char, "sign"
    whole = unicodedata.normalize("NFKC", char)
    if is_unseen(whole) or all(unicodedata.category(each) in ("Mn", "Me") for each in whole):
        is_part = (
            unicodedata.category(char) == "Mn" and unicodedata.combining(char) in (0, 7, 8, 9) and char.isprintable()
        )
        return (char, "letter") if is_part and not is_unseen(whole) else ("", "unseen")
    if whole.isdecimal():
        return str(unicodedata.decimal(whole)) if len(whole) == 1 else whole, "digit"
    plain = bare("".join(look_alike(each) for each in bare(whole)))
    letters = "".join(each for each in bare(plain) if each.isalnum()).translate(SAME_STROKE).translate(_DIGITS)
    return (letters, "letter") if letters else (" ", "sign")
