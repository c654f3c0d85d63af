"""The recipes of docs/recipes.md, each in a page as its generator's theme makes it: talk, light and dark, moving on."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import WIDE
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
EMBEDS = ROOT / "tests" / "embeds"
RECIPES = (ROOT / "docs" / "recipes.md").read_text("utf-8")
SERVICE, SITE = "https://talk.example.com", "https://blog.example.com"

# A theme's own scripts and styles stand in its pages.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' {service}; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' {service} {socket}"
)


@dataclass
class Embed:
    """A generator's page: its sections, the theme's switch to dark if it has one, and the words of its next page."""

    title: str
    sections: tuple[str, ...]
    switch: str = ""
    by_system: bool = False
    is_dark: bool = False
    next: dict[str, str] = field(default_factory=dict)
    introduction: bool = True


EMBEDS_BY_NAME = {
    "plain": Embed("Plain HTML", ("Planting", "Laying", "Birds"), by_system=True),
    "mkdocs-material": Embed(
        "MkDocs Material",
        ("Water", "Power"),
        switch="label[title=Dark]",
        next={"Water": "Limescale", "Power": "Vinegar", "Installing": "Descaling"},
    ),
    "sphinx": Embed("Sphinx", ("Places", "Days")),
    "hugo": Embed("Hugo", ("Bends", "Hitches"), switch="#theme-toggle"),
    "jekyll": Embed("Jekyll", ("The starter", "The oven"), by_system=True),
    "eleventy": Embed("Eleventy", ("Boots", "Hats"), by_system=True),
    "astro": Embed(
        "Astro",
        ("Beans", "Kale"),
        switch="#themeToggle",
        next={"Beans": "Peas", "Kale": "Leeks", "First frost": "Second thaw"},
    ),
    "docusaurus": Embed(
        "Docusaurus",
        ("Springs", "Neaps"),
        switch=".toggleButton_gllP",
        next={"Springs": "Leading lights", "Neaps": "Buoys", "Tides": "Lights"},
    ),
    "wordpress": Embed("WordPress", ("Glue", "Clamps")),
    "ghost": Embed("Ghost", ("The ferry", "The school"), is_dark=True),
}
NAVIGATING = [name for name, embed in EMBEDS_BY_NAME.items() if embed.next]


def serve(stage: Stage, name: str, path: str, words: dict[str, str] | None = None) -> str:
    """The fixture as a page of the stage's site; with other words it is another page of that site."""
    html = (EMBEDS / f"{name}.html").read_text("utf-8").replace(f"{SITE}/embeds/{name}/", stage.site + path)
    html = html.replace(SERVICE, stage.service).replace(SITE, stage.site)
    html = html.replace(f"/embeds/{name}/next/", f"{path}next/")
    for old, new in (words or {}).items():
        html = html.replace(f">{old}", f">{new}").replace(f"Link to {old}", f"Link to {new}")
    stage.articles.pages[path] = html
    stage.articles.policies[path] = POLICY.format(service=stage.service, socket=stage.service.replace("http", "ws", 1))
    return stage.site + path


def wait_for_scheme(page: Page, host: str, scheme: str) -> None:
    """A host of ours writes light on dark, or dark on light."""
    page.wait_for_function(
        """([host, scheme]) => {
          const root = document.querySelector(host)?.shadowRoot;
          const shown = root?.querySelector("dialog,.row");
          if (!shown) return false;
          const canvas = new OffscreenCanvas(1, 1).getContext("2d");
          canvas.fillStyle = getComputedStyle(shown).color;
          canvas.fillRect(0, 0, 1, 1);
          const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
          return (red + green + blue > 3 * 115) === (scheme === "dark");
        }""",
        arg=[host, scheme],
    )


@pytest.mark.parametrize("name", EMBEDS_BY_NAME)
def test_a_page_of_the_generator_is_discussed_in_its_own_light(
    stage: Stage, somebody: Callable[..., Reader], name: str
) -> None:
    embed = EMBEDS_BY_NAME[name]
    ann = somebody("Ann", WIDE, color_scheme="dark" if not (embed.switch or embed.by_system) else "light")
    ann.visit(serve(stage, name, f"/embeds/{name}/"))
    page = ann.page
    if name == "docusaurus":
        page.locator("html[data-has-hydrated=true]").wait_for()
    expect(ann.rows).to_have_count(len(embed.sections) + embed.introduction)
    for at, section in enumerate(embed.sections):
        expect(ann.rows.nth(at + embed.introduction)).to_contain_text(section)
        expect(ann.rows.nth(at + embed.introduction)).to_be_visible()

    # Within the column of the text, as wide as it.
    text = page.locator("p", has=page.locator("xpath=preceding-sibling::h2")).first.bounding_box()
    row = ann.row(embed.sections[0]).bounding_box()
    assert text and row
    assert row["x"] == pytest.approx(text["x"], abs=1)
    assert row["width"] == pytest.approx(text["width"], abs=1)

    fonts = """row => [row.previousElementSibling, row.shadowRoot.querySelector(".row")]
      .map((node) => getComputedStyle(node).fontFamily)"""
    written, said = ann.row(embed.sections[0]).evaluate(fonts)
    assert said == written, "in the page's own type"

    ann.discuss(embed.sections[0])
    ann.post(f"I know better about {embed.sections[0]}.")
    first = "dark" if embed.is_dark else "light"
    for host in ("postil-row", "postil-panel"):
        wait_for_scheme(page, host, first)
    if embed.by_system:
        page.emulate_media(color_scheme="dark")
    elif embed.switch:
        page.locator(embed.switch).dispatch_event("click")
    if embed.by_system or embed.switch:
        for host in ("postil-row", "postil-panel"):
            wait_for_scheme(page, host, "dark")


@pytest.mark.parametrize("name", NAVIGATING)
def test_talk_follows_the_generators_own_navigation(stage: Stage, somebody: Callable[..., Reader], name: str) -> None:
    embed = EMBEDS_BY_NAME[name]
    path = f"/walks/{name}/"
    ann = somebody("Ann", WIDE)
    url = serve(stage, name, path)
    serve(stage, name, f"{path}next/", embed.next)
    ann.visit(url)
    page = ann.page
    if name == "docusaurus":
        page.locator("html[data-has-hydrated=true]").wait_for()
    expect(ann.row(embed.sections[0])).to_be_visible()
    page.evaluate("window.stayed = true")

    page.locator(f"a[href='{path}next/']").first.click()
    there = [embed.next[section] for section in embed.sections]
    for section in there:
        expect(ann.row(section)).to_be_visible()
    expect(ann.rows).to_have_count(len(there) + embed.introduction)
    ann.discuss(there[1])
    ann.post("Said on the second page.")
    ann.panel.locator("[data-action=close]").click()

    page.go_back()
    for section in embed.sections:
        expect(ann.row(section)).to_be_visible()
    expect(ann.rows).to_have_count(len(embed.sections) + embed.introduction)
    ann.discuss(embed.sections[1])
    expect(ann.panel.locator("li[data-comment]")).to_have_count(0)
    page.go_forward()
    expect(ann.row(there[1])).to_contain_text("1 comment")
    assert page.evaluate("window.stayed"), "the page was never loaded anew"


def section_of(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", RECIPES, re.M | re.S)
    assert found, f"docs/recipes.md has no part “## {title}”"
    return found[1]


def lean(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize("name", EMBEDS_BY_NAME)
def test_a_page_has_exactly_what_its_recipe_says(name: str) -> None:
    part = section_of(EMBEDS_BY_NAME[name].title)
    fixture = lean((EMBEDS / f"{name}.html").read_text("utf-8"))
    blocks = [lean(block) for block in re.findall(r"^```html\n(.*?)^```", part, re.M | re.S)]
    assert blocks
    for block in blocks:
        assert block in fixture
    assert fixture.count(SERVICE) == sum(block.count(SERVICE) for block in blocks) == 2
    # What is pasted names the same script, asynchronously.
    pasted = re.findall(r"^```(?!html$)\w+[\w+-]*\n(.*?)^```", part, re.M | re.S) or blocks
    assert "/postil.js" in "".join([*pasted, *blocks])
    assert "async" in "".join([*pasted, *blocks])


def test_every_generator_has_its_recipe_and_its_page() -> None:
    titles = re.findall(r"^## (.+)$", RECIPES, re.M)
    assert titles == [embed.title for embed in EMBEDS_BY_NAME.values()]
    assert {path.stem for path in EMBEDS.glob("*.html")} == set(EMBEDS_BY_NAME)
    for embed in EMBEDS_BY_NAME.values():
        assert f"| [{embed.title}](#{embed.title.lower().replace(' ', '-')}) |" in RECIPES
    scope: dict[str, object] = {}
    exec("".join(re.findall(r"```python\n(.*?)```", section_of("Sphinx"), re.S)), scope)  # the owner's own file
    assert scope["html_js_files"] == [(f"{SERVICE}/postil.js", {"async": "async"})]
