"""Writers, readers and a moderator who never give up, and a log of all that they saw."""

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx2
from tests.live.server import ORIGIN, OUTLINE, PAGE, PATIENCE, Kept, Message, revision
from tests.scale.cluster import Cluster
from tests.scale.history import Comment, Heard, History
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

IN_OUTLINE: Message = {"outline": OUTLINE, "index": 0}
WRITERS, READERS = 4, 4


class Crowd:
    def __init__(self, service: Cluster, *, keeps_nonces: bool = True) -> None:
        self.service, self.history, self.keeps_nonces = service, History(), keeps_nonces
        self.more = True
        self.readers = {f"reader {number}": Holder() for number in range(READERS)}
        self.posted = asyncio.Condition()
        # Held while a hide is under way: cut off, it might still be done, after the states were compared.
        self.deciding = asyncio.Lock()
        self.known: list[str] = []
        self.places: list[Message] = [IN_OUTLINE]

    async def ask(self, http: httpx2.AsyncClient, method: str, path: str, **more: object) -> Message:
        """Until it is answered. What is refused must say when to come again; nothing else is an answer of ours."""
        while True:
            try:
                answer = await http.request(method, path, **more)  # type: ignore[arg-type]
            except httpx2.TransportError:
                self.history.retried += 1
                await asyncio.sleep(0.05)
                continue
            if answer.is_success:
                told: Message = answer.json()
                return told
            self.history.refused[answer.status_code] += 1
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                self.history.wrong.append(f"{method} {path} was answered {answer.status_code}: {answer.text}")
                raise AssertionError(self.history.wrong[-1])
            await asyncio.sleep(0.1)  # sooner than it asks for: a crowd does not listen

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        own = {"Origin": ORIGIN, **headers}
        async with httpx2.AsyncClient(base_url=self.service.url, timeout=PATIENCE, headers=own) as http:
            yield http

    async def write(self) -> None:
        async with self.client(**{"Postil-Author": secrets.token_urlsafe(32)}) as http:
            while self.more:
                await self._post(http, secrets.token_hex(8))

    async def _post(self, http: httpx2.AsyncClient, text: str) -> None:
        """And now and then once more, as a client does whose answer was lost on the way."""
        draft = {"page": {"url": PAGE}, "name": "Ines", "source": text, "nonce": text, **random.choice(self.places)}
        for _ in range(random.choice((1, 1, 1, 2))):
            told = await self.ask(http, "POST", "/v1/comments", json=draft)
            self.history.acknowledged[text].add(told["comment"]["id"])
            # From now on half of them say where as widgets do that know the section: they are posted the short way.
            self.places = [IN_OUTLINE, {"section": told["section"]["id"], "outline": {"hash": OUTLINE["hash"]}}]
            if not self.keeps_nonces:
                draft["nonce"] = secrets.token_hex(8)
        async with self.posted:
            self.known.append(told["comment"]["id"])
            self.posted.notify_all()

    async def hide(self) -> None:
        """One comment after another."""
        async with self.client(Authorization=f"Bearer {self.service.token}") as http:
            while self.more:
                await self.see(3)
                id = self.known.pop(random.randrange(len(self.known)))
                with suppress(AssertionError):
                    async with self.deciding:
                        await self._hide(http, id)

    async def _hide(self, http: httpx2.AsyncClient, id: str) -> None:
        """A hide whose answer was lost is a conflict when it is said again: it is hidden."""
        while True:
            try:
                answer = await http.post(f"/v1/comments/{id}/hide", json={})
            except httpx2.TransportError:
                continue
            if answer.is_success or answer.status_code == 409:
                self.history.hidden[id] = _now()
                return
            if answer.status_code != 503:
                self.history.wrong.append(f"a hide was answered {answer.status_code}: {answer.text}")
                return
            await asyncio.sleep(0.1)

    async def look(self) -> None:
        """Load the page afresh, again and again."""
        async with self.client() as http:
            while self.more:
                since, comments = await self.load(http)
                self.history.saw("a fresh load", since, comments)
                await asyncio.sleep(0.2)

    async def load(self, http: httpx2.AsyncClient) -> tuple[str, dict[str, Comment]]:
        """What everybody may see, at one revision: loaded again until no post came between its parts."""
        while True:
            page = await self.ask(http, "GET", "/v1/page", params={"url": PAGE})
            sections = page["sections"]
            if not sections:
                return page["since"], {}
            since, comments = await self._section(http, sections[0]["id"])
            if revision(since) == revision(page["since"]) or not self.more:
                return since, comments

    async def _section(self, http: httpx2.AsyncClient, section: str) -> tuple[str, dict[str, Comment]]:
        found = Kept()
        sinces: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            path = f"/v1/sections/{section}/comments"
            told = await self.ask(http, "GET", path, params={"limit": 100, "sort": "oldest", **cursor})
            found.fold(told["comments"], [], told["since"])
            sinces.append(told["since"])
            if "next" not in told:
                return max(sinces, key=revision), found
            cursor = {"cursor": told["next"]}

    async def read(self, name: str) -> None:
        holder = self.readers[name]
        while True:
            with suppress(OSError, WebSocketException):
                await self._watch(name, holder)
            await asyncio.sleep(0.02)

    async def newcome(self) -> None:
        """Somebody new, who asks for all that ever was."""
        while self.more:
            holder = Holder(since=holder_epoch(self.readers))
            with suppress(OSError, WebSocketException, TimeoutError):
                async with asyncio.timeout(1):
                    await self._watch("a newcomer", holder, is_one=True)
            await asyncio.sleep(0.3)

    async def _watch(self, name: str, holder: "Holder", *, is_one: bool = False) -> None:
        address = self.service.url.replace("http", "ws", 1) + "/v1/live"
        async with connect(address, origin=ORIGIN, compression=None, proxy=None) as socket:  # type: ignore[arg-type]
            since = {"since": holder.since} if holder.since else {}
            await socket.send(json.dumps({"type": "watch", "page": {"url": PAGE}, "sections": ["*"], **since}))
            async for text in socket:
                message = json.loads(text)
                self._note(f"{name} {id(holder)}" if is_one else name, holder, message)
                holder.take(message)
                if message["type"] == "counts" and not is_one:
                    self.history.saw(name, holder.since, holder.comments)

    def _note(self, name: str, holder: "Holder", message: Message) -> None:
        for comment in message.get("comments", []) if message["type"] == "changes" else []:
            if comment.get("html"):
                self.history.heard.append(Heard(name, _now(), holder.steps, comment["id"], comment["revision"]))

    async def see(self, count: int) -> None:
        """Wait until so many more posts were acknowledged."""
        async with asyncio.timeout(3 * PATIENCE), self.posted:
            for _ in range(count):
                await self.posted.wait()

    async def end(self) -> tuple[list[Comment], dict[str, Comment]]:
        """What staff are told of everything, and what a fresh load tells readers, once they have caught up or should
        have.
        """
        async with self.client() as http:
            since, public = await self.load(http)
        for name, holder in self.readers.items():
            await self._wait_for(name, holder, since)
        async with self.client(Authorization=f"Bearer {self.service.token}") as http:
            _, stored = await self.load(http)
        return list(stored.values()), public

    async def _wait_for(self, name: str, holder: "Holder", since: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE / 2):
                while revision(holder.since) < revision(since):  # noqa: ASYNC110 - it has no event for it
                    await asyncio.sleep(0.02)
        except TimeoutError:
            self.history.wrong.append(f"{name} stays at {holder.since}, and the page is at {since}")


class Holder:
    """What a reader holds: the fold of all that he heard."""

    def __init__(self, since: str = "") -> None:
        self.since, self.steps = since, 0
        self.comments = Kept()

    def take(self, message: Message) -> None:
        if message["type"] == "changes":
            self.comments.fold(message.get("comments", []), message.get("gone", []))
        elif message["type"] in ("counts", "watching"):
            self.since = message["since"]
            self.steps += message["type"] == "counts"


def holder_epoch(readers: dict[str, Holder]) -> str:
    """The first cursor of the history that is told."""
    epoch = next((each.since.partition(".")[0] for each in readers.values() if each.since), "")
    return f"{epoch}.0" if epoch else ""


def _now() -> float:
    return asyncio.get_running_loop().time()
