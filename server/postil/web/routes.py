"""Every door of the service, as a table: grouped by who may come in."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

import postil
from postil.errors import (
    BadSignature,
    Banned,
    Blocked,
    Conflict,
    EditWindowClosed,
    FetchRefused,
    Forbidden,
    Locked,
    NameRefused,
    NotFound,
    OriginRefused,
    TooMany,
    TooSoon,
    Unauthorized,
    Unavailable,
)
from postil.web import (
    accounts,
    anchors,
    comments,
    health,
    live,
    moderation,
    pages,
)
from postil.web.api import Operation, openapi
from postil.web.seldom import seldom
from postil.web.static import Widget

READ = [NotFound, Unauthorized, OriginRefused, TooMany, Unavailable]
WRITE = [*READ, Forbidden, Conflict]
STAFF = [*WRITE]

ANYBODY = [
    Operation("/v1/page", pages.read, statuses=[200, 304], errors=READ),
    Operation("/v1/page/changes", pages.changes, statuses=[200, 304], errors=READ),
    Operation("/v1/page/recent", pages.recent, statuses=[200, 304], errors=READ),
    Operation("/v1/counts", pages.counts, statuses=[200, 304], errors=READ),
    Operation("/v1/outline", pages.place, "POST", errors=READ),
    Operation("/v1/sections/{section}/comments", comments.read, statuses=[200, 304], errors=READ),
    Operation("/v1/comments/{comment}", comments.one, statuses=[200, 304], errors=READ),
    Operation("/v1/comments/{comment}/then", comments.then, statuses=[200, 304], errors=READ),
    Operation("/v1/comments/{comment}/around", comments.around, statuses=[200, 304], errors=READ),
]

# From a page of the site, with the author's token.
AUTHORS = [
    Operation(
        "/v1/comments",
        comments.post,
        "POST",
        statuses=[201, 200],
        errors=[*WRITE, Locked, NameRefused, Banned, Blocked, TooSoon],
    ),
    Operation("/v1/views", pages.see, "POST", errors=READ),
    Operation("/v1/page/own", pages.own, errors=READ),
    Operation("/v1/preview", comments.preview, "POST", errors=READ),
    Operation("/v1/comments/{comment}", comments.edit, "PATCH", errors=[*WRITE, EditWindowClosed, Banned, Blocked]),
    Operation("/v1/comments/{comment}", comments.remove, "DELETE", errors=WRITE),
    Operation("/v1/comments/{comment}/reaction", comments.support, "PUT", errors=[*WRITE, Banned]),
    Operation("/v1/comments/{comment}/reaction", comments.unsupport, "DELETE", errors=[*WRITE, Banned]),
    Operation("/v1/comments/{comment}/flag", comments.flag, "POST", statuses=[204], errors=[*WRITE, Banned]),
    Operation("/v1/comments/{comment}/appeal", comments.appeal, "POST", errors=WRITE),
]

# With a staff token: an hour's one from the site's page, or a full one (purge).
MODERATORS = [
    Operation("/v1/comments/{comment}/approve", moderation.approve, "POST", errors=STAFF),
    Operation("/v1/comments/{comment}/hide", moderation.hide, "POST", errors=STAFF),
    Operation("/v1/comments/{comment}/restore", moderation.restore, "POST", errors=STAFF),
    Operation("/v1/comments/{comment}/refuse", moderation.refuse, "POST", errors=STAFF),
    Operation("/v1/comments/{comment}/purge", moderation.purge, "POST", errors=STAFF),
    Operation("/v1/comments/{comment}/ban", moderation.ban, "POST", errors=STAFF),
    Operation("/v1/decisions/{decision}/undo", moderation.undo, "POST", errors=STAFF),
    Operation("/v1/sections/{section}/state", moderation.set_section, "PUT", errors=STAFF),
    Operation("/v1/reasons", moderation.reasons, errors=[*READ, Forbidden]),
]

# With an owner's full token.
OWNERS = [
    Operation("/v1/anchors", anchors.read, errors=[*READ, Forbidden]),
    Operation("/v1/anchors/{decision}/same", anchors.same, "POST", errors=STAFF),
    Operation("/v1/anchors/{decision}/merge", anchors.merge, "POST", errors=STAFF),
    Operation("/v1/anchors/{decision}/apart", anchors.apart, "POST", errors=STAFF),
    Operation("/v1/anchors/{decision}/undo", anchors.undo, "POST", errors=STAFF),
    Operation("/v1/page/refresh", anchors.refresh, "POST", errors=[*STAFF, FetchRefused]),
    Operation("/v1/moves/accept", anchors.accept, "POST", errors=STAFF),
    Operation("/v1/moves/refuse", anchors.refuse, "POST", errors=STAFF),
]

# Signed with the site's key: an owner's build, and no browser.
BUILDS = [
    Operation("/v1/publish", anchors.publish, "POST", errors=[*WRITE, BadSignature]),
]

# Signing in, on the service's own page, and handing an hour to a site's page.
ACCOUNTS = [
    Operation("/v1/sign-in", accounts.sign_in, "POST", errors=WRITE),
    Operation("/v1/grants", accounts.grant, "POST", errors=WRITE),
    Operation("/v1/grants/redeem", accounts.redeem, "POST", errors=WRITE),
    Operation("/v1/session", accounts.sign_out, "DELETE", statuses=[204], errors=WRITE),
]

# Each is looked for in turn: those come first that are asked most.
API = [*AUTHORS, *ANYBODY, *MODERATORS, *OWNERS, *BUILDS, *ACCOUNTS]


# Coming in and going out: pages, and the forms on them.
ENTRY = [
    Route("/sign-in", seldom("signing_in.show"), name="signing_in.show"),
    Route("/sign-in", seldom("signing_in.by_password"), methods=["POST"], name="signing_in.by_password"),
    Route("/sign-in/link", seldom("signing_in.by_link"), methods=["POST"], name="signing_in.by_link"),
    Route("/sign-in/step", seldom("signing_in.by_step"), methods=["POST"], name="signing_in.by_step"),
    Route("/sign-out", seldom("signing_in.sign_out"), methods=["POST"], name="signing_in.sign_out"),
]

# Who moderates, for owners; and everybody's own part of it.
PEOPLE = [
    Route("/moderate/people", seldom("people.show"), name="people.show"),
    Route("/moderate/people/invite", seldom("people.invite"), methods=["POST"], name="people.invite"),
    Route("/moderate/people/role", seldom("people.set_role"), methods=["POST"], name="people.set_role"),
    Route("/moderate/people/reset", seldom("people.reset"), methods=["POST"], name="people.reset"),
    Route("/moderate/people/dismiss", seldom("people.dismiss"), methods=["POST"], name="people.dismiss"),
    Route("/moderate/people/end", seldom("people.end"), methods=["POST"], name="people.end"),
    Route("/moderate/people/you/end-others", seldom("people.end_others"), methods=["POST"], name="people.end_others"),
    Route("/moderate/people/you/password", seldom("people.choose"), methods=["POST"], name="people.choose"),
    Route("/moderate/people/you/second-step", seldom("people.begin_step"), methods=["POST"], name="people.begin_step"),
    Route("/moderate/people/you/second-step/on", seldom("people.turn_on"), methods=["POST"], name="people.turn_on"),
    Route("/moderate/people/you/second-step/off", seldom("people.turn_off"), methods=["POST"], name="people.turn_off"),
]

# Screens of moderators, on the service's own pages: known by the cookie, changed by forms that carry a token.
DESK = [
    Route("/moderate", seldom("queue.read"), name="queue.read"),
    Route("/moderate/decide", seldom("deciding.decide"), methods=["POST"], name="deciding.decide"),
    Route("/moderate/undo", seldom("deciding.undo"), methods=["POST"], name="deciding.undo"),
    Route("/moderate/ban", seldom("deciding.ban"), methods=["POST"], name="deciding.ban"),
    Route("/moderate/section", seldom("deciding.section"), methods=["POST"], name="deciding.section"),
    Route("/moderate/bulk", seldom("deciding.many"), methods=["POST"], name="deciding.many"),
    Route("/moderate/log", seldom("log.read"), name="log.read"),
    Route("/moderate/rules", seldom("rules.read"), name="rules.read"),
    Route("/moderate/rules", seldom("rules.write_reasons"), methods=["POST"], name="rules.write_reasons"),
    Route("/moderate/rules/new", seldom("rules.new"), name="rules.new"),
    Route("/moderate/rules/new", seldom("rules.change"), methods=["POST"], name="rules.add"),
    Route("/moderate/rules/{number:int}", seldom("rules.one"), name="rules.one"),
    Route("/moderate/rules/{number:int}", seldom("rules.change"), methods=["POST"], name="rules.change"),
    Route("/moderate/bans", seldom("log.read_bans"), name="log.read_bans"),
    Route("/moderate/bans", seldom("log.lift"), methods=["POST"], name="log.lift"),
    WebSocketRoute("/moderate/live", seldom("desk_live.watch"), name="desk_live.watch"),
]


# Readers without JavaScript: discussions to be read, linked to and found, and a page for each thing to be done there.
THREADS = [
    Route("/here", seldom("here.show"), name="here.show"),
    Route("/here", seldom("here.post"), methods=["POST"], name="here.post"),
    Route("/t/c/{comment}", seldom("threads.comment"), name="threads.comment"),
    Route("/t/c/{comment}/reply", seldom("writing.reply"), name="writing.show_reply"),
    Route("/t/c/{comment}/reply", seldom("writing.reply"), methods=["POST"], name="writing.reply"),
    Route("/t/c/{comment}/edit", seldom("writing.edit"), name="writing.show_edit"),
    Route("/t/c/{comment}/edit", seldom("writing.edit"), methods=["POST"], name="writing.edit"),
    Route("/t/c/{comment}/flag", seldom("reporting.flag"), name="reporting.show_flag"),
    Route("/t/c/{comment}/flag", seldom("reporting.flag"), methods=["POST"], name="reporting.flag"),
    Route("/t/c/{comment}/support", seldom("reporting.support"), name="reporting.show_support"),
    Route("/t/c/{comment}/support", seldom("reporting.support"), methods=["POST"], name="reporting.support"),
    Route("/t/{page}", seldom("threads.discussion"), name="threads.discussion"),
    Route("/t/{page}/{section}", seldom("threads.section"), name="threads.section"),
    Route("/t/{page}/{section}/write", seldom("writing.write"), name="writing.show_write"),
    Route("/t/{page}/{section}/write", seldom("writing.write"), methods=["POST"], name="writing.write"),
]


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document, made from the handlers' own types."""
    return openapi(API, title="Postil", version=postil.__version__)


async def describe(_request: Request) -> Response:
    return JSONResponse(document())


def routes(widget: Widget) -> list[BaseRoute]:
    return [
        *API,
        WebSocketRoute("/v1/live", live.watch, name="live.watch"),
        Route("/openapi.json", describe, name="openapi"),
        Route("/healthz", health.alive, name="health.alive"),
        Route("/readyz", health.ready, name="health.ready"),
        Route("/metrics", seldom("metrics.read"), name="metrics.read"),
        *DESK,
        *ENTRY,
        *PEOPLE,
        *THREADS,
        Route("/moderate/anchors", seldom("service.anchors"), name="service.anchors"),
        Route("/service.css", seldom("service.style"), name="service.style"),
        *widget.routes(),
    ]
