"""What is left of a section's text when it leaves the reader's browser: enough to know it again, not to read it.

The browser computes the same (client_widget/src, held by tests/data/fingerprint_vectors.json), so everything
here is chosen for what Python and JavaScript agree on: NFKC, lower case, general categories, 32-bit arithmetic.

A print holds two samples of the text's distinct items: its words, which survive heavy editing, and its pairs of
neighbouring words, which two unrelated texts rarely share. Each sample is the items with the lowest hashes
(bottom-k), so that two samples are of the same items below the lower of their ends, and both likeness and
containment can be told from them. Digits are no words: a view counter or a date changes nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from operator import lt
from typing import NamedTuple

MOST_WORDS = 128
MOST_PAIRS = 100
ENDS_WORDS = 8
ENDS_CHARACTERS = 120
HASH_BITS = 18

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PLAIN = re.compile("[A-Za-z0-9_-]*")
IN_ORDER = str.maketrans(ALPHABET, "".join(sorted(ALPHABET)))

# Scripts that put no spaces between words, or glue much to them: Thai, Lao, Burmese, Khmer, Han, kana, Hangul.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u312f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)


@cache
def _two_digits() -> list[str]:
    return [high + low for high in ALPHABET for low in ALPHABET]


@cache
def _one_sort() -> re.Pattern[str]:
    return re.compile(f"[{UNSPACED}]+|[^{UNSPACED}]+")


@cache
def _glued() -> re.Pattern[str]:
    # So large a set takes milliseconds to compile, and the list above half a megabyte: few ever make a print here.
    return re.compile(f"[{UNSPACED}]")


class Fingerprint(NamedTuple):
    """`print`: ASCII, at most 700 characters, "" for no words. `first`, `last`: words at either end, lower case."""

    print: str
    first: str
    last: str


class Sample(NamedTuple):
    """The items below `end`, all of them; three characters each, whose order is that of the hashes."""

    values: frozenset[str]
    end: str


class Sketch(NamedTuple):
    """A print, read."""

    words: Sample
    pairs: Sample


class _Kept(dict[int, str | None]):
    """For str.translate: letters and marks stay, format characters (soft hyphens) vanish, the rest parts words."""

    def __missing__(self, code: int) -> str | None:
        if len(self) > 20_000:
            self.clear()
        category = unicodedata.category(chr(code))
        self[code] = kept = chr(code) if category[0] in "LM" else None if category == "Cf" else " "
        return kept


KEPT = _Kept()


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint of a section's plain text. Work and memory grow with its length, the answer does not."""
    words = words_of(text)
    tokens = tokens_of(words)
    known = {token: _hash(token) for token in set(tokens)}
    hashes = [known[token] for token in tokens]
    pairs = [_mix(one * 0x9E3779B1 & 0xFFFFFFFF ^ other) for one, other in pairwise(hashes)]
    sketch = f"{_sample(known.values(), MOST_WORDS)}.{_sample(pairs, MOST_PAIRS)}" if words else ""
    first, last = " ".join(words[:ENDS_WORDS]), " ".join(words[-ENDS_WORDS:])
    return Fingerprint(sketch, first[:ENDS_CHARACTERS], last[-ENDS_CHARACTERS:])


def words_of(text: str) -> list[str]:
    """Runs of letters with their marks, in lower case and in one form; digits and all else part them."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("ς", "σ")
    runs = (_from_letter(run) for run in plain.translate(KEPT).split(" "))
    return [run for run in runs if run]


def tokens_of(words: list[str]) -> list[str]:
    """Words of spaced scripts whole, of the others as pairs of neighbouring characters."""
    return [token for word in words for token in _tokens(word)] if _glued().search(" ".join(words)) else words


def read_print(text: str | None) -> Sketch | None:
    """The samples in a print, or None where there are no words or it is no print: visitors send these."""
    words, dot, pairs = (text or "").partition(".")
    samples = _read(words, MOST_WORDS), _read(pairs, MOST_PAIRS)
    if not dot or samples[0] is None or samples[1] is None or not samples[0].values:
        return None
    return Sketch(samples[0], samples[1])


def _from_letter(run: str) -> str:
    # A mark without its letter is a remnant of an emoji, say.
    if run.isalpha():
        return run
    start = 0
    while start < len(run) and unicodedata.category(run[start])[0] == "M":
        start += 1
    return run[start:]


def _tokens(word: str) -> Iterator[str]:
    if not _glued().search(word):
        yield word
        return
    for part in _one_sort().findall(word):
        if len(part) == 1 or not _glued().match(part):
            yield part
        else:
            yield from (part[i : i + 2] for i in range(len(part) - 1))


def _mix(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return value ^ value >> 16


def _hash(token: str) -> int:
    value = 0x811C9DC5
    for code in map(ord, token):
        value = (value ^ code) * 0x01000193 & 0xFFFFFFFF
    return _mix(value)


def _sample(hashes: Iterable[int], most: int) -> str:
    lowest = sorted({value >> 32 - HASH_BITS for value in hashes})[:most]
    two = _two_digits()
    return "".join([two[value >> 6] + ALPHABET[value & 63] for value in lowest])


def _read(text: str, most: int) -> Sample | None:
    if len(text) % 3 or len(text) > 3 * most or not PLAIN.fullmatch(text):
        return None
    ordered = text.translate(IN_ORDER)
    values = [ordered[i : i + 3] for i in range(0, len(text), 3)]
    end = values[-1] + " " if len(values) == most else "~"
    return Sample(frozenset(values), end) if all(map(lt, values, values[1:])) else None
