"""What a reader's browser loads, as a wheel sends it."""

import gzip
import re
from pathlib import Path

import brotli
import pytest

from postil.web.static import Widget

# These are what is reached, and 1 %. The aim is 4,096: docs/decisions/0008-minifying.md says what stands in its way.
LOADER = 8_135
# The aim is 20,480: the loader, the panel with all it imports at once, and the words of one language.
READING = 28_265
# Everything that a reader may come to load, one language, nothing of moderators and owners.
ALL = 58_200

MODERATORS = {"queue.js", "anchors.js", "sign-in.js", "moderate.js", "desk.js"}


@pytest.fixture(scope="module")
def widget(bundle: Path) -> Widget:
    return Widget(bundle)


def weight(widget: Widget, *names: str) -> int:
    return sum(len(widget.files[name].packed["gzip"]) for name in names)


def test_the_loader_is_light(widget: Widget) -> None:
    assert weight(widget, "postil.js") <= LOADER


def test_a_reader_of_one_section_loads_little(widget: Widget) -> None:
    assert weight(widget, "postil.js", "panel.js", "lang/en.json") <= READING


def test_all_that_a_reader_may_load_is_bounded(widget: Widget) -> None:
    mine = {name for name in widget.files if name.endswith(".js") and name not in MODERATORS}
    assert weight(widget, *mine, "lang/en.json", "lang/en.more.json") <= ALL


def test_the_loader_names_the_version_that_its_modules_are_served_under(widget: Widget) -> None:
    assert re.fullmatch("[0-9a-f]{12}", widget.version)
    assert f"w/{widget.version}/".encode() in widget.files["postil.js"].content
    assert b"__POSTIL" not in widget.files["postil.js"].content


def test_what_is_sent_is_what_lies_there(widget: Widget) -> None:
    for name, file in widget.files.items():
        assert gzip.decompress(file.packed["gzip"]) == file.content, name
        assert brotli.decompress(file.packed["br"]) == file.content, name
        assert len(file.packed["br"]) < len(file.packed["gzip"]), name
