"""A long thread in a real Chromium, on what stands for a slow phone: a quarter of this machine's speed."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, CDPSession, Page, Route, async_playwright

from bench.data import OUTLINE, PAGE
from bench.processes import unpin
from bench.trace import Task, traced
from bench.waiting import PATIENCE, within

# How many times slower what it stands for is.
SLOWER = 4
# A task that is longer keeps whoever scrolls or types waiting, by the browsers' own word, in milliseconds.
LONG = 50
CHANGES = 12
# To read a thousand to their end takes half a minute at a quarter of the speed, and several times that where much runs.
READING = 600

# No other machine is asked for anything; the page's own server is a route of the browser's.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-features=LocalNetworkAccessChecks",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
ARTICLE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>An essay</title>
<article><h1>An essay</h1>{sections}</article><script async src="{service}/postil.js"></script></html>"""

LIST = "document.querySelector('postil-panel').shadowRoot.querySelector('[part=thread]')"
# All that is done to the page, in the page: what Playwright looks with is no part of what is measured.
# Whoever scrolls on comes to the end, page by page; and going back, to the rest of a thread that was passed. He goes on
# when what he sees is drawn. What never comes is said.
READ = f"""async ([heading, count, patience]) => {{
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  let [most, since] = [-1, performance.now()];
  const check = (what, read, list) => {{
    if (read > most) [most, since] = [read, performance.now()];
    if (performance.now() - since < patience * 1000) return;
    const there = `${{read}} of ${{count}} comments were there: “${{list?.innerText.slice(0, 200)}}”`;
    throw new Error(`waited ${{patience}} s for ${{what}}; ${{there}}`);
  }};
  const rows = [...document.querySelectorAll("postil-row")].map(({{ shadowRoot }}) => shadowRoot);
  rows.find(({{ textContent }}) => textContent.includes(heading)).querySelector("button").click();
  for (; !document.querySelector("postil-panel"); await wait(50)) check("the panel", 0);
  const list = {LIST};
  const isBlank = () => {{
    const {{ left, top, width, height }} = list.getBoundingClientRect();
    return !list.getRootNode().elementFromPoint(left + width / 2, top + height / 2)?.closest("li");
  }};
  for (let read = 0; ; read = list.querySelectorAll("li[data-comment]").length) {{
    const more = [...list.querySelectorAll("ol.list>li:not([data-comment])")];
    if (!more.length && read >= count) break;
    check("the rest of the thread", read, list);
    const drawn = more.find((item) => item.firstChild);
    if (drawn) drawn.scrollIntoView();
    else if (more.length) list.scrollTop = list.scrollTop > 0 ? list.scrollTop - 2000 : list.scrollHeight;
    await wait(100);
    for (; isBlank(); await wait(30)) check("a comment to be drawn where somebody looks", read, list);
  }}
  list.scrollTop = list.scrollHeight / 2;
  for (let frame = 0; frame < 60; frame++) {{
    list.scrollTop += 60;
    await new Promise(requestAnimationFrame);
  }}
  await wait(500);
}}"""

# Not by a locator, which looks at every node of the page.
NEWS = f"(news) => {LIST}.parentNode.querySelector('[part=pill]').textContent.startsWith(news)"

Say = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Thread:
    """One that was opened, loaded to its end and scrolled, and the tasks of the page's main thread until then."""

    page: Page
    devtools: CDPSession
    tasks: list[Task]

    async def arrival(self, say: Say) -> float:
        """The CPU that one arrival costs the page's main thread, in milliseconds."""
        async with within(PATIENCE, "Chromium to count the page's CPU"):
            await self.devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = 0.0
        for number in range(CHANGES + 1):
            await say(number)
            async with within(PATIENCE, f"arrival {number + 1} to be told of on the screen"):
                await self.page.wait_for_function(NEWS, arg=f"{number + 1} new", polling=50)
            if not number:  # the first loads what only arrivals need
                before = await self._busy()
        return (await self._busy() - before) / CHANGES

    async def _busy(self) -> float:
        async with within(PATIENCE, "the page's CPU, of Chromium"):
            told = await self.devtools.send("Performance.getMetrics")
        return 1000 * next(float(one["value"]) for one in told["metrics"] if one["name"] == "TaskDuration")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser | None]:
    """A browser on all cores, or None on a machine without one."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        yield None
        return
    with unpin():
        async with AsyncExitStack() as ends:
            async with within(PATIENCE, "Chromium to start"):
                playwright = await async_playwright().start()
                ends.push_async_callback(_ended, playwright.stop, "Playwright to end")
                browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
                ends.push_async_callback(_ended, browser.close, "Chromium to end")
            yield browser


async def _ended(end: Callable[[], Awaitable[None]], what: str) -> None:
    async with within(PATIENCE, what):
        await end()


@asynccontextmanager
async def read(
    browser: Browser, service: str, heading: str, count: int, slower: int = 1, patience: float = PATIENCE
) -> AsyncIterator[Thread]:
    """Open the thread of a section, load all of it, scroll, in a browser that is slowed down so many times.

    `patience`: how many seconds may pass without anything new on the screen. Overdue, or Playwright's Error.
    """
    async with within(PATIENCE, f"the article with its row “{heading}”"):
        page = await browser.new_page()
        page.set_default_timeout(0)
        await page.route(PAGE, lambda route: _article(route, service))
        await page.goto(PAGE)
        await page.locator("postil-row").filter(has_text=heading).wait_for()
        devtools = await page.context.new_cdp_session(page)
    async with traced(browser, page) as tasks:
        async with within(READING, f"the thread of “{heading}” to be read to its end"):
            await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
            await page.evaluate(READ, [heading, count, patience])
            await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    yield Thread(page, devtools, tasks)
    async with within(PATIENCE, "the page to close"):
        await page.close()


async def _article(route: Route, service: str) -> None:
    text = "<p>What is said here takes a few lines to say, and is said at length.</p>" * 3
    sections = "".join(f"<h2>{one.heading}</h2>{text}" for one in OUTLINE)
    await route.fulfill(body=ARTICLE.format(sections=sections, service=service), content_type="text/html")
