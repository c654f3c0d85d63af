"""A reader without JavaScript, as his browser is: pages, links, forms, and the one cookie that it keeps."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin

import httpx2
from tests.service import URL, Service, Visitor

COOKIE = "__Host-postil-guest"


class Page(HTMLParser):
    """A page as it is read: words, links, and forms with what is filled in."""

    def __init__(self, url: str, answer: httpx2.Response) -> None:
        super().__init__()
        self.url, self.answer, self.status, self.html = url, answer, answer.status_code, answer.text
        self.text: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.metas: dict[str, str] = {}
        self.rels: dict[str, str] = {}
        self._at: list[str] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._at.append(tag)
        if tag == "a":
            self.links.append((given.get("href", ""), ""))
        elif tag == "link":
            self.rels[given.get("rel", "")] = given.get("href", "")
        elif tag == "meta" and "name" in given:
            self.metas[given["name"]] = given.get("content", "")
        elif tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif tag in ("input", "textarea") and self.forms and given.get("type") != "radio":
            self.forms[-1][1][given.get("name", "")] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._at[-1:] == ["script"]:
            return
        self.text.append(data)
        if self._at[-1:] == ["textarea"] and self.forms:
            self.forms[-1][1]["source"] = self.forms[-1][1].get("source", "") + data.removeprefix("\n")
        if "a" in self._at[-3:] and self.links:
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._at:
            while self._at.pop() != tag:
                pass

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def link(self, says: str) -> str:
        return next(href for href, said in self.links if says in " ".join(said.split()))

    def ids(self) -> list[str]:
        return re.findall(r'<article id="postil-([-\w]{11})"', self.html)


class Guest(Visitor):
    """Follows what it is sent to, and keeps the cookie that it is given; it is Secure, so it is sent by hand here."""

    def __init__(self, service: Service, *, token: str = "") -> None:
        super().__init__(service, None)
        self.token = token

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.token}"} if self.token else {}

    def go(self, path: str, status: int = 200, **more: Any) -> Page:
        return self._follow(self.ask("GET", path, **more), path, status)

    def here(self, url: str = URL, status: int = 200) -> Page:
        return self.go("/here", status, headers={"Referer": url})

    def submit(self, page: Page, status: int = 200, /, **filled: str) -> Page:
        """Send a form of the page as a browser of ours does."""
        action, fields = page.forms[0]
        answer = self.send_form(urljoin(page.url, action), fields | filled)
        return self._follow(answer, action, status)

    def send_form(self, path: str, fields: dict[str, str], **headers: str) -> httpx2.Response:
        ours = {"Origin": self.service.url, "Sec-Fetch-Site": "same-origin"}
        return self.ask("POST", path, data=fields, headers={**ours, **headers})

    def write(self, page: Page, source: str, status: int = 200, **filled: str) -> Page:
        return self.submit(page, status, **({"do": "post", "name": "Nora", "source": source} | filled))

    def _follow(self, answer: httpx2.Response, path: str, status: int) -> Page:
        self._keep(answer)
        while answer.status_code == 303:
            path = answer.headers["location"]
            assert path.startswith("/"), "a redirect leads to pages of ours alone"
            answer = self.ask("GET", path.partition("#")[0])
            self._keep(answer)
        assert answer.status_code == status, (answer.status_code, path, answer.text[:1500])
        return Page(urldefrag(path).url, answer)

    def _keep(self, answer: httpx2.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            assert name == COOKIE and "Secure" in rest and "HttpOnly" in rest and "Path=/" in rest, line
            assert "SameSite=lax" in rest and "Domain" not in rest, line
            self.token = rest.partition(";")[0]
