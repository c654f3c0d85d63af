"""Hostile strings on their way in: everything posted over real HTTP, in every field, and what became of each."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from tests.browser.stage import Stage

from postil.document import read_document
from postil.outline import OutlineSection, outline_hash
from postil.places import rows_of

AT_ONCE = 6
PLAIN = "Ines"


@dataclass
class Flood:
    """Posts at `url`'s page, as somebody who was shown it. `told`: the comment that each string's key ended in.
    `counts`: field and answer.
    """

    stage: Stage
    url: str
    headings: tuple[str, ...]
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    sections: dict[int, str] = field(default_factory=dict)  # ids, by their indices
    statuses: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        html = self.stage.articles.pages[self.url.removeprefix(self.stage.site)]
        sections = read_document(html, self.url).sections
        self.shown = {"hash": outline_hash(sections), "sections": rows_of(sections)}
        self.indices = [[section.heading for section in sections].index(heading) for heading in self.headings]

    def where(self, at: int) -> dict[str, Any]:
        """One of the page's headed sections, each in its turn: by its id, once a comment was told with it."""
        index = self.indices[at % len(self.headings)]
        if index in self.sections:
            return {"outline": {"hash": self.shown["hash"]}, "section": self.sections[index]}
        return {"outline": self.shown, "index": index}

    async def _post(self, client: httpx2.AsyncClient, **body: Any) -> httpx2.Response:
        whole = {"page": {"url": self.url}, "name": PLAIN, "source": "Yes.", "nonce": secrets.token_urlsafe(12), **body}
        # As a browser would: a lone surrogate goes as an escape.
        response = await client.post("/v1/comments", content=json.dumps(whole))
        self.statuses[response.status_code] += 1
        return response

    async def _comment(self, client: httpx2.AsyncClient, at: int, key: str, text: str) -> None:
        """As the body, below two links to it, and as the name; then with as much of it as a name can be."""
        links = f"[x](<{text}>) [x]({text})\n\n"
        where = self.where(at)
        source = links + text if len(links + text) <= 10_000 else text
        for name in (text, text[:60], PLAIN):
            response = await self._post(client, source=source, name=name, **where)
            if response.status_code == 201:
                self.told[key] = response.json()
                if "index" in where:
                    self.sections[where["index"]] = self.told[key]["section"]["id"]
                self.counts["name taken"] += name == text
                return
            problem = response.json()
            self.counts[f"{problem.get('field', 'source')} {response.status_code}"] += name == text
            if problem.get("field") != "name":
                return

    async def _words(self, client: httpx2.AsyncClient, at: int, key: str, text: str) -> None:
        """As it is, in the first section; said by whom it names as far as a name goes."""
        for name in (text[:60], PLAIN):
            response = await self._post(client, source=text, name=name, **self.where(0))
            if response.status_code == 201:
                self.told[key] = response.json()
                return

    async def _page(self, client: httpx2.AsyncClient, at: int, key: str, text: str) -> None:
        """As the address of a page on the site, its title and its section's heading, id and key."""
        section = OutlineSection(heading=text[:300], level=2, id=text[:200], key=text[:200])
        row = {"heading": section.heading, "level": 2, "id": section.id, "key": section.key}
        where = {"outline": {"hash": outline_hash([section]), "sections": [row]}}
        for url in (f"{self.stage.site}/{text}", f"{self.stage.site}/hostile-{at}"):
            response = await self._post(client, page={"url": url, "title": text[:300]}, **where)
            self.counts[f"path {response.status_code}"] += url.endswith(text)
            if response.status_code == 201:
                self.told[key] = {**response.json(), "url": url}
                return

    async def _address(self, client: httpx2.AsyncClient, at: int, key: str, text: str) -> None:
        """As the whole address of a page."""
        response = await self._post(client, page={"url": text}, **self.where(0))
        self.counts[f"address {response.status_code}"] += 1
        if response.status_code == 201:
            self.told[key] = response.json()

    def run(self, what: str, texts: Iterable[tuple[str, str]]) -> None:
        ways = {"comment": self._comment, "words": self._words, "page": self._page, "address": self._address}
        way, at_once = ways[what], 1 if what == "words" else AT_ONCE  # one after the other: their order is their time

        async def everything() -> None:
            turns = asyncio.Semaphore(at_once)

            async def one(client: httpx2.AsyncClient, at: int, key: str, text: str) -> None:
                async with turns:
                    await way(client, at, key, text)

            async with self.client() as client, asyncio.TaskGroup() as group:
                for at, (key, text) in enumerate(texts):
                    group.create_task(one(client, at, key, text))

        self.stage.loop.start(everything()).result(3_000)

    def client(self) -> httpx2.AsyncClient:
        headers = {"Origin": self.stage.site, "Postil-Author": secrets.token_urlsafe(32)}
        headers["Content-Type"] = "application/json"
        return httpx2.AsyncClient(base_url=local(self.stage), headers=headers, timeout=60, trust_env=False)

    def here(self, urls: Iterable[str]) -> list[str]:
        """The page without JavaScript of every URL."""

        async def read() -> list[str]:
            async with self.client() as client:
                answers = [await client.get("/here", params={"url": url}, follow_redirects=True) for url in urls]
                self.statuses.update(answer.status_code for answer in answers)
                return [answer.text for answer in answers if answer.status_code == 200]

        return self.stage.loop.start(read()).result(600)


def local(stage: Stage) -> str:
    """Outside the browser nothing knows talk.localhost."""
    return stage.service.replace("talk.localhost", "127.0.0.1")
