"""A discussion stays with its words, as readers see it: merged, split, gone, found again, and never pulled away."""

import re
import urllib.request
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Locator, Request, Route, WebSocketRoute, expect
from sqlalchemy import select
from sqlmodel import col
from tests.browser.stage import Reader, Stage
from tests.browser.test_discussion import INSERT_AT_ONCE, SHIFTS
from tests.browser.test_place import PLACES

from postil import anchoring, discussion, sites
from postil.article import snippet
from postil.changing import changing
from postil.discussion import Draft, PageRef
from postil.document import Document, read_document
from postil.ids import hash_token
from postil.markup import render
from postil.models import Page
from postil.outline import outline_hash
from postil.places import Seen
from postil.reference import Given, set_reference
from postil.states import Anchor, OutlineSource
from postil.urls import page_key
from postil.viewer import Viewer
from postil.web.caching import Kept

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

HIVE = """A hive is a box that the bees agree to live in. The first one should be of soft wood, untreated, with walls
as thick as a thumb. Paint spoils it. Ten frames are enough for a family that has just swarmed. A second box goes on
top when eight of them are full, and not a day before, for an empty room is a cold room."""
PLACE = """Let the entrance look to the south-east, so that the morning wakes them. A hedge behind keeps the wind away.
Neighbours forgive a great deal, but not a flight path across their washing line. Water has to be near; a shallow dish
with pebbles in it will do, and they remember where it stands for years."""
WINTER = """In October the drones are thrown out and the family draws together into a ball. It shivers to keep warm, and
eats while it shivers. Weigh the hive by lifting one side: what feels nailed to the ground is heavy enough. Mice come in
November; a strip of tin with holes lets bees through and keeps mice out."""
HONEY = """Honey is ripe when the cells are closed with wax. Blow a little smoke across the frames and wait until
the guards have gone below. Cut the lids with a long warm knife, and hang the frames in the drum. Turn it slowly
at first, since a new comb breaks. The last turns are the fastest, and the whole kitchen smells of clover."""
JARS = """Sieve it through two cloths. Let it stand for a week, skim the foam, and stir a spoon of last year's
crop into it, so that the crystals grow small. Glass is better than tin. Write the field and the month on every label.
Somebody will ask in March which one tasted of lime trees."""
ARTICLE = {
    "Choosing a hive": HIVE,
    "Where to put it": PLACE,
    "Through the winter": WINTER,
    "Taking the honey": HONEY + JARS,
}

ESSAY = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The first bees</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css"></head>
<body><article><h1>The first bees</h1>
{sections}</article>
{snippet}</body></html>
"""


def edit(stage: Stage, url: str, sections: dict[str, str]) -> str:
    """Put an article at a URL."""
    body = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in sections.items())
    stage.articles.pages[url.removeprefix(stage.site)] = ESSAY.format(sections=body, snippet=snippet(stage.service))
    return url


def _read(stage: Stage, url: str) -> Document:
    return read_document(stage.articles.pages[url.removeprefix(stage.site)], url)


def say(stage: Stage, url: str, index: int, text: str) -> str:
    """Post from elsewhere, in a section of what stands at a URL now; the comment's id."""
    sections = tuple(_read(stage, url).sections)
    seen = Seen(outline_hash(sections), sections)

    async def post() -> str:
        async with stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, stage.site)
            assert site is not None
            ref = PageRef(key=page_key(url), url=url)
            draft = Draft(page=ref, name="Ada", source=text, nonce=token_hex(8), outline=seen, index=index)
            viewer = Viewer(site.id, author_key=hash_token("Ada"))
            return (await discussion.post(tx, viewer, draft, render(text))).comment.id

    return stage.loop.run(post())


def publish(stage: Stage, url: str, source: OutlineSource = OutlineSource.PUBLISHED) -> dict[Anchor, str]:
    """Let what stands at a URL be the page's reference, as its owner would. Returns a decision for each move made."""
    document = _read(stage, url)
    given = Given(tuple(document.sections), source, tuple(document.excerpts) if source.is_owners else ())

    async def change() -> dict[Anchor, str]:
        async with stage.resources.database.begin() as tx:
            page = (await tx.scalars(select(Page).where(col(Page.url) == url))).one()
            async with changing(tx, page.id) as change:
                return {row.move: row.id for row in await set_reference(change, given)}

    return stage.loop.run(change())


def revise(stage: Stage, url: str, sections: dict[str, str]) -> dict[Anchor, str]:
    return publish(stage, edit(stage, url, sections))


def keep_apart(stage: Stage, decision: str) -> None:
    """Take a thread from where a decision had put it, as the owner would."""

    async def settle() -> None:
        async with stage.resources.database.begin() as tx:
            site = await sites.site_of(tx, stage.site)
            assert site is not None
            await anchoring.settle(tx, site.id, decision, Anchor.APART)

    stage.loop.run(settle())


@pytest.fixture
def buzz(stage: Stage) -> str:
    """The URL of an article with two comments in each of its four sections; nobody has published it."""
    url = edit(stage, stage.article(), ARTICLE)
    for index, heading in enumerate(ARTICLE):
        say(stage, url, index, f"First about {heading}.")
        say(stage, url, index, f"Second about {heading}.")
    return url


@pytest.fixture
def bees(stage: Stage, buzz: str) -> str:
    """The same, published."""
    publish(stage, buzz)
    return buzz


MERGED = {"Choosing a hive": HIVE, "A place for the winter": f"{PLACE} {WINTER}", "Taking the honey": HONEY + JARS}
SPLIT = ARTICLE | {"Taking the honey": HONEY, "Honey in jars": JARS}
MEAD = "Three parts of water to one of old honey stand in a barrel from Easter to Christmas. Skim the yeast and wait."


def said(reader: Reader) -> Locator:
    return reader.panel.locator("li[data-comment]")


def tab(reader: Reader, name: str) -> Locator:
    return reader.panel.get_by_role("tab", name=name)


def earlier(reader: Reader) -> Locator:
    return reader.page.locator("postil-earlier")


def asked(reader: Reader) -> list[str]:
    """What the reader's browser asks of the service from now on: method, path and body."""
    requests: list[str] = []

    def note(request: Request) -> None:
        if "/v1/" in request.url:
            requests.append(f"{request.method} {request.url.partition('/v1/')[2]} {request.post_data or ''}")

    reader.page.on("request", note)
    return requests


# Merged


def test_two_threads_stand_under_the_section_that_they_were_merged_into(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben", screen)
    ben.visit(bees)
    expect(ben.row("A place for the winter")).to_contain_text("4 comments")
    ben.discuss("A place for the winter")
    expect(ben.panel.get_by_role("tab")).to_have_count(2)
    expect(tab(ben, "This section, 2 comments")).to_have_attribute("aria-selected", "true")
    expect(said(ben).first).to_contain_text("First about Through the winter.")
    tab(ben, "From “Where to put it”, 2 comments").click()
    expect(said(ben).first).to_contain_text("First about Where to put it.")
    expect(said(ben)).to_have_count(2)

    ben.panel.locator("[data-action=next]").click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Taking the honey")
    expect(ben.panel.get_by_role("tab")).to_have_count(0)


def test_what_is_new_goes_to_the_sections_own_thread_and_a_reply_where_it_belongs(
    stage: Stage, somebody: Somebody, bees: str
) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "From").click()
    ben.reply("First about Where to put it.", "Behind the barn.")
    expect(tab(ben, "From “Where to put it”, 3 comments")).to_have_attribute("aria-selected", "true")
    expect(ben.composer.locator("textarea")).to_have_attribute("placeholder", "Add your voice to this section")
    ben.post("Both matter.")
    expect(tab(ben, "This section, 3 comments")).to_have_attribute("aria-selected", "true")
    expect(said(ben)).to_have_count(3)
    expect(ben.row("A place for the winter")).to_contain_text("6 comments")


def test_tabs_are_reached_by_the_arrows(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "This section").focus()
    ben.page.keyboard.press("ArrowRight")
    expect(tab(ben, "From")).to_be_focused()
    expect(tab(ben, "From")).to_have_attribute("aria-selected", "false")
    ben.page.keyboard.press("Enter")
    expect(tab(ben, "From")).to_have_attribute("aria-selected", "true")
    expect(said(ben).first).to_contain_text("Where to put it")
    expect(ben.panel.get_by_role("tabpanel", name="From “Where to put it”")).to_be_visible()
    ben.page.keyboard.press("ArrowRight")
    expect(tab(ben, "This section")).to_be_focused()
    ben.page.keyboard.press("Tab")
    expect(ben.panel.get_by_label("Order")).to_be_focused()


def test_the_row_counts_what_is_new_in_either_thread(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "From").click()
    expect(said(ben).first).to_contain_text("Where to put it")
    joined = str(ben.panel.locator("dialog").get_attribute("data-section"))
    ben.page.keyboard.press("Escape")
    expect(ben.row("A place for the winter").locator(".new")).to_be_empty()
    stage.say(joined, "One more.")
    ben.page.reload()
    expect(ben.row("A place for the winter")).to_contain_text("1 new")
    expect(ben.row("A place for the winter")).to_contain_text("5 comments")


# Split


def test_the_smaller_part_of_a_split_leads_to_the_thread_and_back(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    revise(stage, bees, SPLIT)
    ben = somebody("Ben", screen)
    ben.visit(bees)
    expect(ben.row("Taking the honey")).to_contain_text("2 comments")
    ben.discuss("Honey in jars")
    line = ben.panel.get_by_role("button", name="2 comments from when this was part of “Taking the honey”")
    expect(said(ben)).to_have_count(0)
    line.click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Taking the honey")
    expect(ben.panel.locator("[part=heading]")).to_be_focused()
    expect(said(ben)).to_have_count(2)
    ben.panel.get_by_role("button", name="Back to “Honey in jars”").click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Honey in jars")
    ben.post("Which cloth?")
    expect(ben.row("Honey in jars")).to_contain_text("1 comment")
    expect(line).to_be_visible()


# Gone


def test_a_thread_whose_words_are_gone_stands_at_the_end_of_the_page(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    ben = somebody("Ben", screen)
    ben.visit(bees)
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben)).to_have_count(0)

    revise(stage, bees, {"Choosing a hive": HIVE, "Taking the honey": HONEY + JARS, "Mead": MEAD})
    ben.page.reload()
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben).get_by_role("heading")).to_have_text("Earlier discussions")
    expect(earlier(ben).locator("blockquote").last).to_contain_text("In October the drones are thrown out")
    assert ben.page.evaluate("() => document.querySelector('postil-row:last-of-type').nextSibling.localName") == (
        "postil-earlier"
    )
    opener = earlier(ben).get_by_role("button", name="Through the winter 2 comments")
    opener.click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("Through the winter")
    expect(ben.panel).to_contain_text("no longer in the article")
    ben.reply("First about Through the winter.", "I still weigh mine.")
    ben.post("Why was this taken out?")
    expect(said(ben)).to_have_count(4)
    expect(earlier(ben)).to_contain_text("4 comments")
    ben.page.keyboard.press("Escape")
    expect(earlier(ben).get_by_role("button", name="Through the winter 4 comments")).to_be_focused()


def test_they_stand_after_the_last_row_in_the_articles_column(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Choosing a hive": HIVE, "Taking the honey": HONEY + JARS})
    path = bees.removeprefix(stage.site)
    cards = stage.articles.pages[path].replace("<h2>", "<section><h2>").replace("</p>", "</p></section>")
    stage.articles.pages[path] = cards.replace("</article>", "<p>Thanks to all who helped.</p></article>")
    ben = somebody("Ben")
    ben.visit(bees)
    expect(earlier(ben).get_by_role("button")).to_have_count(2)
    beside = "() => [...document.querySelector('article').children].map((child) => child.localName)"
    assert ben.page.evaluate(beside) == [
        *("h1", "section", "postil-row", "section", "p", "postil-row", "postil-earlier")
    ]


def test_many_are_put_away_behind_their_heading(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Mead": MEAD, "Vinegar": "What went wrong with the mead is not lost. " + MEAD[::-1]})
    ben = somebody("Ben")
    ben.visit(bees)
    opener = earlier(ben).get_by_role("button", name="Taking the honey")
    expect(earlier(ben).get_by_role("heading")).to_have_text("Earlier discussions 4")
    expect(opener).not_to_be_visible()
    earlier(ben).locator("summary").press("Enter")
    expect(opener).to_be_visible()


def test_a_locked_discussion_is_only_read(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Choosing a hive": HIVE, "Mead": MEAD, "Taking the honey": HONEY + JARS, "Winter": WINTER})
    ben = somebody("Ben")
    ben.visit(bees)
    opener = earlier(ben).get_by_role("button", name="Where to put it")
    opener.click()
    expect(said(ben)).to_have_count(2)
    expect(ben.composer).to_be_visible()
    stage.lock(str(ben.panel.locator("dialog").get_attribute("data-section")), "locked")
    ben.page.reload()
    opener.click()
    expect(said(ben)).to_have_count(2)
    expect(ben.panel).to_contain_text("This section is locked.")
    expect(ben.composer).to_have_count(0)
    expect(ben.panel.locator("[data-action=reply]")).to_have_count(0)


def test_old_words_are_text_and_run_their_own_way(stage: Stage, somebody: Somebody) -> None:
    hostile, hebrew = "&lt;img src=x onerror=alert(1)&gt;", "דבורים וכוורות"
    url = edit(stage, stage.article(), {hostile: f"{hostile} {PLACE}", hebrew: f"{hebrew} " * 20, "Mead": MEAD})
    for index in range(3):
        say(stage, url, index, "A word.")
    publish(stage, url)
    revise(stage, url, {"Mead": MEAD, "Choosing a hive": HIVE})
    ben = somebody("Ben")
    ben.visit(url)
    expect(earlier(ben).locator(".name").first).to_have_text("<img src=x onerror=alert(1)>")
    expect(earlier(ben).locator("blockquote").first).to_contain_text("<img src=x onerror=alert(1)> Let the entrance")
    expect(earlier(ben).locator("blockquote").last).to_have_css("direction", "rtl")
    earlier(ben).get_by_role("button").first.click()
    expect(ben.panel.locator("[part=heading]")).to_have_text("<img src=x onerror=alert(1)>")
    assert ben.page.evaluate("() => document.querySelector('postil-earlier').shadowRoot.querySelector('img')") is None
    assert ben.page.evaluate("() => document.querySelector('postil-panel').shadowRoot.querySelector('img')") is None


# Then and now


def test_a_comment_about_an_earlier_version_shows_then_and_now(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    revise(stage, bees, ARTICLE | {"Choosing a hive": HIVE.replace("soft wood", "straw").replace("Paint", "Tar")})
    late = say(stage, bees, 0, "About the new one.")
    ben = somebody("Ben", screen)
    ben.visit(bees)
    ben.discuss("Choosing a hive")
    first = ben.comment("First about Choosing a hive.")
    label = first.get_by_role("button", name="Written about an earlier version")
    expect(label).to_have_attribute("aria-expanded", "false")
    label.click()
    expect(label).to_have_attribute("aria-expanded", "true")
    then, now = first.locator("dd").all()
    expect(then).to_contain_text("The first one should be of soft wood")
    expect(now).to_contain_text("The first one should be of straw")
    label.press("Enter")
    expect(first.locator("dl")).to_have_count(0)
    expect(label).to_be_focused()
    expect(ben.panel.locator(f"li[data-comment='{late}']").get_by_role("button", name="earlier version")).to_have_count(
        0
    )
    ben.page.keyboard.press("Escape")
    ben.discuss("Where to put it")
    expect(said(ben)).to_have_count(2)
    expect(ben.panel.get_by_role("button", name="earlier version")).to_have_count(0)


def test_what_the_owner_never_said_is_not_made_up(stage: Stage, somebody: Somebody, buzz: str) -> None:
    """Readers' copies made it the reference, so no old heading and no old words may be shown; control: the new ones."""
    publish(stage, buzz, OutlineSource.SEEN)
    revise(stage, buzz, {"Choosing a box": HIVE.replace("soft wood", "straw"), **MERGED, "Choosing a hive": MEAD})
    ben = somebody("Ben")
    ben.visit(buzz)
    ben.discuss("A place for the winter")
    expect(tab(ben, "From an earlier section, 2 comments")).to_be_visible()
    ben.panel.locator("[data-action=then]").first.click()
    expect(ben.panel.locator("dd")).to_have_count(2)
    then, now = ben.panel.locator("dd").all()
    expect(then).to_have_text("How the section began then is not known.")
    expect(now).to_contain_text("A place for the winter")

    publish(stage, edit(stage, buzz, {"Choosing a hive": HIVE, "Mead": MEAD}))
    ben.page.reload()
    unnamed = earlier(ben).get_by_role("button", name="A section that is no longer here 2 comments")
    expect(unnamed).to_have_count(1)
    expect(earlier(ben).get_by_role("button", name="A place for the winter 2 comments")).to_have_count(1)


# Links


@pytest.mark.parametrize(
    ("index", "after", "heading"),
    [
        (0, {"Mead": MEAD, "A box for bees": HIVE, "Taking the honey": HONEY + JARS}, "A box for bees"),
        (1, MERGED, "A place for the winter"),
        (2, {"Choosing a hive": HIVE, "Mead": MEAD}, "Through the winter"),
    ],
    ids=["in its place", "among those merged", "in the earlier discussions"],
)
def test_a_link_leads_to_its_comment_wherever_the_section_went(
    stage: Stage, somebody: Somebody, bees: str, index: int, after: dict[str, str], heading: str
) -> None:
    id = say(stage, bees, index, "This very one.")
    revise(stage, bees, after)
    ben = somebody("Ben")
    ben.visit(f"{bees}#postil-{id}")
    focused = ben.panel.locator("li[data-focus]")
    expect(focused).to_contain_text("This very one.")
    expect(focused).to_be_in_viewport()
    expect(ben.panel.locator("[part=heading]")).to_have_text(heading)
    if index == 1:
        expect(tab(ben, "From “Where to put it”")).to_have_attribute("aria-selected", "true")


# The reader's place


def test_threads_that_move_meanwhile_leave_the_reader_where_he_is(
    stage: Stage, somebody: Somebody, screen: Any, bees: str
) -> None:
    """House, law 8; the control is a comment put in at once, which the browser's own measure must see."""
    for number in range(8):
        say(stage, bees, 1, f"Point {number}. " + "It takes a few lines to make. " * 6)
    decided = revise(stage, bees, MERGED)
    ben = somebody("Ben", screen)
    ben.visit(bees)
    ben.discuss("A place for the winter")
    tab(ben, "From “Where to put it”").click()
    expect(said(ben)).to_have_count(10)
    ben.write("A sentence begun")
    ben.comment("Point 3.").scroll_into_view_if_needed()
    section = ben.panel.locator("dialog").get_attribute("data-section")
    before = ben.page.evaluate(PLACES)
    ben.page.wait_for_timeout(700)  # what the reader himself caused is not counted for half a second
    ben.page.evaluate(SHIFTS)

    keep_apart(stage, decided[Anchor.MERGED])
    expect(ben.row("A place for the winter")).to_contain_text("2 comments")
    stage.say(str(section), "Said after the move.")
    expect(ben.pill).to_contain_text("1 new reply")
    assert ben.page.evaluate(PLACES) == before
    assert ben.page.evaluate("() => window.shifted") < 0.001, "the row's own words, by the width of a digit"
    assert ben.panel.locator("dialog").get_attribute("data-section") == section
    expect(ben.panel.locator("[part=heading]")).to_have_text("A place for the winter")
    assert ben.composer.locator("textarea").input_value() == "A sentence begun"

    ben.reply("Point 3.", "And a reply.")
    assert ben.panel.locator("dialog").get_attribute("data-section") == section
    ben.composer.locator("[part=post]").click()
    expect(tab(ben, "This section, 3 comments")).to_have_attribute("aria-selected", "true")
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben).get_by_role("button")).to_contain_text("Where to put it")
    ben.page.wait_for_timeout(700)
    ben.page.evaluate("() => { window.shifted = 0 }")
    ben.page.evaluate(INSERT_AT_ONCE)
    ben.page.wait_for_timeout(300)
    assert ben.page.evaluate("() => window.shifted") > 0.01


def test_what_arrives_while_the_thread_is_read_afresh_is_not_lost(stage: Stage, somebody: Somebody, bees: str) -> None:
    """The answer is held back until a comment that it does not know of yet has come by the socket."""
    decided = revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    expect(said(ben)).to_have_count(2)
    section = str(ben.panel.locator("dialog").get_attribute("data-section"))
    held: list[tuple[Route, bytes]] = []
    ben.page.route(f"**/sections/{section}/comments?*", lambda route: held.append((route, _answer(route.request.url))))

    keep_apart(stage, decided[Anchor.MERGED])
    while not held:
        ben.page.wait_for_timeout(20)
    stage.say(section, "Said in between.")
    expect(ben.pill).to_contain_text("1 new reply")
    for route, body in held:
        assert b"Said in between." not in body
        route.fulfill(body=body, headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"})
    ben.page.wait_for_timeout(500)
    ben.pill.click()
    expect(ben.comment("Said in between.")).to_be_visible()


def _answer(url: str) -> bytes:
    """What the service answers now."""
    local = urllib.request.Request(url.replace("talk.test", "127.0.0.1"), headers={"Host": url.split("/")[2]})
    with urllib.request.urlopen(local) as response:
        body: bytes = response.read()
    return body


def test_a_post_that_takes_long_does_not_call_the_reader_back(stage: Stage, somebody: Somebody, bees: str) -> None:
    revise(stage, bees, {"Choosing a hive": HIVE, "Taking the honey": HONEY + JARS})
    ben = somebody("Ben")
    ben.visit(bees)
    earlier(ben).get_by_role("button", name="Where to put it").click()
    expect(said(ben)).to_have_count(2)
    held: list[Route] = []
    ben.page.route("**/v1/comments", lambda route: held.append(route))
    ben.write("Behind the barn.")
    ben.composer.locator("[part=post]").click()
    earlier(ben).get_by_role("button", name="Through the winter").click()
    expect(said(ben).first).to_contain_text("Through the winter")
    held[0].continue_()
    expect(earlier(ben)).to_contain_text("3 comments")
    expect(said(ben)).to_have_count(2)
    expect(ben.panel.locator("[part=heading]")).to_have_text("Through the winter")


def test_a_reader_who_cannot_be_told_afresh_is_told_later(stage: Stage, somebody: Somebody, bees: str) -> None:
    decided = revise(stage, bees, MERGED)
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("A place for the winter")
    expect(said(ben)).to_have_count(2)
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        refused.append(route)
        route.fulfill(status=503)

    ben.page.route("**/v1/page?*", refuse, times=1)
    keep_apart(stage, decided[Anchor.MERGED])
    expect(ben.row("A place for the winter")).to_contain_text("2 comments", timeout=20_000)
    assert refused


def test_a_draft_goes_with_its_section(stage: Stage, somebody: Somebody, bees: str) -> None:
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Where to put it")
    ben.write("A thought that is not finished")
    revise(stage, bees, {"Under the hedge" if at == "Where to put it" else at: text for at, text in ARTICLE.items()})
    ben.page.reload()
    ben.discuss("Under the hedge")
    expect(ben.composer.locator("textarea")).to_have_value("A thought that is not finished")
    ben.post("A thought that is finished")
    ben.page.reload()
    ben.discuss("Under the hedge")
    expect(ben.composer.locator("textarea")).to_have_value("")


# What is sent


def test_an_outline_is_sent_by_its_name_and_whole_only_where_it_is_not_known(
    stage: Stage, somebody: Somebody, bees: str
) -> None:
    ann, ben = somebody("Ann"), somebody("Ben")
    known = asked(ann)
    ann.visit(bees)
    expect(ann.row("Choosing a hive")).to_contain_text("2 comments")
    ann.page.wait_for_load_state("networkidle")
    assert [each.split("?")[0].split(" {")[0] for each in known] == ["GET page", "POST views"]
    assert re.search(r'"outline":"[0-9a-f]{32}"', known[1])

    edit(stage, bees, ARTICLE | {"Mead": MEAD})
    unknown = asked(ben)
    ben.visit(bees)
    expect(ben.row("Choosing a hive")).to_contain_text("2 comments")
    ben.page.wait_for_load_state("networkidle")
    assert [each.split("?")[0].split(" {")[0] for each in unknown] == ["GET page", "POST outline", "POST views"]
    assert "Three parts of water" not in unknown[1], "the article itself stays in the browser"


def test_a_service_that_has_forgotten_the_outline_is_told_again(stage: Stage, somebody: Somebody, bees: str) -> None:
    edit(stage, bees, ARTICLE | {"Mead": MEAD})
    ben = somebody("Ben")
    ben.visit(bees)
    ben.discuss("Mead")
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    forget(stage)
    sent = asked(ben)
    ben.post("With yeast or without?")
    posts = [each.removeprefix("POST comments ") for each in sent if each.startswith("POST comments")]
    assert len(posts) == 2
    assert '"sections"' not in posts[0]
    assert '"sections"' in posts[1]
    assert len({re.search(r'"nonce":"([^"]+)"', each)[1] for each in posts}) == 1  # type: ignore[index]
    expect(said(ben)).to_have_count(1)


def test_a_reader_whose_service_restarts_goes_on_hearing(stage: Stage, somebody: Somebody, bees: str) -> None:
    """Of a section, too, that only his unpublished copy of the article has."""
    edit(stage, bees, ARTICLE | {"Mead": MEAD})
    ben = somebody("Ben")
    sockets: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    ben.page.route_web_socket(re.compile("/v1/live$"), route)
    ben.visit(bees)
    ben.discuss("Mead")
    expect(ben.panel.locator(".live")).to_have_attribute("data-state", "live")
    forget(stage)
    sent = asked(ben)
    with ben.page.expect_response("**/v1/outline"):
        sockets[0].close(code=1012)
    assert [each.split("?")[0].split(" {")[0] for each in sent] == ["GET page", "POST outline"]
    say(stage, bees, 4, "With yeast or without?")
    expect(ben.pill).to_contain_text("1 new reply")


def forget(stage: Stage) -> None:
    """As after a restart: what only this process knew of outlines is gone."""
    stage.server.config.app.state.kept = Kept()  # type: ignore[union-attr]
    stage.resources.outlines._shown.clear()
    stage.resources.outlines._placed.clear()


# Small screens


def test_everything_fits_a_small_screen_and_a_thumb(stage: Stage, somebody: Somebody, bees: str) -> None:
    long = "Where to put it when there is neither garden nor roof nor any understanding neighbour at all"
    revise(stage, bees, {long if heading == "Where to put it" else heading: text for heading, text in ARTICLE.items()})
    revise(stage, bees, {"A place for the winter": f"{PLACE} {WINTER}", "Mead": MEAD})
    ben = somebody("Ben", {"width": 360, "height": 740})
    ben.visit(bees)
    ben.rows.last.scroll_into_view_if_needed()
    expect(earlier(ben).get_by_role("button")).to_have_count(2)
    assert ben.page.evaluate("() => document.documentElement.scrollWidth") <= 360
    targets = earlier(ben).get_by_role("button").all()
    assert min(target.bounding_box()["height"] for target in targets) >= 24  # type: ignore[index]
    ben.discuss("A place for the winter")
    for target in ben.panel.get_by_role("tab").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    label = ben.panel.locator("[data-action=then]").first
    assert label.bounding_box()["height"] >= 24  # type: ignore[index]
