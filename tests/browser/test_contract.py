"""window.Postil and its events, as postil.d.ts promises them to pages."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.stage import Reader, Stage

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

TYPES = Path(__file__).parents[2] / "client_widget" / "postil.d.ts"
TYPESCRIPT = "typescript@5.9.3"

CONSUMER = """/// <reference path="./postil.d.ts" />
import type { PostilWidget } from "./postil";
const widget: PostilWidget | undefined = window.Postil;
async function use(postil: PostilWidget) {
  const same: PostilWidget = await postil.ready;
  const off: () => void = same.on("counts", ({ sections }) => sections.map(({ comments }) => comments + 1));
  off();
  addEventListener("postil:error", ({ detail }) => detail.code.length);
  await postil.mount(document.body, { headings: "h2", theme: "dark" });
  await postil.refresh();
  await postil.open("method");
  postil.setTheme("auto");
  // @ts-expect-error: there is no such theme
  postil.setTheme("blue");
  // @ts-expect-error: there is no such event
  postil.on("opened", () => {});
  postil.unmount();
  return postil.version.length;
}
"""


def manual(stage: Stage) -> str:
    """A page whose script waits to be told."""
    url = stage.article()
    path = url.removeprefix(stage.site)
    pages = stage.articles.pages
    pages[path] = pages[path].replace("<script async", '<script async data-mode="manual"')
    return url


def test_a_page_calls_what_is_promised_and_nothing_else(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.visit(stage.article())
    names = ann.page.evaluate("async () => Object.keys(await Postil.ready)")
    [widget] = re.findall(r"interface PostilWidget \{(.*?)\n\}", TYPES.read_text("utf-8"), re.S)
    assert set(names) == set(re.findall(r"^  (?:readonly )?(\w+)[(:<]", widget, re.M))


def test_in_manual_mode_a_page_mounts_unmounts_and_mounts_otherwise(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.page.goto(manual(stage))
    ann.page.wait_for_function("window.Postil")
    expect(ann.rows).to_have_count(0)
    ann.page.evaluate("Postil.mount(document.querySelector('article'))")
    expect(ann.rows).to_have_count(4)
    ann.page.evaluate("Postil.mount('article', { headings: 'h1,h2', page: 'other' })")
    expect(ann.rows).to_have_count(4)
    expect(ann.row("An essay")).to_have_count(1)
    ann.page.evaluate("Postil.unmount()")
    expect(ann.page.locator("postil-row,postil-bubble")).to_have_count(0)
    ann.page.evaluate("Postil.refresh()")
    expect(ann.rows).to_have_count(0)
    ann.page.evaluate("Postil.mount()")
    expect(ann.rows).to_have_count(4)


def test_a_section_is_opened_by_its_name_and_a_comment_by_its_id(stage: Stage, somebody: Somebody) -> None:
    url, ann = stage.article(), somebody("Ann")
    path = url.removeprefix(stage.site)
    stage.articles.pages[path] = stage.articles.pages[path].replace("<h2>Method", '<h2 id="how">Method')
    ann.visit(url)
    ann.page.evaluate("Postil.open('how')")
    expect(ann.panel.get_by_role("heading", name="Method").first).to_be_visible()
    ann.post("By its id.")
    comment = ann.comment("By its id.").get_attribute("data-comment")
    ann.page.reload()
    ann.page.wait_for_function("window.Postil")
    ann.page.evaluate("(id) => Postil.open(id)", comment)
    expect(ann.panel.locator(f"[data-comment={comment!r}][data-focus]")).to_be_visible()


def test_events_bubble_from_the_article(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    listen = """(() => {
      window.heard = [];
      for (const type of ["ready", "counts", "open", "posted", "close"]) {
        document.addEventListener(`postil:${type}`, ({ target, composed, detail }) =>
          heard.push([type, target.localName, composed, detail]));
      }
    })()"""
    ann.page.add_init_script(listen)
    ann.visit(stage.article())
    ann.page.evaluate(
        "async () => { window.counted = []; Postil.on('counts', ({ sections }) => counted.push(sections)); }"
    )
    ann.discuss("Method")
    ann.post("Heard.")
    ann.page.wait_for_function("counted.at(-1)?.[0]?.comments === 1")
    ann.page.keyboard.press("Escape")
    ann.page.wait_for_function("heard.some(([type]) => type === 'close')")
    heard: list[Any] = ann.page.evaluate("heard")
    assert {"ready", "counts", "open", "posted", "close"} == {type for type, *_ in heard}
    assert {(target, composed) for _, target, composed, _ in heard} == {("article", True)}


def scheme(reader: Reader) -> str:
    return str(reader.page.evaluate("getComputedStyle(document.querySelector('postil-row')).colorScheme"))


def test_the_theme_is_the_pages_or_as_told(stage: Stage, somebody: Somebody) -> None:
    ann = somebody("Ann")
    ann.visit(stage.article())
    ann.page.evaluate("Postil.ready")
    assert scheme(ann) == "light dark", "the page says it itself"
    ann.page.evaluate("async () => { Postil.setTheme('dark'); await Postil.refresh(); }")
    assert scheme(ann) == "dark"
    ann.page.evaluate(
        """async () => {
      document.body.style.colorScheme = "normal";
      Postil.setTheme("auto");
      await Postil.refresh();
    }"""
    )
    assert scheme(ann) == "light"
    for ground, wanted in (("#14161a", "dark"), ("oklch(0.97 0.01 90)", "light"), ("rgb(30 32 36 / 0.9)", "dark")):
        ann.page.evaluate("(ground) => { document.documentElement.style.background = ground; }", ground)
        ann.page.wait_for_function(f"getComputedStyle(document.querySelector('postil-row')).colorScheme === '{wanted}'")


@pytest.mark.skipif(shutil.which("npx") is None, reason="Node is not here")
def test_the_types_hold_for_who_uses_them(tmp_path: Path) -> None:
    (tmp_path / "postil.d.ts").write_text(TYPES.read_text("utf-8"), "utf-8")
    (tmp_path / "consumer.ts").write_text(CONSUMER, "utf-8")
    compiler = ["npx", "--yes", f"--package={TYPESCRIPT}", "tsc"]
    if subprocess.run([*compiler, "--version"], capture_output=True).returncode:
        pytest.skip("TypeScript cannot be had here")
    command = [*compiler, "--strict", "--noEmit", "--lib", "es2023,dom", "--moduleResolution", "bundler"]
    done = subprocess.run([*command, "--module", "esnext", "consumer.ts"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
