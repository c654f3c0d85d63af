"""One-line text that people choose: names, headings, titles, reasons. Pure.

Everything here is text, never markup: whoever shows it escapes it. What is taken out is what a browser would
obey rather than show (controls, bidi overrides), what nobody can see, and towers of combining marks.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

from postil.errors import Invalid, TooLong

MAX_NAME = 60
MAX_MARKS = 4  # Vietnamese needs two on a letter, pointed Hebrew three; zalgo begins above

CONTROLS = r"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # with surrogates and noncharacters
BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
JOINERS = r"\u200c\u200d"
# Default_Ignorable_Code_Point of Unicode, without the joiners and what BIDI has; and the blank braille cell.
IGNORABLE = (
    r"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Joiners spell words in these scripts (Persian, Indic): there, and only there, a name may keep them.
ARABIC = r"\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c7"
VIRAMA = r"\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"

SAME_STROKE = str.maketrans("i1|0", "lllo")

_blank = re.compile(r"[\s\x85]+")
_newline = re.compile("\r\n?|\x85")
_uncontrolled = re.compile(f"(?![\n\t])[{CONTROLS}]")
_unruly = re.compile(f"[{CONTROLS}{BIDI}]")
_unseen = re.compile(f"[{IGNORABLE}]")
_idle_joiner = re.compile(f"(?<![{ARABIC}{VIRAMA}])[{JOINERS}]|[{JOINERS}](?![\\w{VIRAMA}])")
_ignored = re.compile(f"[{CONTROLS}{BIDI}{JOINERS}{IGNORABLE}]")


def normalise(name: str) -> str:
    """A person's name as it is kept and shown: 1 to MAX_NAME characters, each of them seen.

    Raises Invalid when nothing is left to see, TooLong when there is too much.
    """
    kept = _idle_joiner.sub("", _unseen.sub("", _line(name[: 20 * MAX_NAME])))
    kept = " ".join(kept.split())
    if not any(unicodedata.category(char)[0] in "LNPS" for char in kept):
        raise Invalid("name", "A name needs at least one character that can be seen.")
    if len(kept) > MAX_NAME or len(name) > 20 * MAX_NAME:
        raise TooLong("name", f"A name has at most {MAX_NAME} characters.")
    return kept


def clean_text(value: str, limit: int) -> str:
    """A heading, a title or a reason on one line: no controls, no bidi overrides, `limit` characters."""
    return _line(value[: 4 * limit])[:limit].rstrip()


def tidy(source: str) -> str:
    """The source without what a browser might obey: controls and lone surrogates are U+FFFD, newlines \\n."""
    return cap_marks(_uncontrolled.sub("\ufffd", _newline.sub("\n", source)))


def cap_marks(text: str) -> str:
    """Leave at most MAX_MARKS combining marks on one base: more would be drawn over the neighbours."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for char in text:
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            marks += 1
        elif category != "Cf":  # a joiner between two marks starts no new base
            marks = 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)


@lru_cache(maxsize=4096)
def skeleton(name: str) -> str:
    """What is left of a name when all that an eye may miss is taken away: equal for names that look alike.

    Case, width, accents, spaces, dots, invisible characters and letters of other scripts that look the same.
    It is for comparing, never for showing, and errs towards equal. A name of symbols alone keeps them.
    """
    seen = bare(_ignored.sub("", unicodedata.normalize("NFKC", _ignored.sub("", name))))
    plain = bare("".join(map(look_alike, seen))).translate(SAME_STROKE)
    return plain.replace("vv", "w").replace("cl", "d") or seen


def _line(value: str) -> str:
    visible = _unruly.sub("", _blank.sub(" ", value))
    return cap_marks(unicodedata.normalize("NFC", visible)).strip()


def bare(text: str) -> str:
    """Without marks beside letters. Nuktas, viramas and vowel signs (classes 0, 7, 8, 9) are part of a word."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if unicodedata.combining(char) in (0, 7, 8, 9))


@lru_cache(maxsize=4096)
def look_alike(char: str) -> str:
    """The small letters that a character looks like, or whose capital it looks like; "" for a symbol."""
    look_alikes = _look_alikes()
    own = char.translate(look_alikes)
    # The Cyrillic small ve is no Latin letter's twin, but its capital is that of B.
    twins = (twin.translate(look_alikes) for twin in (own, own.swapcase(), char.swapcase()))
    own = next(filter(_is_ascii_word, twins), char.casefold().translate(look_alikes))
    if unicodedata.category(char)[0] not in "LNM" and not _is_ascii_word(own):
        return ""
    return own.casefold().translate(look_alikes)  # capitals and small letters have look-alikes of their own


def is_unseen(text: str) -> bool:
    """Whether nothing of it is seen: controls, joiners, and what Unicode lets everybody ignore."""
    return not _ignored.sub("", text)


def _is_ascii_word(text: str) -> bool:
    return text.isascii() and text.isalnum()


@cache
def _look_alikes() -> dict[int, str]:
    """Each confusable character of Unicode's table (UTS 39) -> the one that stands for all that look like it.

    The library pairs a character with what it resembles, both ways: joined up, the pairs are groups.
    """
    # Its data, not its modules, which import an HTTP client; and only when the first name is compared.
    stands: dict[str, str] = {}
    for char, others in _told(files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")):
        for other in filter(None, (_ignored.sub("", entry["c"]) for entry in others)):
            one, two = _found(stands, char), _found(stands, other)
            if one != two:
                stands[one] = stands[two] = min(one, two, key=_plainness)
    return {ord(char): stand for char in stands if len(char) == 1 and (stand := _found(stands, char)) != char}


def _told(table: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The pairs of a JSON object, one after the other: all at once would take ten times the memory, and keep it."""
    read = json.JSONDecoder().raw_decode
    at = 1
    while table[at] == '"':
        char, at = read(table, at)
        others, at = read(table, at + len(": "))
        yield char, others
        at = min(at + len(", "), len(table) - 1)


def _found(stands: dict[str, str], one: str) -> str:
    """Which stands for the group that it is in; alone in one of its own at first."""
    while (other := stands.setdefault(one, one)) != one:
        one = other
    return one


def _plainness(glyphs: str) -> tuple[int, bool, int, str]:
    """Plain letters first; of those the pair ("rn") before the one it imitates ("m"), as a pair cannot be
    mapped; other ASCII; a plain letter with a stroke, which is dropped as an accent; any letter; the rest."""
    plain = _is_ascii_word(glyphs)
    kinds = (plain, glyphs.isascii(), _is_ascii_word(glyphs[0]), glyphs.isalnum(), True)
    return (kinds.index(True), plain and glyphs.isupper(), -len(glyphs) if plain else len(glyphs), glyphs)
