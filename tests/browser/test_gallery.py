"""`make gallery`: the command that takes a picture of every state."""

from pathlib import Path

import pytest
from docs.pictures import gallery
from playwright.sync_api import Browser
from tests.browser.stage import Stage
from tests.browser.states import STATES

pytestmark = pytest.mark.browser


def test_a_state_has_its_pictures_and_stands_on_the_sheet(stage: Stage, chromium: Browser, tmp_path: Path) -> None:
    gallery.take(stage, chromium, "empty", ["dark", "rtl"], tmp_path)
    gallery.sheet(tmp_path)
    pictures = {path.name: path.read_bytes() for path in tmp_path.glob("*.png")}
    assert set(pictures) == {"empty-dark.png", "empty-rtl.png"}
    assert all(len(data) > 5_000 for data in pictures.values())
    assert 'src="empty-rtl.png"' in (tmp_path / "index.html").read_text("utf-8")


def test_a_state_without_a_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty-light.png").touch()
    assert gallery.unseen(tmp_path) == [name for name in STATES if name != "empty"]
