"""`postil demo --check`: post, see the push arrive, hide, see it go. Through the doors a browser uses."""

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.request import Request, urlopen

from websockets.asyncio.client import ClientConnection, connect

from postil.demo.demonstration import Demonstration
from postil.outline import outline_hash
from postil.places import rows_of
from postil.settings import Settings

# Everything here takes milliseconds; a machine that needs longer than this is not well.
PATIENCE = 20


class CheckFailed(RuntimeError):
    """The main job does not work; the sentence says which step."""


async def check(demo: Demonstration, settings: Settings) -> str:
    """Run the main job against the service at the settings' URL; one line that says what was seen."""
    async with asyncio.timeout(PATIENCE):
        await _pages(demo, settings)
        async with connect(settings.url.replace("http", "ws", 1) + "/v1/live", origin=settings.url) as socket:  # type: ignore[arg-type]
            return await _main_job(demo, settings, socket)


async def _pages(demo: Demonstration, settings: Settings) -> None:
    page = await _fetch(demo.url)
    if b"/postil.js" not in page:
        raise CheckFailed("The article does not carry the widget's script.")
    loader = (await _fetch(f"{settings.url}/postil.js")).decode()
    version = re.search(r"w/([0-9a-f]{12})/", loader)
    if version is None:
        raise CheckFailed("The widget's loader was not served whole.")
    for name in ("panel.js", "sign-in.js"):
        if not await _fetch(f"{settings.url}/w/{version[1]}/{name}"):
            raise CheckFailed(f"The widget's {name} is empty.")


async def _main_job(demo: Demonstration, settings: Settings, socket: ClientConnection) -> str:
    outline = rows_of(demo.document.sections)
    hash = outline_hash(demo.document.sections)
    await socket.send(
        json.dumps({"type": "watch", "page": {"url": demo.url}, "sections": [{"outline": hash, "index": 0}]})
    )
    await _until(socket, "watching")
    draft = {
        "page": {"url": demo.url},
        "outline": {"hash": hash, "sections": outline},
        "index": 0,
        "name": "A check",
        "source": "Does this *arrive*?",
        "nonce": secrets.token_urlsafe(12),
    }
    posted = await _send(settings, "/v1/comments", draft, {"Postil-Author": secrets.token_urlsafe(32)})
    comment = posted["comment"]["id"]
    pushed = await _until(socket, "changes")
    if comment not in [each["id"] for each in pushed["comments"]]:
        raise CheckFailed("A posted comment was not pushed to a reader of its section.")
    token = (await _send(settings, "/v1/sign-in", {"code": demo.sign_in.partition("#")[2]}))["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    await _send(settings, f"/v1/comments/{comment}/hide", {"reason": "a check"}, bearer)
    hidden = await _until(socket, "changes")
    if comment not in hidden["gone"]:
        raise CheckFailed("A hidden comment did not leave its reader.")
    await _send(settings, f"/v1/comments/{comment}/purge", {}, bearer)
    return "ok: posted, pushed over the socket, hidden, and gone from the reader"


async def _until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind; whatever comes before it is let pass."""
    async for text in socket:
        said: dict[str, Any] = json.loads(text)
        if said["type"] == kind:
            return said
    raise CheckFailed(f"The socket closed before it said “{kind}”.")


async def _send(settings: Settings, path: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
    sent = {"Content-Type": "application/json", "Origin": settings.url, **(headers or {})}
    return json.loads(await _fetch(settings.url + path, json.dumps(body).encode(), sent))


async def _fetch(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    request = Request(url, body, dict(headers or {}))

    def ask() -> bytes:
        with urlopen(request, timeout=PATIENCE) as answer:
            content: bytes = answer.read()
            return content

    return await asyncio.to_thread(ask)
