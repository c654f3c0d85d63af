"""Answers that revalidate: an ETag over the bytes, a 304 where the asker has them, gzip where it pays."""

import gzip
import hashlib
from typing import Any

from starlette.requests import Request

from postil.web.api import Reply

# Below this the header costs more than compression saves.
WORTH_ZIPPING = 600


def fresh(request: Request, content: bytes, *, private: bool = False) -> Reply[Any]:
    """Bytes to be kept and asked about again: `no-cache` with an ETag; staff's answers are nobody else's to keep."""
    etag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache" if private else "no-cache"}
    headers["Vary"] = "Accept-Encoding, Authorization"
    if etag in request.headers.get("if-none-match", "").split(", "):
        return Reply(None, 304, headers)
    if len(content) >= WORTH_ZIPPING and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, 5, mtime=0)
    return Reply(content, headers=headers)
