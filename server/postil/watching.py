"""A page's changes, as a stream, from outside: what `postil watch` prints."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from postil.errors import PostilError
from postil.live.wire import EVERYTHING

# Full jitter between one and thirty seconds: after a restart not everybody comes back at once.
LEAST_PAUSE, MOST_PAUSE = 1.0, 30.0


async def messages(service: str, url: str, since: str | None = None) -> AsyncIterator[dict[str, Any]]:
    """Every message about a page, without end: a lost connection is resumed from the last revision seen.

    PostilError where the service does not know the page, or refuses.
    """
    pause = LEAST_PAUSE
    address = service.rstrip("/").replace("http", "ws", 1) + "/v1/live"
    while True:
        try:
            async with connect(address) as socket:
                await socket.send(json.dumps(_watch(url, since)))
                async for text in socket:
                    said = json.loads(text)
                    if said["type"] == "error":
                        raise PostilError(said["detail"])
                    pause = LEAST_PAUSE
                    since = said.get("since", since)
                    yield said
        except (OSError, WebSocketException):
            pass
        await asyncio.sleep(random.uniform(LEAST_PAUSE, pause))
        pause = min(pause * 2, MOST_PAUSE)


def _watch(url: str, since: str | None) -> dict[str, Any]:
    watch = {"type": "watch", "page": {"url": url}, "sections": [EVERYTHING]}
    return {**watch, "since": since} if since else watch
