"""What somebody writes, or calls himself, stays in his own box: the neighbours' words are where they were."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.attacks.corpora import EVERYTHING, HERE, strings
from tests.attacks.flood import Flood
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser

CALM = "A calm neighbour, of one line."
# In pixels, on a phone too. A name of 60 wide characters takes three lines beside its face, then comes the time.
TALLEST, TALLEST_NAME = 800, 160

MEASURE = """(list) => [...list.querySelectorAll("li[data-comment]")].map((item) => {
  const words = item.querySelector(".body");
  const [box, name, body] = [item, item.querySelector("header"), words].map((node) => {
    const { left, right, top, bottom, height } = node.getBoundingClientRect();
    return { left, right, top, bottom, height };
  });
  return { box, name, body, text: words.textContent.trim(), spill: words.scrollWidth - words.clientWidth };
})"""


@pytest.mark.parametrize("folder", [pytest.param(HERE, id="some"), EVERYTHING])
def test_naughty_names_and_bodies_move_nobody(stage: Stage, somebody: Callable[..., Reader], folder: Path) -> None:
    url = stage.article()
    flood = Flood(stage, url, ("Method",))
    naughty = {key: text for key, text in strings(folder).items() if key.startswith("blns:")}
    between = {key: row for id, text in naughty.items() for key, row in ((id, text), (f"calm {id}", CALM))}
    flood.run("words", between.items())
    reader = somebody("Rosa")
    reader.visit(url)
    reader.discuss("Method")
    everything_of(reader)
    thread = reader.panel.locator("ol.list")
    rows = thread.evaluate(MEASURE)
    print("tallest comment and name:", *(max(row[part]["height"] for row in rows) for part in ("box", "name")))

    assert len([row for row in rows if row["text"] != CALM]) > 0.9 * len(naughty) > 40
    assert disturbed(rows) == []
    reader.page.set_viewport_size({"width": 360, "height": 740})
    assert disturbed(thread.evaluate(MEASURE)) == []

    # The control: without its box, a body's words are drawn over the neighbour, and that is seen.
    reader.panel.locator(".body").first.evaluate("(body) => { body.style.marginBottom = '-300px'; }")
    assert disturbed(thread.evaluate(MEASURE)) != []


def disturbed(rows: list[dict[str, Any]]) -> list[str]:
    """What is not as between calm neighbours: one box below the other, all equally wide, and none too tall."""
    calm = [row for row in rows if row["text"] == CALM]
    found = [f"{len(calm)} calm"] if len({size(row) for row in calm}) != 1 else []
    for row, below in pairwise(rows):
        if row["box"]["bottom"] > below["box"]["top"] + 0.1 or row["body"]["bottom"] > row["box"]["bottom"] + 0.1:
            found.append(f"overlaps: {row}")
    for row in rows:
        if (row["box"]["left"], row["box"]["right"]) != (rows[0]["box"]["left"], rows[0]["box"]["right"]):
            found.append(f"another width: {row}")
        if row["box"]["height"] > TALLEST or row["name"]["height"] > TALLEST_NAME or row["spill"] > 0:
            found.append(f"too big: {row}")
    return found


def size(row: dict[str, Any]) -> tuple[float, float]:
    return round(row["box"]["height"], 1), round(row["body"]["height"], 1)


def everything_of(reader: Reader) -> None:
    more = reader.panel.locator("[data-action=load]")
    reader.panel.locator("li[data-comment]").first.wait_for()
    while more.count():
        shown = reader.panel.locator("li[data-comment]").count()
        more.first.click()
        reader.panel.locator("li[data-comment]").nth(shown).wait_for()
