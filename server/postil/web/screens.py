"""The moderators' own pages: templates, forms, and who may open them.

Every page works without JavaScript. A form carries a token that only a page of ours, opened by the same session, has.
"""

import hmac
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from postil.errors import Invalid, TooLong

MOST_FORM = 64 * 1024
PRIVATE = {"Cache-Control": "no-store"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("postil.web", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page made of a template in web/templates; every value is text and is escaped, unless it is Markup."""
    return HTMLResponse(_environment().get_template(template).render(**values), status, headers=PRIVATE)


async def form(request: Request) -> dict[str, list[str]]:
    """The fields of a posted form (urlencoded), each with all its values. TooLong, Invalid."""
    sent = bytearray()
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > MOST_FORM:
            raise TooLong("form")
    try:
        pairs = parse_qsl(sent.decode("ascii"), keep_blank_values=True, strict_parsing=bool(sent), max_num_fields=2_000)
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid("form", "This form cannot be read. Reload the page and try again.") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def form_token(session: str, secret: str) -> str:
    """What a form of this session's pages carries; no other site can know it."""
    return hmac.digest(secret.encode(), f"form\0{session}".encode(), "sha256").hex()[:32]
