"""The signature under which an owner's build publishes: HMAC-SHA256 with a key of the site's. Pure.

    t=1732291200,v1=<64 lower-case hexadecimal digits, over "1732291200." and the body's bytes>

The time is signed too, so that a request which somebody overheard is of no use five minutes later. Within those
minutes `verify` takes it again: whoever must not do a thing twice keeps the `t` it returns.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from postil.errors import BadSignature

TOLERANCE = 300  # seconds either way: clocks of build machines go wrong by minutes, not by more

# One spelling only. Twelve digits of seconds last for 30,000 years; more would be work for nothing.
_HEADER = re.compile(r"t=(0|[1-9][0-9]{0,11}),v1=([0-9a-f]{64})")


def new_key() -> str:
    """A key of 256 random bits. Its prefix lets scanners of public repositories know one that slipped out."""
    return f"postil_{secrets.token_urlsafe(32)}"


def sign(key: str, body: bytes, now: int) -> str:
    """The header's value for a body that is sent at `now`, in epoch seconds."""
    if not 0 <= now < 10**12:
        raise ValueError("a time of signing is in epoch seconds")
    return f"t={now},v1={_digest(key, body, now)}"


def verify(keys: Sequence[str], header: str, body: bytes, now: int, tolerance: int = TOLERANCE) -> int:
    """When the body was signed, in epoch seconds; BadSignature unless one of the keys signed it, lately.

    Several keys, so that a new one can be brought in before the old one is withdrawn. Each is tried whatever the
    others said, in a time that tells nothing of them.
    """
    match = _HEADER.fullmatch(header)
    if match is None:
        raise BadSignature("The signature is missing, or not of the form t=SECONDS,v1=HEX.")
    signed_at = int(match[1])
    if not any([hmac.compare_digest(_digest(key, body, signed_at), match[2]) for key in keys]):
        raise BadSignature
    # Said after the signature was found right: only who holds a key learns that it is his clock.
    if abs(now - signed_at) > tolerance:
        raise BadSignature(f"This was signed more than {tolerance} seconds ago or ahead. Set the clock; sign again.")
    return signed_at


def _digest(key: str, body: bytes, signed_at: int) -> str:
    return hmac.new(key.encode(), b"%d." % signed_at + body, hashlib.sha256).hexdigest()
