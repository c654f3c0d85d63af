"""The themes of docs/themes: each leaves rows and panel readable, in light and in dark, by axe's measure."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.axe import findings
from tests.browser.conftest import WIDE
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser

THEMES = Path(__file__).parents[2] / "docs" / "themes"


@pytest.mark.parametrize("theme", sorted(path.stem for path in THEMES.glob("*.css")))
def test_a_theme_can_be_read(stage: Stage, somebody: Callable[..., Reader], theme: str) -> None:
    url = stage.article()
    path = url.removeprefix(stage.site)
    # axe takes the ground of a page that names none for white, in the dark too.
    ground = ":root { color-scheme: light dark; background: light-dark(#fff, #16181c) }\n"
    stage.articles.pages[f"/{theme}.css"] = ground + (THEMES / f"{theme}.css").read_text("utf-8")
    themed = f'<link rel="stylesheet" href="/{theme}.css"></head>'
    stage.articles.pages[path] = stage.articles.pages[path].replace("</head>", themed)
    ann = somebody("Ann", WIDE, color_scheme="light", reduced_motion="reduce")
    ann.visit(url)
    assert ann.rows.first.evaluate("row => getComputedStyle(row).getPropertyValue('--postil-surface')")
    ann.discuss("Method")
    ann.post("A claim.")
    ann.reply("A claim.", "An answer.")
    section = ann.panel.locator("dialog").get_attribute("data-section")
    assert section
    stage.say(section, "See `code`, [there](https://example.com/).\n\n> A quotation.", name="Ben")
    ann.pill.click()
    expect(ann.comment("A quotation.")).to_be_visible()
    stage.say(section, "Later.", name="Ben")
    expect(ann.pill).to_be_visible()
    ann.write("A draft.")
    for scheme in ("light", "dark"):
        ann.page.emulate_media(color_scheme=scheme)
        for host in ("postil-panel", "postil-row"):
            assert findings(ann, host) == [], (scheme, host)
