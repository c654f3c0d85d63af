"""Every state that the widget can be seen in, each made once: the gallery takes its picture, tests measure it.

STATES: name -> what brings a reader there, in a Scene. A state is asked for by nothing but what readers do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from secrets import token_hex
from typing import Any

from playwright.sync_api import Locator, expect
from tests.browser import bees
from tests.browser.elsewhere import Elsewhere
from tests.browser.stage import Reader, Stage

from postil import discussion, sites
from postil.article import snippet
from postil.discussion import Draft, PageRef
from postil.document import read_document
from postil.ids import hash_token
from postil.markup import render
from postil.outline import outline_hash
from postil.places import Seen
from postil.policy import Action
from postil.states import SectionState
from postil.urls import page_key
from postil.viewer import Viewer

PAGE = """<!doctype html>
<html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="/style.css"></head>
<body><article><h1>{title}</h1><p data-postil-ignore>{by}</p>{sections}</article>
{snippet}</body></html>
"""


@dataclass(frozen=True)
class Texts:
    title: str
    by: str
    sections: dict[str, str]
    said: tuple[str, ...]
    names: tuple[str, ...]


ENGLISH = Texts(
    "Should the centre of a city belong to people on foot?",
    "by Ada Example",
    {
        "What closing a street does to its shops": "The first winter is the hardest. Footfall drops before it rises, "
        "and a business with thin margins does not read averages. In three of the five towns that kept their records "
        "open, takings were back after eleven months; in the fourth they never were. " * 2,
        "Who is missing when buses are moved": "A stop that moves by three hundred metres moves out of reach for some. "
        "Those people seldom write to newspapers, and they were not at the meeting. " * 3,
        "What a square is for": "An empty square in the rain is not a failure. It is a room that waits for Saturday, "
        "and a town that fills every room has none to spare. " * 3,
    },
    (
        "Eleven months is the average of the three that survived the count. Our bakery closed in month seven, "
        "so it is in none of the tables.",
        "You are right, and I have added a sentence about it above. Thank you.",
        "Is the fourth town the one with the new ring road? Then the road did it, not the square.",
        "The ring road opened two years **later**. See the [report](https://example.com/report).",
        "In our street it was the deliveries that nobody had thought of.",
    ),
    ("Marguerite", "Lena Fischer", "Tomasz", "Ada Example", "Noor"),
)
HEBREW = Texts(
    "האם מרכז העיר שייך להולכי הרגל?",
    "מאת עדה לדוגמה",
    {
        "מה סגירת רחוב עושה לחנויות": "החורף הראשון הוא הקשה ביותר. "
        "מספר העוברים יורד לפני שהוא עולה, ועסק קטן אינו קורא ממוצעים. " * 4,
        "מי חסר כשמזיזים את האוטובוסים": "תחנה שזזה בשלוש מאות מטר יוצאת מהישג ידם של אחדים. "
        "הם לא כותבים לעיתונים. " * 4,
        "לשם מה כיכר": "כיכר ריקה בגשם אינה כישלון. היא חדר שמחכה לשבת, ועיר שממלאת כל חדר נשארת בלי מקום. " * 4,
    },
    (
        "אחד־עשר חודשים הם הממוצע של שלוש העיירות ששרדו. המאפייה שלנו נסגרה בחודש השביעי.",
        "נכון, והוספתי על כך משפט למעלה. תודה.",
        "This one is in English, and reads from the left.",
        "הכביש נפתח שנתיים **אחר כך**. ראו את [הדוח](https://example.com/report).",
        "ברחוב שלנו אלה היו המשלוחים שאיש לא חשב עליהם.",
    ),
    ("מרגלית", "לנה", "Tomasz", "עדה לדוגמה", "נור"),
)  # fmt: skip


@dataclass
class Scene:
    """An article in a language, and readers who come to it. `make` opens a browser for somebody of a name."""

    stage: Stage
    make: Callable[..., Reader]
    lang: str = "en"
    texts: Texts = ENGLISH
    moderator: Reader | None = None
    cleanup: list[Callable[[], Any]] = field(default_factory=list)

    @property
    def headings(self) -> list[str]:
        return list(self.texts.sections)

    def article(self, sections: dict[str, str] | None = None, url: str | None = None, attributes: str = "") -> str:
        """Put the article at a fresh URL, or others of its sections at one that is known."""
        url = url or self.stage.article()
        body = "".join(
            f"<h2>{escape(heading)}</h2><p>{text}</p>" for heading, text in (sections or self.texts.sections).items()
        )
        page = PAGE.format(
            lang=self.lang, dir="rtl" if self.texts is HEBREW else "ltr", title=self.texts.title, by=self.texts.by,
            sections=body, snippet=snippet(self.stage.service).replace("<script ", f"<script {attributes} "),
        )  # fmt: skip
        self.stage.articles.pages[url.removeprefix(self.stage.site)] = page
        return url

    def say(self, url: str, index: int, which: int, *, parent: str | None = None, text: str | None = None) -> str:
        """Post from elsewhere; the comment's id."""
        document = read_document(self.stage.articles.pages[url.removeprefix(self.stage.site)], url)
        name, text = self.texts.names[which % 5], text or self.texts.said[which % 5]
        seen = Seen(outline_hash(document.sections), tuple(document.sections))

        async def post() -> str:
            async with self.stage.resources.database.begin() as tx:
                site = await sites.site_of(tx, self.stage.site)
                assert site is not None
                ref = PageRef(key=page_key(url), url=url)
                draft = Draft(
                    page=ref, name=name, source=text, nonce=token_hex(8), outline=seen, index=index, parent=parent
                )
                viewer = Viewer(site.id, author_key=hash_token(f"{name} of {url}"))
                return (await discussion.post(tx, viewer, draft, render(text))).comment.id

        return self.stage.loop.run(post())

    def thread(self) -> str:
        """An article whose first section is talked about, and its second a little; the URL."""
        url = self.article()
        first = self.say(url, 0, 0)
        self.say(url, 0, 1, parent=first)
        third = self.say(url, 0, 2, parent=first)
        self.say(url, 0, 3, parent=third)
        self.say(url, 0, 4)
        self.say(url, 1, 4)
        return url

    def visit(self, url: str, name: str = "") -> Reader:
        reader = self.make(name or self.texts.names[1])
        reader.visit(url)
        return reader

    def open(self, reader: Reader, index: int = 0) -> Reader:
        reader.rows.nth(index).get_by_role("button").click()
        reader.panel.locator("dialog[open]").wait_for()
        expect(reader.panel.locator("[part=composer], .shut")).not_to_have_count(0)
        return reader

    def reading(self) -> Reader:
        """Somebody in the thread of the first section."""
        reader = self.open(self.visit(self.thread()))
        reader.panel.locator("li[data-comment]").nth(4).wait_for()
        return reader

    def writing(self, text: str = "") -> Reader:
        reader = self.reading()
        reader.composer.locator("textarea").fill(text or self.texts.said[4])
        reader.composer.get_by_role("toolbar").wait_for()
        return reader

    def wrote(self) -> Reader:
        """Somebody who has posted in a thread."""
        reader = self.open(self.visit(self.article()))
        self.post(reader, 0)
        return reader

    def post(self, reader: Reader, which: int) -> Locator:
        before = reader.panel.locator("li[data-comment]").count()
        reader.write(self.texts.said[which])
        reader.composer.locator("[part=post]").click()
        expect(reader.panel.locator("li[data-comment]")).to_have_count(before + 1)
        return reader.panel.locator("li[data-comment]").last

    def moderating(self) -> Reader:
        """A moderator in the thread of the first section."""
        url = self.thread()
        reader = self.make("Mira")
        reader.page.goto(self.stage.sign_in_link("Mira"))
        expect(reader.page.get_by_role("status")).to_contain_text("Mira")
        reader.visit(url)
        self.open(reader)
        reader.panel.locator("[data-action=menu]").click()
        with reader.page.expect_popup() as popup:
            reader.panel.locator("[data-action=moderate]").click()
        if not popup.value.is_closed():
            popup.value.wait_for_event("close")
        expect(reader.panel.locator("[data-action=hide]").first).to_be_attached()
        return reader

    def premoderated(self) -> None:
        self.stage.premoderate(True)
        self.cleanup.append(lambda: self.stage.premoderate(False))

    def end(self) -> None:
        for undo in self.cleanup:
            undo()
        self.cleanup.clear()


State = Callable[[Scene], Reader]
STATES: dict[str, State] = {}


def state(act: State) -> State:
    STATES[act.__name__.replace("_", "-")] = act
    return act


def first(reader: Reader, action: str) -> Locator:
    """A button of the first comment; what stands in its menu is opened first."""
    item = reader.panel.locator("li[data-comment]").first
    item.wait_for()
    button = item.locator(f"[data-action={action}]").first
    if not button.is_visible():
        item.locator("[data-action=more]").first.click()
    return button


def act(reader: Reader, action: str) -> Reader:
    first(reader, action).click()
    reader.panel.locator("li[data-comment]").first.locator("form").wait_for()
    return reader


# Rows


@state
def rows_without_comments(scene: Scene) -> Reader:
    return scene.visit(scene.article())


@state
def rows_and_bubbles(scene: Scene) -> Reader:
    return scene.visit(scene.thread())


@state
def rows_with_something_new(scene: Scene) -> Reader:
    url = scene.thread()
    reader = scene.visit(url)
    for which in (2, 3):
        scene.say(url, 0, which)
    reader.page.reload()
    reader.page.locator("postil-row").first.wait_for()
    return reader


# Reading


@state
def loading(scene: Scene) -> Reader:
    reader = scene.visit(scene.thread())
    # A route that is never answered outlives its page, and is complained of.
    reader.page.evaluate(
        """() => { const { fetch } = window;
          window.fetch = (url, ...more) =>
            `${url}`.includes("/sections/") ? new Promise(() => {}) : fetch(url, ...more); }"""
    )
    return scene.open(reader)


@state
def unreachable(scene: Scene) -> Reader:
    reader = scene.visit(scene.thread())
    reader.page.route("**/v1/sections/*/comments*", lambda route: route.abort())
    scene.open(reader)
    reader.panel.get_by_role("alert").first.wait_for()
    return reader


@state
def empty(scene: Scene) -> Reader:
    reader = scene.open(scene.visit(scene.article()))
    reader.panel.locator(".empty b").wait_for()
    return reader


@state
def thread(scene: Scene) -> Reader:
    return scene.reading()


@state
def deep_replies(scene: Scene) -> Reader:
    url = scene.article()
    parent = scene.say(url, 0, 0)
    for which in range(1, 7):
        parent = scene.say(url, 0, which, parent=parent)
    reader = scene.open(scene.visit(url))
    reader.panel.locator("li[data-comment]").nth(6).wait_for()
    return reader


@state
def collapsed(scene: Scene) -> Reader:
    reader = scene.reading()
    first(reader, "fold").click()
    expect(reader.panel.locator("li[data-comment]")).to_have_count(2)
    return reader


@state
def tombstones(scene: Scene) -> Reader:
    reader = scene.reading()
    Elsewhere(scene.stage).decide(reader.panel.locator("li[data-comment]").nth(2), Action.HIDE, "off topic")
    reader.panel.locator("[part=tombstone]").wait_for()
    return reader


@state
def came_by_link(scene: Scene) -> Reader:
    url = scene.article()
    scene.say(url, 0, 0)
    comment = scene.say(url, 0, 1)
    reader = scene.make("Lena")
    reader.page.goto(f"{url}#postil-{comment}")
    reader.panel.locator("li[data-focus]").wait_for()
    return reader


@state
def news(scene: Scene) -> Reader:
    reader = scene.reading()
    scene.say(reader.page.url, 0, 3)
    reader.pill.wait_for()
    return reader


@state
def revealed(scene: Scene) -> Reader:
    reader = news(scene)
    reader.pill.click()
    reader.panel.locator("li[data-focus]").first.wait_for()
    return reader


@state
def all_sections(scene: Scene) -> Reader:
    reader = scene.reading()
    reader.panel.get_by_role("tab").last.click()
    expect(reader.panel.get_by_role("tab").last).to_have_attribute("aria-selected", "true")
    reader.panel.locator("[part=all] li[data-comment]").first.wait_for()
    return reader


@state
def presence(scene: Scene) -> Reader:
    url = scene.thread()
    scene.article(url=url, attributes="data-presence")
    scene.open(scene.visit(url, "Tomasz"))
    reader = scene.open(scene.visit(url))
    expect(reader.panel.locator("[part=presence]")).not_to_be_empty()
    return reader


@state
def keyboard(scene: Scene) -> Reader:
    reader = scene.reading()
    reader.panel.locator("[part=heading]").focus()
    reader.page.keyboard.press("?")
    reader.panel.locator(".menu kbd").first.wait_for()
    return reader


@state
def menu(scene: Scene) -> Reader:
    reader = scene.reading()
    reader.panel.locator("[data-action=menu]").click()
    reader.panel.locator(".menu button").first.wait_for()
    return reader


@state
def menu_of_a_comment(scene: Scene) -> Reader:
    reader = scene.reading()
    first(reader, "more").click()
    reader.panel.locator("li[data-open]").wait_for()
    return reader


# When the article changes: bees, in English


def changed(scene: Scene, sections: dict[str, str], before: dict[str, str] | None = None) -> str:
    url = scene.article(before or bees.ARTICLE)
    for index in range(4):
        scene.say(url, index, index)
        scene.say(url, index, index + 1)
    bees.publish(scene.stage, url)
    scene.article(sections, url)
    bees.publish(scene.stage, url)
    return url


@state
def merged(scene: Scene) -> Reader:
    reader = scene.open(scene.visit(changed(scene, bees.MERGED)), 1)
    reader.panel.locator("li[data-comment]").nth(1).wait_for()
    return reader


@state
def part_of_another(scene: Scene) -> Reader:
    reader = scene.visit(changed(scene, bees.SPLIT))
    scene.open(reader, 4)
    reader.panel.locator("[data-action=part]").wait_for()
    return reader


@state
def earlier(scene: Scene) -> Reader:
    left = {heading: text for heading, text in bees.ARTICLE.items() if heading != "Through the winter"}
    reader = scene.visit(changed(scene, left))
    reader.rows.last.scroll_into_view_if_needed()
    reader.page.locator("postil-earlier button").first.scroll_into_view_if_needed()
    return reader


@state
def earlier_opened(scene: Scene) -> Reader:
    reader = earlier(scene)
    reader.page.locator("postil-earlier button").first.click()
    reader.panel.locator("li[data-comment]").nth(1).wait_for()
    return reader


@state
def then_and_now(scene: Scene) -> Reader:
    sections = bees.ARTICLE | {"Taking the honey": bees.MEAD + bees.HONEY}
    reader = scene.open(scene.visit(changed(scene, sections)), 3)
    reader.panel.locator("[data-action=then]").first.click()
    reader.panel.locator("[part=then]").wait_for()
    return reader


# Writing


@state
def composer_with_words(scene: Scene) -> Reader:
    return scene.writing()


@state
def composer_without_a_name(scene: Scene) -> Reader:
    reader = scene.writing()
    reader.composer.locator("[part=post]").click()
    reader.composer.locator(".error").wait_for()
    return reader


@state
def preview(scene: Scene) -> Reader:
    reader = scene.writing("A *first* point:\n\n> takings were back\n\n- one\n- two\n\nand `code`.")
    reader.composer.locator("[part=preview]").click()
    reader.composer.locator(".preview em").wait_for()
    return reader


@state
def too_long(scene: Scene) -> Reader:
    reader = scene.writing("It takes a few lines to say. " * 400)
    reader.composer.locator("textarea").press("End")
    reader.composer.locator(".kept.over").wait_for()
    return reader


@state
def not_sent(scene: Scene) -> Reader:
    reader = scene.reading()
    reader.page.route("**/v1/comments", lambda route: route.abort())
    reader.write(scene.texts.said[4])
    reader.composer.locator("[part=post]").click()
    reader.panel.locator("[part=shelf]").wait_for()
    return reader


@state
def slow(scene: Scene) -> Reader:
    reader = scene.reading()
    Elsewhere(scene.stage).set_section(reader, SectionState.SLOW, 5)
    expect(reader.composer.locator("textarea")).to_have_attribute("aria-description", re.compile("."))
    return reader


@state
def too_soon(scene: Scene) -> Reader:
    reader = scene.wrote()
    Elsewhere(scene.stage).set_section(reader, SectionState.SLOW, 5)
    reader.write(scene.texts.said[1])
    reader.composer.locator("[part=post]").click()
    reader.composer.locator(".error:not([hidden])").wait_for()
    return reader


@state
def locked(scene: Scene) -> Reader:
    reader = scene.reading()
    Elsewhere(scene.stage).set_section(reader, SectionState.LOCKED)
    reader.panel.locator(".shut").wait_for()
    return reader


@state
def closed(scene: Scene) -> Reader:
    reader = scene.reading()
    Elsewhere(scene.stage).set_section(reader, SectionState.CLOSED)
    reader.panel.locator(".shut").wait_for()
    return reader


@state
def banned(scene: Scene) -> Reader:
    reader = scene.wrote()
    Elsewhere(scene.stage).ban(reader.panel.locator("li[data-comment]").first, until=4_000_000_000, reason="spam")
    reader.write(scene.texts.said[1])
    reader.composer.locator("[part=post]").click()
    reader.composer.locator(".error:not([hidden])").wait_for()
    return reader


@state
def posted(scene: Scene) -> Reader:
    return scene.wrote()


@state
def reply(scene: Scene) -> Reader:
    return act(scene.reading(), "reply")


@state
def edit(scene: Scene) -> Reader:
    return act(scene.wrote(), "edit")


@state
def remove(scene: Scene) -> Reader:
    return act(scene.wrote(), "remove")


@state
def report(scene: Scene) -> Reader:
    return act(scene.reading(), "flag")


# One's own


@state
def pending(scene: Scene) -> Reader:
    scene.premoderated()
    reader = scene.wrote()
    reader.panel.locator("[part=state]").wait_for()
    return reader


@state
def held_edit(scene: Scene) -> Reader:
    reader = scene.wrote()
    scene.premoderated()
    act(reader, "edit")
    form = reader.panel.locator("li[data-comment] form")
    form.locator("textarea").fill(scene.texts.said[1])
    form.locator("[part=post]").click()
    reader.panel.locator("[data-action=held]").click()
    return reader


@state
def hidden(scene: Scene) -> Reader:
    reader = scene.wrote()
    Elsewhere(scene.stage).decide(reader.panel.locator("li[data-comment]").first, Action.HIDE, "off topic")
    reader.panel.locator("[data-action=appeal]").wait_for()
    return reader


@state
def appeal(scene: Scene) -> Reader:
    return act(hidden(scene), "appeal")


# Moderating


@state
def moderating(scene: Scene) -> Reader:
    return scene.moderating()


@state
def moderators_menu(scene: Scene) -> Reader:
    reader = scene.moderating()
    if not reader.panel.locator(".menu button").first.is_visible():
        reader.panel.locator("[data-action=menu]").click()
    reader.panel.locator(".menu [data-action=slow]").wait_for()
    return reader


@state
def hide(scene: Scene) -> Reader:
    return act(scene.moderating(), "hide")


@state
def ban(scene: Scene) -> Reader:
    return act(scene.moderating(), "ban")


@state
def done(scene: Scene) -> Reader:
    reader = act(scene.moderating(), "hide")
    reader.panel.locator("li[data-comment]").first.locator("form .primary").click()
    reader.panel.locator("[part=done]").wait_for()
    return reader
