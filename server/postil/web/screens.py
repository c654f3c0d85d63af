"""The moderators' own pages: templates, forms, and who may open them.

Every page works without JavaScript. A form carries a token that only a page of ours, opened by the same session, has.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from postil import reviewing
from postil.db import Snapshot
from postil.errors import Invalid, TooLong
from postil.marking import marked
from postil.policy import MAY, Action
from postil.viewer import Viewer
from postil.web import door, times
from postil.web.faces import face

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_FORM = 64 * 1024
# Stricter than other pages (web.middleware) but for forms, which post to us and nobody else. Without a referrer of its
# own the browser would say “Origin: null” of a form, and nobody could tell that it is ours.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


class Way(NamedTuple):
    """An entry of the desk's navigation."""

    at: str
    name: str
    href: str
    action: Action = Action.REVIEW


WAYS = (
    Way("review", "Needs review", "/moderate"),
    Way("hidden", "Hidden", "/moderate?view=hidden"),
    Way("all", "All", "/moderate?view=all"),
    Way("log", "Log", "/moderate/log"),
    Way("rules", "Rules", "/moderate/rules"),
    Way("bans", "Bans", "/moderate/bans"),
    Way("anchors", "Anchors", "/moderate/anchors", Action.ANCHOR),
    Way("people", "People", "/moderate/people", Action.SET_PEOPLE),
)


@cache
def _environment() -> "Environment":
    # Imported here: the API and the widget need no templates, and a start should not wait for them.
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("postil.web", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {each.__name__: each for each in (times.span, times.ago, times.exact, times.iso)}
    environment.filters |= {
        "clock": times.clock,
        "day": times.day,
        "month": times.month,
        "marked": marked,
        "face": face,
    }
    return environment


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page made of a template in web/templates; every value is text and is escaped, unless it is Markup."""
    return HTMLResponse(_environment().get_template(template).render(**values), status, headers=PRIVATE)


async def desk(request: Request, snapshot: Snapshot, viewer: Viewer, *, at: str) -> dict[str, Any]:
    """What templates/desk.html needs beside its blocks. `at` is the Way one is on; `token` goes into every form."""
    told = await reviewing.desk(snapshot, viewer)
    secret = door.resources(request).database.lineage.secret
    return {
        "at": at,
        "site_name": told.site,
        "viewer_name": told.name,
        "role": viewer.role,
        "waiting": told.waiting,
        "ways": [way for way in WAYS if viewer.role in MAY[way.action][0]],
        "token": door.form_token(viewer.session or "", secret),
        "modules": f"/w/{request.app.state.widget.version}/",
    }


async def form(request: Request, most: int = MOST_FORM) -> dict[str, list[str]]:
    """The fields of a posted form (urlencoded, `most` bytes), each with all its values. TooLong, Invalid."""
    sent = bytearray()
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > most:
            raise TooLong("form")
    try:
        pairs = parse_qsl(sent.decode("ascii"), keep_blank_values=True, strict_parsing=bool(sent), max_num_fields=2_000)
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid("form", "This form cannot be read. Reload the page and try again.") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
