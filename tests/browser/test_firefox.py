"""The main job in Firefox, where it is: an extra, passed over where it is not (apt-get install firefox-esr)."""

from pathlib import Path

import pytest
from tests.browser.firefox import Firefox, Window, installed
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser

ESCAPE = "\ue00c"


def write(window: Window, text: str, name: str) -> None:
    window.click("postil-panel", "[part=composer] textarea")
    window.type(text)
    window.click("postil-panel", "[part=composer] input.name")
    window.type(name)
    window.click("postil-panel", "[part=post]")
    window.find("postil-panel", "[part=body]", text)


def test_readers_talk_live_in_firefox(stage: Stage, tmp_path: Path) -> None:
    path = installed()
    if path is None:
        pytest.skip("There is no Firefox here, which is an extra.")
    url = stage.article()
    with Firefox(path, tmp_path) as firefox:
        ann, ben = firefox.window(), firefox.window(360, 740)
        for window in (ann, ben):
            window.visit(url)
            window.wait("() => document.querySelectorAll('postil-row').length === 4")
            window.click("postil-row", ".row", "Method")
            window.find("postil-panel", "dialog[open]")
        write(ann, "Said in Firefox.", "Ann")
        ben.click("postil-panel", "[part=pill]")
        ben.find("postil-panel", "[part=body]", "Said in Firefox.")
        shape = "() => document.querySelector('postil-panel').shadowRoot.querySelector('dialog').dataset.shape"
        assert [window.run(shape) for window in (ann, ben)] == ["drawer", "sheet"]
        ben.type(ESCAPE)
        ben.wait("() => !document.querySelector('postil-panel').shadowRoot.querySelector('dialog').open")
        ben.wait("() => document.activeElement?.localName === 'postil-row'")
        # The page's policy lets no browser ask for an icon.
        assert [each for each in firefox.complaints if "/favicon.ico" not in each] == []
