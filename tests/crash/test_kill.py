"""kill -9 in the middle of concurrent posts: nothing acknowledged is lost, nothing is posted twice, readers agree."""

import asyncio
import json
import os
import random
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from tests.crash.history import Comment, History, complaints
from tests.databases import ON_POSTGRESQL, fresh, rows
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from postil import sites
from postil.db import Database
from postil.outline import OutlineSection, outline_hash
from postil.serving import listen

ORIGIN = "https://blog.example"
PAGE = {"url": f"{ORIGIN}/essay"}
OUTLINE = {"hash": outline_hash([OutlineSection(heading="", level=0)]), "sections": [{"heading": "", "level": 0}]}
IN_OUTLINE: dict[str, object] = {"index": 0, "outline": OUTLINE}
WRITERS, READERS = 8, 2
# A round is this short, so that a kill finds posts in every state. Far longer means that nothing works.
MOST_ACKNOWLEDGED, PATIENCE = 12, 60


class Nursery:
    """Servers over one database and one listening socket, born and killed."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.url = process, f"127.0.0.1:{port}"
        self.child = 0

    async def start(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(b"\n")
        self.child = int(await self.process.stdout.readline())

    def kill(self) -> None:
        os.kill(self.child, signal.SIGKILL)


@asynccontextmanager
async def nursery(url: str) -> AsyncIterator[Nursery]:
    await _prepare(url)
    listening = listen("127.0.0.1", 0)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.nursery", url, str(listening.fileno())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        pass_fds=[listening.fileno()],
        cwd=Path(__file__).parents[2],
    )
    made = Nursery(process, listening.getsockname()[1])
    try:
        yield made
    finally:
        with suppress(ProcessLookupError):
            made.kill()
        assert process.stdin
        process.stdin.close()
        await process.wait()
        listening.close()


async def _prepare(url: str) -> None:
    database = Database(url)
    await database.open()
    async with database.begin() as tx:
        await sites.add_site(tx, [ORIGIN])
    await database.close()


class Crash:
    """Writers who never give up, and readers who always come back."""

    def __init__(self, service: str) -> None:
        self.service, self.history = service, History()
        self.more = True
        self.places: list[dict[str, object]] = [IN_OUTLINE]
        self.acknowledged = asyncio.Condition()
        self.folds: list[dict[str, Comment]] = [{} for _ in range(READERS)]
        self.since = [""] * READERS

    async def write(self) -> None:
        author = {"Postil-Author": secrets.token_urlsafe(32), "Origin": ORIGIN}
        async with httpx2.AsyncClient(base_url=f"http://{self.service}", timeout=PATIENCE, headers=author) as http:
            while self.more:
                nonce = secrets.token_hex(8)
                draft = {"name": "Ines", "source": nonce, "nonce": nonce, "page": PAGE}
                await self._insist(http, draft | random.choice(self.places))

    async def _insist(self, http: httpx2.AsyncClient, draft: dict[str, object]) -> None:
        """Post until it is acknowledged; then, now and then, once more, as a client does whose 201 was lost."""
        retried = False
        while True:
            try:
                answer = await http.post("/v1/comments", json=draft)
            except httpx2.TransportError:
                self.history.interrupted += 1
                retried = True
                continue
            assert answer.status_code in (200, 201), answer.text
            assert retried or answer.status_code == 201
            told = answer.json()
            self.history.note(str(draft["nonce"]), told["comment"]["id"], again=answer.status_code == 200)
            # From now on half of them say where as widgets do that know the section: they are posted the short way.
            self.places = [IN_OUTLINE, {"section": told["section"]["id"], "outline": {"hash": OUTLINE["hash"]}}]
            async with self.acknowledged:
                self.acknowledged.notify_all()
            if retried or random.random() > 0.05:
                return
            retried = True

    async def read(self, number: int) -> None:
        watch = {"type": "watch", "page": PAGE, "sections": ["*"]}
        while True:
            with suppress(OSError, WebSocketException):
                async with connect(f"ws://{self.service}/v1/live", compression=None, proxy=None) as socket:
                    since = {"since": self.since[number]} if self.since[number] else {}
                    await socket.send(json.dumps(watch | since))
                    async for text in socket:
                        self._fold(number, json.loads(text))

    def _fold(self, number: int, message: dict[str, object]) -> None:
        assert message["type"] in ("changes", "counts", "watching"), message
        if message["type"] == "changes":
            comments = message["comments"]
            assert isinstance(comments, list)
            for comment in comments:
                del comment["revision"]  # a fresh read is a window, which has none
                self.folds[number][comment["id"]] = comment
        else:
            self.since[number] = str(message["since"])

    async def see(self, count: int) -> None:
        """Wait until so many more posts were acknowledged."""
        async with asyncio.timeout(PATIENCE), self.acknowledged:
            for _ in range(count):
                await self.acknowledged.wait()

    async def stored(self) -> tuple[str, list[Comment]]:
        """A fresh read of everything, and the cursor it belongs to."""
        async with httpx2.AsyncClient(base_url=f"http://{self.service}", timeout=PATIENCE) as http:
            page = (await http.get("/v1/page", params=PAGE)).json()
            comments: list[Comment] = []
            query: dict[str, str] = {}
            while True:
                path = f"/v1/sections/{page['sections'][0]['id']}/comments"
                answer = (await http.get(path, params={"limit": 100, **query})).json()
                comments += answer["comments"]
                if "next" not in answer:
                    return page["since"], comments
                query = {"cursor": answer["next"]}

    async def watched(self) -> None:
        """Wait until every reader watches: what is posted from now on, he must get."""
        async with asyncio.timeout(PATIENCE):
            while not all(self.since):  # noqa: ASYNC110 - readers have no event for it
                await asyncio.sleep(0.02)

    async def caught_up(self, since: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while any(each != since for each in self.since):  # noqa: ASYNC110 - readers have no event for it
                await asyncio.sleep(0.02)


async def _run(url: str, kills: int) -> History:
    async with nursery(url) as servers, asyncio.TaskGroup() as group:
        await servers.start()
        crash = Crash(servers.url)
        readers = [group.create_task(crash.read(number)) for number in range(READERS)]
        await crash.watched()
        writers = [group.create_task(crash.write()) for _ in range(WRITERS)]
        for _ in range(kills):
            await crash.see(random.randint(1, MOST_ACKNOWLEDGED))
            await asyncio.sleep(random.uniform(0, 0.02))
            servers.kill()
            await servers.start()
        crash.more = False
        await asyncio.wait(writers)
        since, stored = await crash.stored()
        await crash.caught_up(since)
        for reader in readers:
            reader.cancel()
    assert complaints(crash.history, stored, crash.folds) == []
    assert {comment["html"] for comment in stored} == {f"<p>{nonce}</p>\n" for nonce in crash.history.acknowledged}
    return crash.history


def _is_whole(url: str) -> bool:
    """Whether the file is; that PostgreSQL's are is PostgreSQL's to see to."""
    if ON_POSTGRESQL:
        return True
    return rows(url, "PRAGMA integrity_check") == [("ok",)] and not rows(url, "PRAGMA foreign_key_check")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with fresh(tmp_path) as made:
        yield made


async def test_fifty_kills_lose_and_double_nothing(url: str) -> None:
    history = await _run(url, 50)
    assert _is_whole(url)
    # The control: the kills fell among posts, and some had been committed whose answer was lost.
    assert history.interrupted >= 50
    assert history.answered_again > 0


@pytest.mark.soak
async def test_five_hundred_kills_lose_and_double_nothing(url: str) -> None:
    history = await _run(url, 500)
    assert _is_whole(url)
    assert history.interrupted >= 500
