"""The real service on a free port of this machine, in this process, and readers with real sockets."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import event
from tests.databases import fresh, fresh_folder
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from postil import sites
from postil.app import make_app
from postil.outline import OutlineSection, outline_hash
from postil.resources import Resources, make
from postil.serving import config, listen
from postil.settings import Settings

ORIGIN, OTHER = "https://blog.example", "https://other.example"
PAGE = f"{ORIGIN}/essay"
HEADINGS = ("Origins", "Method", "Results")
OUTLINE = {"hash": "", "sections": [{"heading": heading, "level": 2} for heading in HEADINGS]}
OUTLINE["hash"] = outline_hash([OutlineSection(heading=heading, level=2) for heading in HEADINGS])
# Everything here takes milliseconds; on a crowded machine it may take a little more.
PATIENCE = 20

Message = dict[str, Any]


def place(index: int) -> Message:
    """A section named by where it stands in the page's outline."""
    return {"outline": OUTLINE["hash"], "index": index}


async def until(is_so: Callable[[], object]) -> None:
    """Wait for a condition; the deadline is for a service that is broken."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - it has no event of its own
            await asyncio.sleep(0.01)


class Reader:
    """One socket, the messages it brought, and what a client makes of them: the fold."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.since = ""
        self.comments = Kept()
        self.sections: dict[str, Message] = {}
        self.total = 0
        self.heard: list[Message] = []

    async def say(self, message: object) -> None:
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def watch(self, sections: Sequence[object] = (), url: str = PAGE, **more: object) -> "Reader":
        """Watch a page, and wait until that is confirmed and everything missed has come."""
        await self.say({"type": "watch", "page": {"url": url}, "sections": list(sections), **more})
        await self.until("watching")
        return self

    async def next(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            message: Message = json.loads(await self.socket.recv())
        self.heard.append(message)
        self._fold(message)
        return message

    async def until(self, kind: str) -> Message:
        while (message := await self.next())["type"] != kind:
            pass
        return message

    async def step(self) -> list[Message]:
        """Every message of the next step: bodies, then the counts that end it."""
        said = [await self.next()]
        while said[-1]["type"] != "counts":
            said.append(await self.next())
        return said

    async def reach(self, since: str) -> None:
        """Take steps until the cursor is there."""
        while revision(self.since) < revision(since):
            await self.until("counts")

    async def code(self) -> int:
        """The code that the service closes with; what comes before it is let pass."""
        with suppress(ConnectionClosed):
            while True:
                await self.next()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def is_quiet(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while: the only thing here that a clock must decide."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                self.heard.append(json.loads(await self.socket.recv()))
            return False
        return True

    def _fold(self, message: Message) -> None:
        if message["type"] == "changes":
            self.comments.fold(message.get("comments", []), message.get("gone", []))
        if message["type"] == "counts":
            self.total = message.get("comments", 0)
            self.sections |= {section["id"]: section for section in message.get("sections", [])}
        self.since = message.get("since", self.since)


class Kept(dict[str, Message]):
    """Comments by id, as a window tells them: the merge that every client does."""

    def __init__(self) -> None:
        super().__init__()
        self.revisions: dict[str, int] = {}

    def fold(self, comments: Sequence[Message], gone: Sequence[str], since: str = "") -> None:
        """By id, and the higher revision wins; those of a window have that of its `since`."""
        for comment in comments:
            id, at = comment["id"], comment.get("revision") or revision(since)
            if at >= self.revisions.get(id, 0):
                self.revisions[id] = at
                self[id] = {key: value for key, value in comment.items() if key not in ("section", "revision")}
        for id in gone:
            self.pop(id, None)


def revision(since: str) -> int:
    return int(since.partition(".")[2] or 0)


class Service:
    """A running service with two sites, and the verbs of its people over HTTP."""

    def __init__(self, resources: Resources, server: uvicorn.Server, port: int) -> None:
        self.resources, self.server, self.port = resources, server, port
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx2.AsyncClient(base_url=self.url, timeout=PATIENCE, headers={"Origin": ORIGIN})
        self.author = secrets.token_urlsafe(32)
        self.token = ""
        self.stopped = asyncio.Event()

    async def post(
        self, index: int = 0, source: str = "A thought.", *, author: str | None = None, url: str = PAGE, **more: object
    ) -> Message:
        body = {"page": {"url": url}, "outline": OUTLINE, "index": index, "name": "Ines", "source": source}
        if "section" in more:
            del body["outline"], body["index"]
        headers = {"Postil-Author": author or self.author}
        nonce = secrets.token_urlsafe(12)
        return await self._ask("POST", "/v1/comments", body | {"nonce": nonce} | more, headers)

    async def edit(self, comment: str, source: str) -> Message:
        return await self._ask("PATCH", f"/v1/comments/{comment}", {"source": source}, {"Postil-Author": self.author})

    async def remove(self, comment: str) -> Message:
        return await self._ask("DELETE", f"/v1/comments/{comment}", None, {"Postil-Author": self.author})

    async def support(self, comment: str, author: str) -> Message:
        return await self._ask("PUT", f"/v1/comments/{comment}/reaction", None, {"Postil-Author": author})

    async def flag(self, comment: str) -> None:
        await self._ask("POST", f"/v1/comments/{comment}/flag", {"reason": "spam"}, {"Postil-Author": self.author})

    async def decide(self, verb: str, comment: str) -> Message:
        return await self._ask("POST", f"/v1/comments/{comment}/{verb}", {}, {"Authorization": f"Bearer {self.token}"})

    async def sign_out(self) -> None:
        await self._ask("DELETE", "/v1/session", None, {"Authorization": f"Bearer {self.token}"})

    async def thread(self, section: str, token: str | None = None) -> dict[str, Message]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._ask("GET", f"/v1/sections/{section}/comments?limit=100", None, headers)
        return {comment["id"]: comment for comment in answer.get("comments", [])}

    async def changes(self, since: str, sections: Sequence[str] = (), url: str = PAGE) -> Message:
        query = {"url": url, "since": since, "section": list(sections)}
        answer: Message = (await self.http.get("/v1/page/changes", params=query)).json()
        return answer

    async def _ask(self, method: str, path: str, body: object, headers: dict[str, str]) -> Message:
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    @asynccontextmanager
    async def open(self, origin: str | None = ORIGIN, **more: Any) -> AsyncIterator[Reader]:
        """A socket; the origin is that of the site's own page unless told."""
        headers = {"Origin": origin} if origin is not None else {}
        address = f"ws://127.0.0.1:{self.port}/v1/live"
        async with connect(address, additional_headers=headers, compression=None, proxy=None, **more) as socket:
            yield Reader(socket)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """What the database is asked meanwhile."""
        seen: list[str] = []
        engine = self.resources.database.engine.sync_engine

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Service]:
    """The service over an empty, migrated database; stopped, and its data gone, afterwards."""
    with fresh_folder() as folder, fresh(folder) as database:
        async with running(folder, database_url=database, **settings) as service:
            async with service.resources.database.begin() as tx:
                await sites.add_site(tx, [ORIGIN])
                await sites.add_site(tx, [OTHER])
                code = await sites.invite(tx, ORIGIN, "Ada Moderates")
            answer = await service.http.post("/v1/sign-in", json={"code": code}, headers={"Origin": service.url})
            service.token = answer.json()["token"]
            yield service


@asynccontextmanager
async def running(folder: Path, port: int = 0, **settings: Any) -> AsyncIterator[Service]:
    """The service over the data of a folder, or of `database_url`, as `postil serve` would run it."""
    listening = listen("127.0.0.1", port)
    port = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    defaults: dict[str, Any] = {"data": folder, "url": url, "rate_limits": False, "_env_file": None}
    made = Settings(**(defaults | settings))
    resources = make(made)
    await resources.database.open()
    app = make_app(resources, secret=b"a test's secret", more=())
    server = uvicorn.Server(config(app, made))
    service = Service(resources, server, port)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    task.add_done_callback(lambda _: service.stopped.set())
    try:
        await until(lambda: server.started)
        yield service
    finally:
        server.should_exit = True
        await service.http.aclose()
        await task
