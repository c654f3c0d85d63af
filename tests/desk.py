"""A moderator at the desk, as a browser without JavaScript is: pages, links, and forms that carry their token."""

from html.parser import HTMLParser
from typing import Any

import httpx2
from tests.service import ORIGIN, Service, Visitor

COOKIE = "__Host-postil"


class Seen(HTMLParser):
    """A page as it is read: its text, its links, and its forms with the fields that are sent along unseen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "form":
            self.forms.append((given.get("action") or "", {}))
        if tag == "input" and given.get("type") == "hidden" and self.forms:
            self.forms[-1][1][given.get("name") or ""] = given.get("value") or ""
        if tag == "li" and given.get("data-id"):
            self.ids.append(given["data-id"] or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def form(self, door: str, /, **having: str) -> dict[str, str]:
        """The hidden fields of the first form that goes to `door` and has these among them."""
        return next(f for to, f in self.forms if to == door and having.items() <= f.items())


class Desk(Visitor):
    """A signed-in moderator's browser. It follows what it is sent to, as browsers do."""

    def __init__(self, service: Service, name: str = "Ines", *, owner: bool = False, site: str = ORIGIN) -> None:
        super().__init__(service, service.url)
        self.token = service.moderator(name, site, owner=owner).token

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Cookie": f"{COOKIE}={self.token}", "Sec-Fetch-Site": "same-origin"}

    def open(self, path: str = "/moderate", status: int = 200, **query: str) -> Seen:
        return self._seen(self.ask("GET", path, params=query), status)

    def submit(self, action: str, fields: dict[str, Any], status: int = 200) -> Seen:
        """Send a form, and see the page that it leads to."""
        answer = self.ask("POST", action, data=fields)
        if answer.status_code == 303:
            answer = self.ask("GET", answer.headers["location"])
        return self._seen(answer, status)

    def act(
        self, page: Seen, door: str, status: int = 200, /, *, having: dict[str, str] | None = None, **more: Any
    ) -> Seen:
        """Fill in a form of the page, one that has these fields, and send it."""
        return self.submit(door, page.form(door, **(having or {})) | more, status)

    def _seen(self, answer: httpx2.Response, status: int) -> Seen:
        assert answer.status_code == status, (answer.status_code, answer.text[:400])
        assert answer.headers["cache-control"] == "no-store"
        return Seen(answer.text)
