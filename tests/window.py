"""Somebody at the service's own pages: forms, links and the cookie, as a browser without JavaScript has them."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx2
from tests.service import ORIGIN, Service

from postil import sites
from postil.viewer import Role
from postil.web.origins import COOKIE

PASSWORD = "correct horse battery"


class Window:
    """A browser's window. `cookie` is what it bears; it follows no redirect by itself."""

    def __init__(self, service: Service, cookie: str = "", agent: str = "") -> None:
        self.service, self.cookie, self.agent = service, cookie, agent

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        headers = {"Origin": self.service.url, "Sec-Fetch-Site": "same-origin"} if method != "GET" else {}
        headers |= {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        headers |= {"User-Agent": self.agent} if self.agent else {}
        headers |= more.pop("headers", {})
        answer = self.service.http.request(method, path, headers=headers, **more)
        for said in answer.headers.get_list("set-cookie"):
            name, _, value = said.partition(";")[0].partition("=")
            assert name == COOKIE
            self.cookie = value.strip('"')
        return answer

    def open(self, path: str, **params: str) -> httpx2.Response:
        return self.ask("GET", path, **({"params": params} if params else {}))

    def post(self, path: str, headers: Any = None, **fields: str) -> httpx2.Response:
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.ask("POST", path, content=urlencode(fields), headers=sent)

    def form(self, path: str, **fields: str) -> httpx2.Response:
        """A form of a page of ours, with its token."""
        return self.post(path, token=self.token, **fields)

    @property
    def token(self) -> str:
        return field(self.open("/moderate/people").text, "token")

    def enter(self, address: str, password: str = PASSWORD, **more: str) -> httpx2.Response:
        return self.post("/sign-in", address=address, password=password, **more)

    @property
    def is_in(self) -> bool:
        return "You are signed in as" in self.open("/sign-in").text


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name} in {html}"
    return unescape(found[1])


def invited(service: Service, name: str, *, owner: bool = False, origin: str = ORIGIN, **more: str) -> Window:
    """Somebody who opened a link."""
    role = Role.OWNER if owner else Role.MODERATOR
    code = service.change(lambda tx: sites.invite(tx, origin, name, role))
    window = Window(service, **more)
    assert window.post("/sign-in/link", code=code).status_code == 303
    return window


def settled(service: Service, name: str, address: str, *, owner: bool = False, origin: str = ORIGIN) -> Window:
    """Somebody who has chosen an address and a password too."""
    window = invited(service, name, owner=owner, origin=origin)
    assert window.form("/moderate/people/you/password", address=address, password=PASSWORD).status_code == 303
    return window
