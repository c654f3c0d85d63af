"""A long thread in a real Chromium, on what stands for a slow phone: a quarter of this machine's speed."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, CDPSession, Page, Route, async_playwright

from bench.data import OUTLINE, PAGE
from bench.processes import unpin

# By how much the browser is slowed down while tasks are timed.
THROTTLE = 4
# A task that is longer keeps whoever scrolls or types waiting, by the browsers' own word, in milliseconds.
LONG = 50
CHANGES = 12

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
OBSERVE = """() => { window.tasks = [];
const note = (list) => tasks.push(...list.getEntries().map(({ duration }) => duration));
new PerformanceObserver(note).observe({ type: "longtask" }); }"""
# Whoever scrolls on comes to the end, page by page; and going back, to the rest of a thread that was passed.
ON = f"""(count) => {{
  const list = document.querySelector("postil-panel") && {LIST};
  if (!list) return false;
  const more = [...list.querySelectorAll("ol.list>li:not([data-comment])")];
  const drawn = more.find((item) => item.firstChild);
  if (drawn) drawn.scrollIntoView();
  else if (more.length) list.scrollTop = list.scrollTop > 0 ? list.scrollTop - 2000 : list.scrollHeight;
  return !more.length && list.querySelectorAll("li[data-comment]").length >= count;
}}"""
SCROLL = f"""async () => {{
  const list = {LIST};
  list.scrollTop = list.scrollHeight / 2;
  for (let frame = 0; frame < 60; frame++) {{
    list.scrollTop += 60;
    await new Promise(requestAnimationFrame);
  }}
  return new Promise((go) => setTimeout(() => go(tasks.splice(0)), 200));
}}"""

# Not by a locator, which looks at every node of the page.
NEWS = f"(news) => {LIST}.parentNode.querySelector('[part=pill]').textContent.startsWith(news)"

Say = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Thread:
    """What a thread costs its reader: long tasks in wall ms, slowed down; one arrival in CPU ms, not slowed down."""

    tasks: list[float]
    change: float


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser | None]:
    """A browser on all cores, or None on a machine without one."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        yield None
        return
    with unpin():
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            yield browser
            await browser.close()


async def read(browser: Browser, service: str, heading: str, count: int, say: Say) -> Thread:
    """Open the thread of a section, load all of it, scroll; then have replies arrive, one by one."""
    page = await browser.new_page()
    page.set_default_timeout(120_000)
    await page.route(PAGE, lambda route: _article(route, service))
    await page.goto(PAGE)
    row = page.locator("postil-row").filter(has_text=heading)
    await row.wait_for()
    devtools = await page.context.new_cdp_session(page)
    await page.evaluate(OBSERVE)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    await row.get_by_role("button").click()
    await page.wait_for_function(ON, arg=count, polling=100)
    tasks = await page.evaluate(SCROLL)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    thread = Thread([ms for ms in tasks if ms > LONG], await _arrivals(page, devtools, say))
    await page.close()
    return thread


async def _article(route: Route, service: str) -> None:
    text = "<p>What is said here takes a few lines to say, and is said at length.</p>" * 3
    sections = "".join(f"<h2>{one.heading}</h2>{text}" for one in OUTLINE)
    await route.fulfill(body=ARTICLE.format(sections=sections, service=service), content_type="text/html")


async def _arrivals(page: Page, devtools: CDPSession, say: Say) -> float:
    """The CPU that one arrival costs the page's main thread, in milliseconds."""
    await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = 0.0
    for number in range(CHANGES + 1):
        await say(number)
        await page.wait_for_function(NEWS, arg=f"{number + 1} new", polling=50)
        if not number:  # the first loads what only arrivals need
            before = await _busy(devtools)
    return (await _busy(devtools) - before) / CHANGES


async def _busy(devtools: CDPSession) -> float:
    told = await devtools.send("Performance.getMetrics")
    return 1000 * next(float(one["value"]) for one in told["metrics"] if one["name"] == "TaskDuration")
