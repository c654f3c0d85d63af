"""Publishing from outside: pages as a build made them, read as a browser would, signed, and sent to the service.

Each page is sent by itself and is quick where nothing changed, so that whatever was broken off can be run again.
"""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from postil.document import read_document
from postil.dom import Tree, UnreadableDocument
from postil.errors import Invalid, PostilError
from postil.fetching import MOST_BYTES, fetch_page
from postil.publishing import Publication, charset_of, publication_of
from postil.signing import sign
from postil.states import OutlineSource
from postil.urls import BadUrl, origin_of, page_key, page_url

# A build's own machine may fetch its own site wherever that is.
ANYWHERE = ("0.0.0.0/0", "::/0")
ATTEMPTS = 5
SECONDS = 30.0
MOST_WAIT = 60
_MARK = "postil.js"


class Unreachable(PostilError):
    sentence = "The service cannot be reached. See that --service or POSTIL_URL is its address, and that it runs."


class Source(NamedTuple):
    """What is to be published: a file, or without one what the URL answers with. `url`: where readers find it."""

    name: str
    url: str | None
    file: Path | None = None


class Fate(StrEnum):
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    TWICE = "another page's copy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a source; `moves`: how many threads each move of the service took; `why` where it failed."""

    source: Source
    fate: Fate
    url: str = ""
    moves: dict[str, int] = field(default_factory=dict)
    why: str = ""


def find_sources(named: Iterable[str], base: str | None = None) -> list[Source]:
    """The sources that arguments name: URLs, files, and every .html below a folder. Invalid for what is none."""
    found = [source for name in named for source in _sources(name, base)]
    return list({source.file or source.url: source for source in found}.values())


def _sources(name: str, base: str | None) -> Iterator[Source]:
    if name.startswith(("http://", "https://")):
        yield Source(name, page_url(name))
        return
    path = Path(name)
    if not path.exists():
        raise Invalid("path", f"There is no file, folder or URL “{name}”.")
    files = sorted(path.rglob("*.html")) if path.is_dir() else [path]
    if not files:
        raise Invalid("path", f"There is no .html file in “{name}”. Is it the folder that the build wrote?")
    for file in files:
        relative = file.relative_to(path) if path.is_dir() else Path(file.name)
        yield Source(str(file), _served_at(base, relative) if base else None, file)


def _served_at(base: str, relative: Path) -> str:
    path = quote(relative.as_posix())
    return page_url(base.rstrip("/") + "/" + path.removesuffix("index.html"))


def read_source(source: Source, *, all: bool = False) -> Publication | None:
    """The source as its publication; None for a page that does not load the widget, unless `all` are wanted.

    PostilError, OSError, BadUrl or UnreadableDocument where it cannot be read, or nobody knows where it is served.
    """
    html, url, charset = _fetch(source) if source.file is None else _open(source)
    if not all and not loads_widget(html, charset):
        return None
    url = url or canonical_of(html, charset)
    if url is None:
        raise Invalid("base", "Nothing says where this is served: give it a rel=canonical link, or say --base.")
    return publication_of(read_document(html, url, charset), OutlineSource.PUBLISHED, 0)


def _fetch(source: Source) -> tuple[bytes, str | None, str | None]:
    assert source.url is not None
    fetched = asyncio.run(fetch_page(source.url, [origin_of(source.url)], ANYWHERE))
    return fetched.body, fetched.url, charset_of(fetched)


def _open(source: Source) -> tuple[bytes, str | None, str | None]:
    assert source.file is not None
    if source.file.stat().st_size > MOST_BYTES:
        raise Invalid("path", f"This file has more than {MOST_BYTES:,} bytes.")
    return source.file.read_bytes(), source.url, None


def loads_widget(html: bytes, charset: str | None = None) -> bool:
    """Whether a page has the widget's script tag."""
    if _MARK.encode() not in html:
        return False
    tags = Tree(html, charset).find_all("script[src]")
    return any(tag.attribute("src").partition("?")[0].strip().endswith(_MARK) for tag in tags)


def canonical_of(html: bytes, charset: str | None = None) -> str | None:
    """The absolute address that a page names as its own."""
    link = Tree(html, charset).find("link[rel=canonical]")
    href = link.attribute("href").strip() if link else ""
    return page_url(href) if href.startswith(("http://", "https://")) else None


class Sender:
    """A connection to the service that publishes under one key. A context manager."""

    def __init__(self, service: str, key: str) -> None:
        import httpcore2

        self.service, self.key = service.rstrip("/"), key
        context = httpcore2.default_ssl_context() if self.service.startswith("https:") else None
        # Head and body go out in two pieces; the second must not wait until the first is acknowledged (40 ms).
        self.pool = httpcore2.ConnectionPool(context, socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.pool.close()

    def send(self, publication: Publication) -> dict[str, Any]:
        """What the service answers; PostilError with its reason where it refuses. Waits where it is told to."""
        body = _body(publication)
        for attempt in range(ATTEMPTS):
            status, said = self._post(body)
            if status == 200:
                return said
            wait = _wait(said) if attempt + 1 < ATTEMPTS else None
            if wait is None:
                break
            time.sleep(wait)
        raise PostilError(f"{said.get('detail') or f'The service answered with status {status}.'}")

    def _post(self, body: bytes) -> tuple[int, dict[str, Any]]:
        import httpcore2

        headers = [("Content-Type", "application/json"), ("Postil-Signature", sign(self.key, body, int(time.time())))]
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        url = f"{self.service}/v1/publish"
        try:
            answer = self.pool.request("POST", url, headers=headers, content=body, extensions={"timeout": timeout})
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError) as error:
            raise Unreachable() from error
        try:
            said = json.loads(answer.content)
        except ValueError:
            said = {}
        return answer.status, said if isinstance(said, dict) else {}


def _body(publication: Publication) -> bytes:
    ref, given = publication.page, publication.given
    key = {"key": ref.key.removeprefix("id ")} if ref.key.startswith("id ") else {}
    sections = [{name: value for name, value in asdict(each).items() if value is not None} for each in given.sections]
    said = {
        "page": {"url": ref.url, "title": ref.title, **key},
        "outline": {"hash": given.hash, "sections": sections},
        "excerpts": list(given.excerpts),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _wait(said: dict[str, Any]) -> float | None:
    """Seconds after which it is worth another try; None where it is not."""
    if said.get("code") == "superseded":  # two publications of one second: this one is the later
        return 1.1
    wait = said.get("retry_after")
    return min(wait, MOST_WAIT) if isinstance(wait, int) else None


def publish_all(
    sources: Sequence[Source], sender: Sender, tell: Callable[[Outcome], None], *, all: bool = False
) -> None:
    """Publish each source, and tell what became of it. Unreachable ends it; any other trouble is that page's own.

    Of several copies of one page (print views, archives with the same rel=canonical) the one at the page's own
    address counts.
    """
    sent: set[str] = set()
    copies: list[tuple[Source, Publication]] = []
    for source in sources:
        try:
            publication = read_source(source, all=all)
        except (PostilError, OSError, BadUrl, UnreadableDocument) as error:
            tell(Outcome(source, Fate.FAILED, why=_reason(error)))
            continue
        if publication is None:
            tell(Outcome(source, Fate.SKIPPED))
        elif publication.page.key in sent or _is_copy(source, publication):
            copies.append((source, publication))
        else:
            sent.add(publication.page.key)
            tell(_publish(source, publication, sender))
    for source, publication in copies:
        url, is_new = publication.page.url, publication.page.key not in sent
        sent.add(publication.page.key)
        tell(_publish(source, publication, sender) if is_new else Outcome(source, Fate.TWICE, url))


def _is_copy(source: Source, publication: Publication) -> bool:
    return source.url is not None and page_key(source.url) != page_key(publication.page.url)


def _publish(source: Source, publication: Publication, sender: Sender) -> Outcome:
    url = publication.page.url
    try:
        said = sender.send(publication)
    except Unreachable:
        raise
    except PostilError as error:
        return Outcome(source, Fate.FAILED, url, why=error.detail)
    return Outcome(source, Fate.CHANGED if said.get("changed") else Fate.UNCHANGED, url, said.get("moves", {}))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"It cannot be read: {error.strerror}."
    return f"{error}".rstrip(".") + "."
