"""Guests: a browser makes 32 random bytes before its first write, and its word for itself is their hash."""

import re

from postil.errors import Invalid
from postil.ids import hash_token

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def author_key(token: str | None) -> str | None:
    """What is kept of a guest's token; None where none was sent, Invalid where it is not 32 bytes in base64url."""
    if token is None:
        return None
    if not _TOKEN.fullmatch(token):
        raise Invalid("Postil-Author", "An author's token is 32 random bytes in base64url: 43 characters.")
    return hash_token(token)
