"""The widget's own words, language by language: read once from `lang/<language>.more.json`. Pure but for that.

The page answer carries the few that its loader draws, so that no reader waits for a request more.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

# Whole by definition: the others are translated from it, and what one lacks is said in it.
FALLBACK: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar", "he"})
# What the loader draws; the catalogs' other groups are loaded with the panel.
GROUP: Final = "row"
MORE: Final = ".more.json"
# Browsers and pages still write some languages as they were called before 1989.
_FORMERLY: Final = MappingProxyType({"iw": "he"})

Words = dict[str, str | dict[str, str]]
"""Text by name; what has a number is the plural forms of Intl.PluralRules."""


class Language(NamedTuple):
    """`name` is its catalog's; `dir` is said of what is read from right to left, None of the rest."""

    name: str
    dir: Literal["rtl"] | None
    words: Words


class Languages:
    """The languages of a folder of catalogs, by what is seldom loaded of each: a browser with a panel has its rows
    already. Without the folder: English without words."""

    def __init__(self, folder: Path) -> None:
        read = {path.name.removesuffix(MORE): _row(path) for path in sorted(folder.glob(f"*{MORE}"))}
        first = read.setdefault(FALLBACK, {})
        self.known: Mapping[str, Language] = {name: _language(name, first | row) for name, row in read.items()}

    def pick(self, tag: str) -> Language:
        """The language that a page or a browser means by `tag`, by its longest known beginning (zh-Hant-TW: zh);
        English where none is known.
        """
        parts = tag.strip().lower().replace("_", "-").split("-")
        parts[0] = _FORMERLY.get(parts[0], parts[0])
        tags = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self.known[each] for each in tags if each in self.known), self.known[FALLBACK])


def _row(path: Path) -> Words:
    row: Words = json.loads(path.read_text(encoding="utf-8")).get(GROUP, {})
    return row


def _language(name: str, words: Words) -> Language:
    return Language(name, "rtl" if name in RIGHT_TO_LEFT else None, words)
