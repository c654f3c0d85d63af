"""Looks on in real pages: what their policy stopped, what left for elsewhere, and what stands where html was put."""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, WebSocket

SCRIPT = Path(__file__).with_name("witness.js")


class Witness:
    """Sees all pages of a context. Requests to other places than `home` are noted, and end here."""

    def __init__(self, context: BrowserContext, home: Sequence[str]) -> None:
        self.context = context
        self.home = tuple(f"{origin}/" for origin in home)
        self.requests: list[str] = []
        self.answers: list[tuple[int, str]] = []
        context.add_init_script(path=SCRIPT)
        context.route(lambda url: not url.startswith(self.home), self._stop)
        context.on("response", lambda response: self.answers.append((response.status, response.url)))
        context.on("page", lambda page: page.on("websocket", self._hear))

    def _stop(self, route: Route) -> None:
        if not route.request.url.startswith("https://sentinel.test/"):
            self.requests.append(route.request.url)
        route.abort()

    def _hear(self, socket: WebSocket) -> None:
        if not socket.url.replace("ws", "http", 1).startswith(self.home):
            self.requests.append(socket.url)

    @property
    def failures(self) -> list[tuple[int, str]]:
        return [(status, url) for status, url in self.answers if status >= 500]


def attempts(page: Page) -> list[str]:
    """What the page's policy has stopped so far; the page must have one for scripts."""
    told: list[str] = page.evaluate("() => witness.attempts()")
    return told
