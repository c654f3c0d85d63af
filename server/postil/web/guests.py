"""Guests on our own pages: how a browser without JavaScript is known again, and what its forms carry.

The cookie is an author's token like any other, but one that no script reads and that only these pages take: the API
knows no cookies of guests, and sites' pages never see it. It is set by the first write and not before.

Every form carries a seal: when it was opened, a nonce under which it is sent once, and a signature over both, over
the form's address and over the cookie that came with it. Where there was no cookie yet, the token to be is made of the
seal, so that a form which is sent twice is one author's, and posts once.
"""

import base64
import hmac
import re
import secrets
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from postil.auth.guests import author_key
from postil.errors import Invalid
from postil.ids import hash_token

COOKIE = "__Host-postil-guest"
KEPT_SECONDS = 400 * 86_400  # browsers keep no cookie longer
# A form stays good while somebody writes, is called away, and comes back; not for the next who uses the browser.
SEAL_SECONDS = 4 * 3600

_SEAL = re.compile(r"([1-9][0-9]{0,11})\.([0-9A-Za-z_-]{22})\.([0-9a-f]{64})", re.ASCII)


class Seal(NamedTuple):
    """What a form carries, once its signature is found right. `text` is the whole of it, to be sent again."""

    issued: int
    nonce: str
    text: str


def token_of(request: Request) -> str | None:
    """The token in the guest's cookie; None where there is none, or no such thing as a token in it."""
    token = request.cookies.get(COOKIE)
    try:
        author_key(token)
    except Invalid:
        return None
    return token


def key_of(request: Request) -> str | None:
    """What the guest is known by (Viewer.author_key); None for somebody who has not written yet."""
    return author_key(token_of(request))


def seal(secret: str, form: str, guest: str | None, now: int) -> Seal:
    """A fresh seal for the form at an address, opened now by the bearer of a cookie, or of none."""
    nonce = secrets.token_urlsafe(16)
    return Seal(now, nonce, f"{now}.{nonce}.{_signature(secret, form, guest, now, nonce)}")


def read_seal(secret: str, form: str, guest: str | None, text: str, now: int) -> Seal | None:
    """The seal that was sent; None where it is not ours, another form's or another guest's, or is too old."""
    match = _SEAL.fullmatch(text)
    if match is None:
        return None
    seal = Seal(int(match[1]), match[2], text)
    # The form that made a guest of him is his still, so that he who goes back and sends it again says nothing twice.
    bound = None if guest == token_for(secret, seal) else guest
    if not hmac.compare_digest(_signature(secret, form, bound, seal.issued, seal.nonce), match[3]):
        return None
    return seal if 0 <= now - seal.issued <= SEAL_SECONDS else None


def token_for(secret: str, seal: Seal) -> str:
    """The token of a guest who sends his first form: the same for the same form, and nobody's to guess."""
    made = hmac.digest(secret.encode(), f"guest\0{seal.text}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def keep(response: Response, token: str) -> Response:
    """Let this browser be known again here."""
    response.set_cookie(COOKIE, token, max_age=KEPT_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
    return response


def _signature(secret: str, form: str, guest: str | None, issued: int, nonce: str) -> str:
    bound = hash_token(guest) if guest else ""
    return hmac.new(secret.encode(), f"guest form\0{form}\0{bound}\0{issued}\0{nonce}".encode(), "sha256").hexdigest()
