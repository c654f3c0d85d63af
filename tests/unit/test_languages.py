"""Which language a tag means, and what its catalog says."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from postil.languages import Languages

ENGLISH = {"say": "Discuss", "comments": {"one": "{n} comment", "other": "{n} comments"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "en.more", {"row": ENGLISH, "keys": {"close": "Close"}})
    write(tmp_path, "en", {"row": {"say": "With the panel"}})
    write(tmp_path, "de.more", {"row": {"say": "Mitreden"}})
    for name in ("ar", "he", "pt", "zh"):
        write(tmp_path, f"{name}.more", {"row": {"say": name}})
    return tmp_path


def write(folder: Path, name: str, catalog: Mapping[str, object]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(catalog), encoding="utf-8")


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("pt-BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("zh_CN", "zh"),
        ("iw-IL", "he"),
        (" he ", "he"),
        ("tlh", "en"),
        ("deu", "en"),
        ("de.more", "en"),
        ("en.more", "en"),
        ("../de", "en"),
        ("", "en"),
        ("-", "en"),
        ("\ud800", "en"),
    ],
)
def test_a_tag_means_the_language_of_its_longest_known_beginning_else_english(
    folder: Path, tag: str, name: str
) -> None:
    assert Languages(folder).pick(tag).name == name


def test_the_rows_words_come_and_what_is_not_translated_is_english(folder: Path) -> None:
    languages = Languages(folder)

    assert languages.pick("en").words == ENGLISH
    assert languages.pick("de").words == ENGLISH | {"say": "Mitreden"}


def test_arabic_and_hebrew_are_read_from_right_to_left(folder: Path) -> None:
    languages = Languages(folder)

    assert {name for name, each in languages.known.items() if each.dir == "rtl"} == {"ar", "he"}


def test_a_folder_that_is_not_there_leaves_english_without_words(tmp_path: Path) -> None:
    assert Languages(tmp_path / "none").pick("de") == ("en", None, {})
