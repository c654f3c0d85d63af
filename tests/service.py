"""A running service and the people who use it, for tests that go through the doors a browser uses.

The server is uvicorn as `postil serve` runs it, in a thread of its own, over real SQLite; its clock moves when told.
People are sync: two of them at once are two threads. What the service refuses is raised as Refused, which checks
that the refusal is a problem document before anybody looks at its code.
"""

import asyncio
import json
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx2
import uvicorn
from tests import databases
from tests.databases import fresh, fresh_folder
from tests.world import Clock
from websockets.sync.client import ClientConnection, connect

from postil import sites
from postil.app import make_app
from postil.db import Transaction
from postil.languages import Languages
from postil.outline import OutlineSection, outline_hash
from postil.resources import Resources, make
from postil.serving import config, listen
from postil.settings import Settings
from postil.viewer import Role

T = TypeVar("T")
Json = Any

ORIGIN, OTHER = "https://blog.example", "https://other.example"
URL = f"{ORIGIN}/essay"
HEADINGS = ("Origins", "Method", "Results")
PATIENCE = 20
PROBLEM = "application/problem+json"


class Refused(Exception):
    """An answer of 400 and above: a problem document, of the one shape that all have."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response, self.headers = response, response.headers
        assert response.headers["content-type"] == PROBLEM, response.text
        self.problem: dict[str, Json] = response.json()
        assert {"type", "title", "status", "code", "detail"} <= set(self.problem), self.problem
        assert set(self.problem) <= {
            "type",
            "title",
            "status",
            "code",
            "detail",
            "field",
            "closed_at",
            "until",
            "retry_after",
        }
        self.status, self.code = response.status_code, self.problem["code"]
        assert self.problem["status"] == self.status
        assert self.problem["type"] == f"urn:postil:problem:{self.code}"
        super().__init__(f"{self.status} {self.code}: {self.problem['detail']}")


class Refusal(NamedTuple):
    """What `refused` saw, once its block is over."""

    seen: list[Refused]

    @property
    def problem(self) -> dict[str, Json]:
        return self.seen[0].problem

    @property
    def headers(self) -> httpx2.Headers:
        return self.seen[0].headers


@contextmanager
def refused(status: int, code: str) -> Iterator[Refusal]:
    """The block must end in this refusal."""
    refusal = Refusal([])
    try:
        yield refusal
    except Refused as error:
        assert (error.status, error.code) == (status, code), error
        refusal.seen.append(error)
        return
    raise AssertionError(f"nothing was refused, where {status} {code} was to be")


class Service:
    """One server, two sites (ORIGIN and OTHER), and the handles that a test may pull."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, resources: Resources, folder: Path, url: str) -> None:
        self.resources, self.folder, self.url = resources, folder, url
        self.clock = Clock()

        self.server: uvicorn.Server | None = None

    @cached_property
    def http(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` inside the server."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def change(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one transaction, inside the server."""

        async def run() -> T:
            async with self.resources.database.begin() as tx:
                return await work(tx)

        return self.run(run())

    def rows(self, query: str, *values: object) -> list[tuple[Json, ...]]:
        """What is written, read past the server."""
        return databases.rows(self.resources.settings.database, query, *values)

    def columns(self, table: str) -> list[str]:
        return databases.columns(self.resources.settings.database, table)

    def schema(self) -> list[tuple[Json, ...]]:
        return databases.schema(self.resources.settings.database)

    def dump(self) -> list[str]:
        return databases.dump(self.resources.settings.database)

    def write(self, statement: str, rows: Sequence[Sequence[object]] = ((),)) -> None:
        databases.write(self.resources.settings.database, statement, rows)

    def visitor(self, origin: str | None = ORIGIN) -> "Visitor":
        return Visitor(self, origin)

    def reader(self, name: str = "Rosa", origin: str | None = ORIGIN) -> "Reader":
        return Reader(self, origin, name)

    def moderator(self, name: str = "Ada Moderates", origin: str = ORIGIN, *, owner: bool = False) -> "Moderator":
        """Signed in by a link, as staff of the site at `origin`: a full token, shown from the service's own pages."""
        role = Role.OWNER if owner else Role.MODERATOR
        code = self.change(lambda tx: sites.invite(tx, origin, name, role))
        told = Visitor(self, self.url).send("POST", "/v1/sign-in", {"code": code})
        return Moderator(self, self.url, told["token"], origin)


class Visitor:
    """Somebody at a page. `origin` is what his browser says of itself; None is no browser."""

    def __init__(self, service: Service, origin: str | None) -> None:
        self.service, self.origin = service, origin

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.origin} if self.origin else {}

    def ask(self, method: str, path: str, **more: Json) -> httpx2.Response:
        """The raw answer. `headers` are added to the visitor's own."""
        headers = {**self.headers, **more.pop("headers", {})}
        return self.service.http.request(method, path, headers=headers, **more)

    def _said(self, response: httpx2.Response) -> Json:
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None

    def get(self, path: str, **params: Json) -> Json:
        return self._said(self.ask("GET", path, params=params))

    def send(self, method: str, path: str, body: Json = None) -> Json:
        return self._said(self.ask(method, path, **({} if body is None else {"json": body})))

    # Reading

    def page(self, url: str = URL, **params: Json) -> Json:
        return self.get("/v1/page", url=url, **params)

    def thread(self, section: str, **params: Json) -> Json:
        return self.get(f"/v1/sections/{section}/comments", **params)

    def windows(self, section: str, **params: Json) -> Iterator[Json]:
        """Every window of a section, by every cursor that any of them names."""
        waiting: list[dict[str, str]] = [{}]
        while waiting:
            window = self.thread(section, **params, **waiting.pop(0))
            yield window
            waiting += [{"cursor": cursor} for cursor in cursors(window)]

    def comments(self, section: str, **params: Json) -> list[Json]:
        return [comment for window in self.windows(section, **params) for comment in window["comments"]]

    def texts(self, section: str) -> list[str]:
        return [text_of(comment) for comment in self.comments(section)]

    def comment(self, id: str) -> Json:
        return self.get(f"/v1/comments/{id}")

    def around(self, id: str, **params: Json) -> Json:
        return self.get(f"/v1/comments/{id}/around", **params)

    def changes(self, since: str, url: str = URL, **params: Json) -> Json:
        return self.get("/v1/page/changes", url=url, since=since, **params)

    def counts(self, *urls: str) -> list[Json]:
        pages: list[Json] = self.get("/v1/counts", url=list(urls))["pages"]
        return pages

    def view(self, url: str = URL, visit: str | None = None) -> int:
        body = {"page": {"url": url}, "visit": visit or secrets.token_urlsafe(16)}
        views: int = self.send("POST", "/v1/views", body)["views"]
        return views

    @contextmanager
    def socket(self) -> Iterator[ClientConnection]:
        address = self.service.url.replace("http", "ws", 1) + "/v1/live"
        with connect(address, origin=self.origin, compression=None, proxy=None) as socket:  # type: ignore[arg-type]
            yield socket

    @contextmanager
    def watching(self, *sections: str, url: str = URL, **more: Json) -> Iterator["Watching"]:
        """A socket that watches a page and has caught up."""
        with self.socket() as socket:
            said = {"type": "watch", "page": {"url": url}, "sections": list(sections), **more}
            socket.send(json.dumps(said))
            watching = Watching(socket)
            watching.until("watching")
            yield watching


class Watching:
    """A socket's messages; `heard` keeps all of them as they came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[str] = []

    def next(self) -> Json:
        text = self.socket.recv(timeout=PATIENCE)
        assert isinstance(text, str)
        self.heard.append(text)
        return json.loads(text)

    def until(self, kind: str) -> Json:
        while (said := self.next())["type"] != kind:
            pass
        return said


class Reader(Visitor):
    """A guest: a name, and a token that his browser made."""

    def __init__(self, service: Service, origin: str | None, name: str) -> None:
        super().__init__(service, origin)
        self.name, self.token = name, secrets.token_urlsafe(32)

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Postil-Author": self.token}

    def draft(self, source: str = "A thought.", **more: Json) -> dict[str, Json]:
        """A post's body. `section` or `index` say where; `url`, `parent`, `name`, `nonce` as in the API."""
        place: dict[str, Json] = {"section": more["section"]} if "section" in more else outlined(more.get("index", 0))
        optional = {key: more[key] for key in ("parent",) if more.get(key)}
        return {
            "page": {"url": more.get("url", URL), **more.get("page", {})},
            "source": source,
            "name": more.get("name", self.name),
            "nonce": more.get("nonce", secrets.token_urlsafe(12)),
            **place,
            **optional,
        }

    def post(self, source: str = "A thought.", **more: Json) -> Json:
        """The comment, as its author is told it."""
        return self.send("POST", "/v1/comments", self.draft(source, **more))["comment"]

    def reply(self, parent: Json, source: str = "A reply.", **more: Json) -> Json:
        return self.post(source, section=parent["section"], parent=parent["id"], **more)

    def edit(self, comment: Json, source: str) -> Json:
        return self.send("PATCH", f"/v1/comments/{comment['id']}", {"source": source})["comment"]

    def remove(self, comment: Json) -> Json:
        return self.send("DELETE", f"/v1/comments/{comment['id']}")["comment"]

    def support(self, comment: Json) -> int:
        support: int = self.send("PUT", f"/v1/comments/{comment['id']}/reaction").get("support", 0)
        return support

    def unsupport(self, comment: Json) -> int:
        support: int = self.send("DELETE", f"/v1/comments/{comment['id']}/reaction").get("support", 0)
        return support

    def flag(self, comment: Json, reason: str = "spam", note: str = "") -> None:
        self.send("POST", f"/v1/comments/{comment['id']}/flag", {"reason": reason, "note": note})

    def own(self, url: str = URL) -> Json:
        return self.get("/v1/page/own", url=url)

    def mine(self, comment: Json, url: str = URL) -> Json:
        """A comment as the overlay tells it to its author."""
        return next(each for each in self.own(url)["comments"] if each["id"] == comment["id"])

    def appeal(self, comment: Json, text: str = "Please look again.") -> Json:
        return self.send("POST", f"/v1/comments/{comment['id']}/appeal", {"text": text})["comment"]


class Moderator(Visitor):
    """Staff of the site at `site`. `granted` is the same moderator in the site's own page, for an hour."""

    def __init__(self, service: Service, origin: str | None, token: str, site: str = ORIGIN) -> None:
        super().__init__(service, origin)
        self.token, self.site = token, site

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Authorization": f"Bearer {self.token}"}

    def refuse(self, comment: Json, **why: Json) -> Json:
        return self.decide("refuse", comment, **why)

    def undo(self, decided: Json) -> Json:
        return self.send("POST", f"/v1/decisions/{decided['decision']['id']}/undo")

    def ban(self, comment: Json, **how: Json) -> Json:
        return self.send("POST", f"/v1/comments/{comment['id']}/ban", how)

    def set_section(self, section: str, state: str, **more: Json) -> Json:
        return self.send("PUT", f"/v1/sections/{section}/state", {"state": state, **more})

    def grant(self, origin: str = ORIGIN) -> str:
        code: str = self.send("POST", "/v1/grants", {"origin": origin})["code"]
        return code

    def granted(self) -> "Moderator":
        at_page = Visitor(self.service, self.site)
        told = at_page.send("POST", "/v1/grants/redeem", {"code": self.grant(self.site)})
        return Moderator(self.service, self.site, told["token"], self.site)

    def sign_out(self) -> None:
        self.send("DELETE", "/v1/session")

    def approve(self, comment: Json, **why: Json) -> Json:
        return self.decide("approve", comment, **why)

    def hide(self, comment: Json, **why: Json) -> Json:
        return self.decide("hide", comment, **why)

    def restore(self, comment: Json, **why: Json) -> Json:
        return self.decide("restore", comment, **why)

    def purge(self, comment: Json, **why: Json) -> Json:
        return self.decide("purge", comment, **why)

    def decide(self, move: str, comment: Json, **why: Json) -> Json:
        return self.send("POST", f"/v1/comments/{comment['id']}/{move}", why)


def outlined(index: int, headings: Sequence[str] = HEADINGS) -> dict[str, Json]:
    """Where a post goes that knows no section's id: the index in its page's outline."""
    rows = [{"heading": heading, "level": 2} for heading in headings]
    hash = outline_hash(OutlineSection(heading=heading, level=2) for heading in headings)
    return {"outline": {"hash": hash, "sections": rows}, "index": index}


def cursors(window: Json) -> list[str]:
    return [*([window["next"]] if "next" in window else []), *window.get("more", {}).values()]


def text_of(comment: Json) -> str:
    """The words of a comment that was one plain paragraph; its state in brackets where it is a tombstone."""
    html: str = comment.get("html") or f"[{comment['state']}]"
    return html.removeprefix("<p>").rstrip("\n").removesuffix("</p>")


@contextmanager
def serving(*, premoderate: bool = False, languages: Languages | None = None, **settings: Json) -> Iterator[Service]:
    """A service at a free port, over a fresh database with the sites ORIGIN and OTHER. Rate limits are off."""
    with fresh_folder() as folder, fresh(folder) as database, closing(listen("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        given = {"rate_limits": False, "database_url": database, **settings}
        chosen = Settings(data=folder, url=url, _env_file=None, **given)
        service = Service(make(chosen), folder, url)
        started = threading.Event()
        run = partial(_run, service, chosen, listening, started, languages)
        thread = threading.Thread(target=run, name="service")
        thread.start()
        try:
            assert started.wait(PATIENCE), "the service did not start"
            for origin in (ORIGIN, OTHER):
                service.change(lambda tx, origin=origin: sites.add_site(tx, [origin], premoderate=premoderate))  # type: ignore[misc]
            yield service
        finally:
            service.http.close()
            if service.server is not None:
                service.server.should_exit = True
            thread.join(PATIENCE)


class _Server(uvicorn.Server):
    """Tells when it can be asked."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self.can_be_asked = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.can_be_asked.set()


def _run(
    service: Service,
    settings: Settings,
    listening: socket.socket,
    started: threading.Event,
    languages: Languages | None,
) -> None:
    async def serve() -> None:
        service.loop = asyncio.get_running_loop()
        database = service.resources.database
        database.clock = service.clock
        await database.open()
        app = make_app(service.resources, secret=database.lineage.secret.encode(), languages=languages)
        service.server = _Server(config(app, settings), started)
        await service.server.serve(sockets=[listening])

    asyncio.run(serve())
