"""Takes the pictures of docs/theming.md: each theme of docs/themes on the running demo. `make pictures`."""

from pathlib import Path
from typing import Literal

from docs.pictures.take import chromium, demo
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
THEMES = HERE.parent / "themes"
SIZE = (1360, 720)

# A theme is chosen for a page that looks like it: this is that page's own CSS, and the scheme of its reader.
PAGES: dict[str, tuple[Literal["light", "dark"], str]] = {
    "paper": ("light", "body { background: #f7f0e3; color: #2e2820; font-family: 'DejaVu Serif', Georgia, serif }"),
    "newspaper": ("light", "body { background: #fff; color: #111; font-family: 'DejaVu Serif', Georgia, serif }"),
    "terminal": ("dark", "body { background: #060b07; color: #dff5e4; font-family: 'DejaVu Sans Mono', monospace }"),
    "soft": ("light", "body { background: #fbf3fd; color: #2a2140; font-family: Nunito, system-ui, sans-serif }"),
}


def take(browser: Browser, url: str, name: str) -> None:
    scheme, page_css = PAGES[name]
    context = browser.new_context(
        viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    page = context.new_page()
    page.goto(url)
    page.add_style_tag(content=page_css + (THEMES / f"{name}.css").read_text("utf-8"))
    page.locator("postil-row").nth(1).locator("button").click()
    page.locator("postil-panel article").first.wait_for()
    page.locator("h2").first.evaluate("heading => scrollTo(0, heading.getBoundingClientRect().top + scrollY - 96)")
    page.screenshot(path=HERE / f"theme-{name}.png")
    context.close()


def main() -> None:
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        for name in PAGES:
            take(browser, url, name)
        browser.close()


if __name__ == "__main__":
    main()
