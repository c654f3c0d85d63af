"""An article goes through seven versions, each written in by its readers, while an old copy stands open beside it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.bees import HIVE, HONEY, JARS, PLACE, WINTER, edit, publish
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]
Article = dict[str, str]

FIRST: Article = {"The hive": HIVE, "Where to put it": PLACE, "Winter": WINTER, "Honey": HONEY + JARS}
# What the owner does to it, and the whole article after that.
RENAMED: Article = {"The hive": HIVE, "A good place": PLACE, "Winter": WINTER, "Honey": HONEY + JARS}
MOVED: Article = {"Winter": WINTER, "The hive": HIVE, "A good place": PLACE, "Honey": HONEY + JARS}
EDITED: Article = MOVED | {"A good place": PLACE.replace("the wind", "every wind").replace("for years", "for life")}
SPLIT: Article = EDITED | {"Honey": HONEY, "Jars and labels": JARS}
MERGED: Article = {
    "Winter": WINTER,
    "The hive and its place": HIVE + EDITED["A good place"],
    "Honey": HONEY,
    "Jars and labels": JARS,
}
DELETED: Article = {heading: text for heading, text in MERGED.items() if heading != "Winter"}

# Where each thread is read in each version, by what its first comment speaks of; "" is among the earlier discussions.
THREADS = ("hive", "place", "winter", "honey")
VERSIONS: tuple[tuple[str, Article, tuple[str, str, str, str]], ...] = (
    ("first", FIRST, ("The hive", "Where to put it", "Winter", "Honey")),
    ("renamed", RENAMED, ("The hive", "A good place", "Winter", "Honey")),
    ("moved", MOVED, ("The hive", "A good place", "Winter", "Honey")),
    ("edited", EDITED, ("The hive", "A good place", "Winter", "Honey")),
    ("split", SPLIT, ("The hive", "A good place", "Winter", "Honey")),
    ("merged", MERGED, ("The hive and its place", "The hive and its place", "Winter", "Honey")),
    ("deleted", DELETED, ("The hive and its place", "The hive and its place", "", "Honey")),
    ("rolled back", FIRST, ("The hive", "Where to put it", "Winter", "Honey")),
)


def texts(reader: Reader, heading: str) -> set[str]:
    """What is read under a section, in all of its threads; "" opens the earlier discussions one by one."""
    if not heading:
        return _read_earlier(reader)
    reader.discuss(heading)
    found = _shown(reader)
    tabs = reader.panel.locator("[role=tab]:not([data-thread='*'])")  # which is all sections
    for at in range(tabs.count()):
        tabs.nth(at).click()
        expect(tabs.nth(at)).to_have_attribute("aria-selected", "true")
        found |= _shown(reader)
    reader.page.keyboard.press("Escape")
    return found


def _read_earlier(reader: Reader) -> set[str]:
    found: set[str] = set()
    openers = reader.page.locator("postil-earlier [data-thread] button")
    openers.first.wait_for()
    for at in range(openers.count()):
        openers.nth(at).click()
        reader.panel.locator("dialog[open]").wait_for()
        found |= _shown(reader)
        reader.page.keyboard.press("Escape")
    return found


def _shown(reader: Reader) -> set[str]:
    comments = reader.panel.locator("li[data-comment] [part=body]")
    comments.first.wait_for()
    reader.drawn()
    return {text.strip() for text in comments.all_inner_texts()}


def test_every_thread_is_where_its_words_are_in_seven_versions_and_in_an_old_copy(
    stage: Stage, somebody: Somebody
) -> None:
    url = edit(stage, stage.article(), FIRST)
    old, new = somebody("Rosa"), somebody("Ben")
    old.visit(url)
    written: dict[str, set[str]] = {}
    for thread, heading in zip(THREADS, FIRST, strict=True):
        old.discuss(heading)
        old.post(f"first of the {thread}")
        written[thread] = {f"first of the {thread}"}
        old.page.keyboard.press("Escape")
    publish(stage, url)

    for number, (name, article, places) in enumerate(VERSIONS):
        edit(stage, url, article)
        publish(stage, url)
        new.visit(url)
        expect(new.rows).to_have_count(len(article))
        # Somebody writes in this version, each time in another thread that stands in it.
        thread = THREADS[number % 4] if places[number % 4] else "honey"
        new.discuss(places[THREADS.index(thread)])
        tab = new.panel.get_by_role("tab", name="“Where to put it”").or_(
            new.panel.get_by_role("tab", name="“A good place”")
        )
        if thread == "place" and tab.count():
            tab.click()
        new.post(f"in the {name} version")
        new.page.keyboard.press("Escape")
        home = places[THREADS.index(thread)]
        others = [each for each, place in zip(THREADS, places, strict=True) if place == home]
        for each, place in zip(THREADS, places, strict=True):
            assert written[each] <= texts(new, place), f"{each} in the {name} version"
        read = texts(new, home)
        assert read == {text for each in others for text in written[each]} | {f"in the {name} version"}
        _note(old, written, others, f"in the {name} version", name)

    new.page.reload()
    for thread, heading in zip(THREADS, FIRST, strict=True):
        assert texts(new, heading) == written[thread], "rolled back, each thread has all that was ever written in it"
    expect(new.page.locator("postil-earlier [data-thread]")).to_have_count(0)


def _note(old: Reader, written: dict[str, set[str]], others: list[str], text: str, version: str) -> None:
    """In the old window every thread still stands where it stood, and the new comment is in one of them."""
    seen = {thread: texts(old, heading) for thread, heading in zip(THREADS, FIRST, strict=True)}
    got = [thread for thread in THREADS if text in seen[thread]]
    assert len(got) == 1 and got[0] in others, f"{text}: {got}"
    written[got[0]].add(text)
    assert seen == written, f"the old copy beside the {version} version"
