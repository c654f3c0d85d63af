"""Opaque ids that sort by the time they were made. Pure but for the clock and the kernel's randomness.

Eleven characters: 42 bits of milliseconds, then 24 random bits. Siblings in a thread are ordered by id,
by the server's index and by the widget alike, and an id says no more than the `at` beside it: a counter
would tell readers how many hidden comments lie between two that they see.
"""

import hashlib
import secrets
import time

# In ASCII order, so that text order is time order in every database and in JavaScript.
ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
LENGTH = 11


def new_id(now: float | None = None) -> str:
    """A fresh id; `now` in epoch seconds."""
    millis = int((time.time() if now is None else now) * 1000)
    return encode((millis & (2**42 - 1)) << 24 | secrets.randbits(24))


def earliest_id(at: int) -> str:
    """What no id made at `at` (epoch seconds) or later comes before."""
    return encode((max(at, 0) * 1000 & (2**42 - 1)) << 24)


def encode(number: int) -> str:
    digits = [ALPHABET[number >> 6 * place & 63] for place in reversed(range(LENGTH))]
    return "".join(digits)


def looks_like_id(value: str) -> bool:
    return len(value) == LENGTH and all(character in ALPHABET for character in value)


def hash_token(token: str) -> str:
    """What is stored of a secret that somebody bears: its SHA-256, in hex. Tokens are random, so no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
