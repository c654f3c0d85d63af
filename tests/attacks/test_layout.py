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

# Of a long thread only what is near is drawn.
MEASURE = """(list) => [...list.querySelectorAll("li[data-comment]")].filter((item) => item.firstChild).map((item) => {
  const words = item.querySelector(".body");
  const [box, name, body] = [item, item.querySelector("header"), words].map((node) => {
    const { left, right, top, bottom, height } = node.getBoundingClientRect();
    return { left, right, top, bottom, height };
  });
  const [id, text] = [item.dataset.comment, words.textContent.trim()];
  return { id, box, name, body, text, spill: words.scrollWidth - words.clientWidth };
})"""

# Half a screen on; from the end back to the beginning.
STEP = """(list) => {
  const end = list.scrollTop + list.clientHeight > list.scrollHeight - 2;
  list.scrollTop = end ? 0 : list.scrollTop + list.clientHeight / 2;
}"""


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
    screens = walk(reader, len(flood.told))
    rows = {row["id"]: row for screen in screens for row in screen}.values()
    print("tallest comment and name:", *(max(row[part]["height"] for row in rows) for part in ("box", "name")))

    assert len([row for row in rows if row["text"] != CALM]) > 0.9 * len(naughty) > 40
    assert [found for screen in screens for found in disturbed(screen)] == []
    reader.page.set_viewport_size({"width": 360, "height": 740})
    assert [found for screen in walk(reader, len(flood.told)) for found in disturbed(screen)] == []

    # The control: without its box, a body's words are drawn over the neighbour, and that is seen.
    reader.panel.locator(".body").first.evaluate("(body) => { body.style.marginBottom = '-300px'; }")
    assert disturbed(reader.panel.locator("ol.list").evaluate(MEASURE)) != []


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


def walk(reader: Reader, total: int) -> list[list[dict[str, Any]]]:
    """What is drawn of the open thread, a step after the other, until each of its `total` comments was."""
    steps, seen = [], set[str]()
    thread, scroller = reader.panel.locator("ol.list"), reader.panel.locator("[part=thread]")
    thread.locator("li[data-comment]").first.wait_for()
    while len(seen) < total:
        steps.append(thread.evaluate(MEASURE))
        seen |= {row["id"] for row in steps[-1]}
        scroller.evaluate(STEP)
        reader.page.wait_for_timeout(30)
    return steps
