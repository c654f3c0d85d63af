"""Takes the README's pictures: the running demo in Chromium, wide and narrow, light and dark. `make pictures`."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
WIDE, NARROW = (1280, 800), (360, 740)


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo with fresh data, on a port of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-u", "-m", "postil.cli", "demo", "--port", "0"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = (re.search(r"discuss\s+(http://\S+)", line) for line in process.stdout)
            yield next(found[1] for found in said if found)
            process.terminate()


def take(browser: Browser, url: str, name: str, size: tuple[int, int], scheme: Literal["light", "dark"]) -> None:
    """A picture of the article with the thread of its second section open."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, device_scale_factor=2)
    page.goto(url)
    page.locator("postil-row").nth(1).locator("button").click()
    page.locator("postil-panel article").first.wait_for()
    # Under the heading of the section whose thread is open; the panel has come to rest by then.
    page.locator("h2").first.evaluate("heading => scrollTo(0, heading.getBoundingClientRect().top + scrollY - 96)")
    page.wait_for_function("document.getAnimations({ subtree: true }).every(each => each.playState != 'running')")
    page.screenshot(path=HERE / f"{name}.png")
    page.close()


def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("The pictures need Chromium: apt-get install chromium")
    return path


def main() -> None:
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        take(browser, url, "demo-wide", WIDE, "light")
        take(browser, url, "demo-dark", WIDE, "dark")
        take(browser, url, "demo-narrow", NARROW, "light")
        browser.close()


if __name__ == "__main__":
    main()
