"""What every test may lean on: a real Chromium, and event loops that keep out of each other's way.

`chromium` is one browser for the whole run, driven by Playwright's sync API: tests that use it are plain
functions, and a server they talk to runs in a thread or a process of its own. `context` and `page` are fresh
for each test. Mark such tests `browser`.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests import left_out
from tests.bundling import bundled
from tests.databases import ON_POSTGRESQL

# What a window has besides its page, each a process or two of its own: half of what a page costs. Of two lists Chromium
# obeys the last, so Playwright's own stands in ours.
LEFT_AWAY = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AimEnabled"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
    "TcpPortRandomizationWin",
)

ARGUMENTS = [
    f"--disable-features={','.join(LEFT_AWAY)}",
    "--no-sandbox",  # containers rarely allow the user namespaces that the sandbox wants
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Sites under test are called blog.test or evil.test, the service talk.localhost. No other name resolves: no test
    # leaves this machine.
    "--host-resolver-rules=MAP *.test 127.0.0.1, MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, "
    "EXCLUDE localhost",
]

# The files that take longest, longest first: where files run beside each other, one that begins last holds all up.
LONGEST = (
    *("attacks/test_through_the_api", "browser/test_access", "browser/test_languages", "browser/test_own_state"),
    *("browser/test_moderating", "browser/test_queue", "browser/test_discussion", "browser/test_people"),
    *("scale/test_history", "api/test_leaks", "crash/test_kill", "browser/test_anchors", "browser/test_demo"),
    *("browser/test_embeds", "browser/test_writing", "browser/test_seven_versions", "laws/test_nothing_leaks"),
    *("api/test_schema", "attacks/test_csrf", "attacks/test_layout", "attacks/test_flood"),
)


# The services that tests start are compiled once, wherever this machine keeps, or does not keep, what it compiled.
os.environ["PYTHONPYCACHEPREFIX"] = str(Path(__file__).parents[1] / "build" / "bytecode")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = left_out.program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        loop = asyncio._get_running_loop()
        yield browser
        asyncio._set_running_loop(loop)  # a test without a browser may be the last, and hides it
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: no cookies, no storage. More of them: `chromium.new_context()`."""
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the widget as a wheel carries it, one for all workers of a run. It is only read."""
    own = tmp_path_factory.getbasetemp()
    return bundled(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ON_POSTGRESQL:
        left_out.leave_to_sqlite(items)
    if hasattr(config, "workerinput"):
        longest_first(items)


def longest_first(items: list[pytest.Item]) -> None:
    """Where workers share the files, each takes the longest left: LONGEST, then other browsers', then by size."""
    ranks = {Path(__file__).parent / f"{name}.py": rank for rank, name in enumerate(LONGEST)}
    sizes = Counter(item.path for item in items)

    def turn(item: pytest.Item) -> tuple[int, bool, int, Path]:
        is_quick = item.get_closest_marker("browser") is None
        return ranks.get(item.path, len(ranks)), is_quick, -sizes[item.path], item.path

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Between its calls sync Playwright leaves its loop marked as running, which would make every async test and
    fixture after the first browser test fail. Hide that mark from whatever does not drive the browser."""
    if "chromium" in getattr(item, "fixturenames", ()):
        return (yield)
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(None if running is None or running.is_closed() else running)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out.tell(terminalreporter)
