"""What the widget says is whole in each language, and each thing that it can say is said somewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parents[2] / "client_widget" / "src"
CATALOGS = SOURCES / "lang"
# What Intl.PluralRules says of whole numbers; the browser's own is asked in tests/browser/test_languages.py.
FORMS = {
    "en": "one other", "de": "one other", "fr": "one many other", "es": "one many other", "pt": "one many other",
    "ru": "one few many other", "uk": "one few many other", "pl": "one few many other",
    "ar": "zero one two few many other", "he": "one two other", "zh": "other", "ja": "other",
}  # fmt: skip
# Where these stand for several numbers, a sentence without its number would be wrong for most of them.
SEVERAL = {"ru": {"one", "few", "many", "other"}, "uk": {"one", "few", "many", "other"}, "pl": {"few", "many", "other"}}
ALL = {"few", "many", "other"}
# As in English, and right: words that were taken over, signs, and what is spelt alike.
ALIKE = {
    "{name}, {count}", "{what} ({keys})", "Code", "Offline", "Live", "Link", "spam", "Minutes", "Discussion",
    "Introduction", "min",
}  # fmt: skip
PLACEHOLDER = re.compile(r"\{(\w+)\}")

Words = dict[str, Any]
Sentence = str | dict[str, str]


def is_plural(value: object) -> bool:
    return isinstance(value, dict) and "other" in value and set(value) <= set(FORMS["ar"].split())


def read(name: str) -> Words:
    words: Words = json.loads((CATALOGS / f"{name}.json").read_text("utf-8"))
    return words


def flat(words: Words, above: str = "") -> Iterator[tuple[str, Sentence]]:
    for key, value in words.items():
        if isinstance(value, str) or is_plural(value):
            yield above + key, value
        else:
            yield from flat(value, f"{above}{key}.")


def texts(value: Sentence) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())


def placeholders(value: Sentence) -> set[str]:
    return {name for text in texts(value) for name in PLACEHOLDER.findall(text)}


ENGLISH = dict(flat(read("en"))) | dict(flat(read("en.more")))
OTHERS = sorted(set(FORMS) - {"en"})


def test_the_languages_are_those_that_there_are_catalogs_of() -> None:
    assert {path.name for path in CATALOGS.iterdir()} == {
        f"{name}{part}.json" for name in FORMS for part in ("", ".more")
    }
    assert not set(read("en")) & set(read("en.more"))  # the second is laid over the first


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("part", ["", ".more"])
def test_a_catalog_has_the_keys_of_the_english_one(language: str, part: str) -> None:
    assert list(dict(flat(read(language + part)))) == list(dict(flat(read(f"en{part}"))))


@pytest.mark.parametrize("language", sorted(FORMS))
def test_a_catalog_is_whole(language: str) -> None:
    wrong = []
    for key, value in (dict(flat(read(language))) | dict(flat(read(f"{language}.more")))).items():
        english = ENGLISH[key]
        wrong += [key for text in texts(value) if text != text.strip() or "  " in text or not text]
        if isinstance(english, str):
            wrong += [key] if not isinstance(value, str) or placeholders(value) != placeholders(english) else []
            continue
        if not isinstance(value, dict) or list(value) != FORMS[language].split():
            wrong.append(key)
            continue
        for form, text in value.items():
            told = set(PLACEHOLDER.findall(text))
            must = placeholders(english) - (set() if form in SEVERAL.get(language, ALL) else {"n"})
            wrong += [f"{key}.{form}"] if not must <= told <= placeholders(english) else []
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_over(language: str) -> None:
    words = dict(flat(read(language))) | dict(flat(read(f"{language}.more")))
    assert [key for key, value in words.items() if value == ENGLISH[key] and str(value) not in ALIKE] == []


def speaking() -> dict[str, str]:
    """The modules that say something, without their comments."""
    sources = {path.name: path.read_text("utf-8") for path in sorted(SOURCES.glob("*.js"))}
    sources = {
        name: re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", text, flags=re.S) if "*/" in text else text
        for name, text in sources.items()
    }
    return {
        name: text for name, text in sources.items() if re.search(r'import \{[^}]*\bt\b[^}]*\} from "./words.js"', text)
    }


USE = re.compile(r"(?<![\w.])t((?:\.\w+)+)")


def test_what_is_said_is_in_the_catalog() -> None:
    words = read("en") | read("en.more")
    missing = []
    for name, text in speaking().items():
        for use in USE.findall(text):
            at: Any = words
            for step in use[1:].split("."):
                if isinstance(at, str) or is_plural(at):
                    break
                at = at.get(step)
                if at is None:
                    missing.append(f"{name}: t{use}")
                    break
    assert missing == []


def test_what_is_in_the_catalog_is_said() -> None:
    """By its whole name; by a group that is asked for something by a name that is worked out; or taken out of one."""
    source = "\n".join(speaking().values())
    whole = {use[1:] for use in USE.findall(source)}
    groups = {use[1:] for use in re.findall(r"(?<![\w.])t((?:\.\w+)+)(?![\w.])", source)}
    taken = {
        f"{group[1:] + '.' if group else ''}{name.strip().split(':')[0]}"
        for names, group in re.findall(r"const \{([^}]*)\} = t((?:\.\w+)*);", source)
        for name in names.split(",")
    }
    named = set(re.findall(r'"([\w-]+)"', source))

    def is_said(key: str) -> bool:
        steps = key.split(".")
        above = {".".join(steps[:length]) for length in range(1, len(steps) + 1)}
        # t[role] and this.#tool("bold"): a name that stands alone is worked out from a word of the source.
        return bool(above & (groups | taken) or key in whole or (len(steps) == 1 and steps[0] in named))

    unsaid = [key for key in ENGLISH if not key.startswith("row.") and not is_said(key)]
    # t[comment.role]: the service's words.
    assert [key for key in unsaid if key not in {"moderator", "owner"}] == []
