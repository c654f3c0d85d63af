"""Every route of the service, and how to ask it about one comment, one section and one page.

A route without a row here fails `test_every_route_has_its_row`: whoever adds one says how it could leak.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpx2
from starlette.routing import BaseRoute
from tests.service import ORIGIN, URL, Json, Visitor, outlined

from postil.web.api import Operation
from postil.web.routes import routes
from postil.web.static import Widget

NEVER_ISSUED = "-----------"
SAID = {"source": "An attempt.", "name": "Mallory", "do": "post", "seal": "1.x.y"}
HASH = outlined(0)["outline"]["hash"]


class Target(NamedTuple):
    """What is asked about. `sinces` are the cursors that a poll begins at."""

    comment: str = NEVER_ISSUED
    section: str = NEVER_ISSUED
    url: str = URL
    sinces: tuple[str, ...] = ("00000000.0",)
    decision: str = NEVER_ISSUED
    page: str = NEVER_ISSUED


class Ask(NamedTuple):
    method: str
    path: str
    more: dict[str, Json]

    def by(self, visitor: Visitor) -> httpx2.Response:
        return visitor.ask(self.method, self.path, **self.more)


def get(path: str, **params: Json) -> Ask:
    return Ask("GET", path, {"params": params})


def send(method: str, path: str, body: Json = None) -> Ask:
    return Ask(method, path, {} if body is None else {"json": body})


def form(path: str, **fields: str) -> Ask:
    return Ask("POST", path, {"data": fields})


def draft(target: Target, **place: Json) -> Ask:
    fixed = {"page": {"url": target.url}, "source": "An attempt.", "name": "Mallory"}
    return send("POST", "/v1/comments", {**fixed, "nonce": secrets.token_urlsafe(12), **place})


def decide(move: str) -> Callable[[Target], list[Ask]]:
    return lambda t: [send("POST", f"/v1/comments/{t.comment}/{move}", {"reason": "an attempt"})]


def anchor(move: str) -> Callable[[Target], list[Ask]]:
    return lambda t: [send("POST", f"/v1/anchors/{t.decision}/{move}")]


def windows(t: Target) -> list[Ask]:
    path = f"/v1/sections/{t.section}/comments"
    sorts = [get(path, sort=sort, limit=limit) for sort in ("oldest", "newest", "supported") for limit in (1, 100)]
    return [*sorts, get(path, nested=True), *after(t)]


def after(t: Target) -> list[Ask]:
    """Windows that go on after a comment, by every kind of cursor that can name it."""
    path = f"/v1/sections/{t.section}/comments"
    cursors = [f"replies.{t.comment}.{t.comment}", *(f"{sort}.0.9.{t.comment}" for sort in ("oldest", "newest"))]
    return [get(path, cursor=cursor) for cursor in (*cursors, f"supported.0.9.{t.comment}")]


def changes(t: Target) -> list[Ask]:
    some = [get("/v1/page/changes", url=t.url, since=since, section=t.section) for since in t.sinces[:1]]
    return some + [get("/v1/page/changes", url=t.url, since=since) for since in t.sinces]


def recent(t: Target) -> list[Ask]:
    """The newest of a page; and older ones, also than a comment that one may not see."""
    shown = [{}, {"outline": HASH}, {"limit": 1}, {"limit": 50, "before": t.comment}, {"before": "z" * 11}]
    return [get("/v1/page/recent", url=t.url, **params) for params in shown]


READS: dict[str, Callable[[Target], list[Ask]]] = {
    "pages.read": lambda t: [get("/v1/page", url=t.url), get("/v1/page", url=t.url, outline=HASH)],
    "pages.changes": changes,
    "pages.recent": recent,
    "pages.counts": lambda t: [get("/v1/counts", url=[t.url, f"{t.url}/none"])],
    "pages.place": lambda t: [
        send("POST", "/v1/outline", {"page": {"url": t.url}, "outline": outlined(0)["outline"]}),
    ],
    "pages.own": lambda t: [get("/v1/page/own", url=t.url)],
    "comments.read": windows,
    "comments.one": lambda t: [get(f"/v1/comments/{t.comment}"), Ask("HEAD", f"/v1/comments/{t.comment}", {})],
    "comments.then": lambda t: [get(f"/v1/comments/{t.comment}/then")],
    "comments.around": lambda t: [get(f"/v1/comments/{t.comment}/around", limit=limit) for limit in (1, 100)],
    "moderation.reasons": lambda t: [get("/v1/reasons")],
    "anchors.read": lambda t: [get("/v1/anchors"), get("/v1/anchors", url=t.url)],
    "queue.read": lambda t: [
        get("/moderate", item=t.comment, section=t.section),
        get("/moderate", view="all", page=t.page),
        get("/moderate", view="hidden", text="canary"),
    ],
    "log.read": lambda t: [get("/moderate/log"), get("/moderate/log", comment=t.comment)],
    "log.read_bans": lambda t: [get("/moderate/bans")],
    "rules.read": lambda t: [get("/moderate/rules")],
    "rules.new": lambda t: [get("/moderate/rules/new", kind="review")],
    "rules.one": lambda t: [get("/moderate/rules/1")],
    "here.show": lambda t: [get("/here", url=t.url), Ask("GET", "/here", {"headers": {"Referer": t.url}})],
    "threads.comment": lambda t: [get(f"/t/c/{t.comment}")],
    "threads.discussion": lambda t: [get(f"/t/{t.page}")],
    "threads.section": lambda t: [
        get(f"/t/{t.page}/{t.section}"),
        *(get(f"/t/{t.page}/{t.section}", sort=sort) for sort in ("newest", "supported")),
        *(get(f"/t/{t.page}/{t.section}", **{by: t.comment}) for by in ("around", "after")),
        get(f"/t/{t.page}/{t.section}", after=f"replies.{t.comment}.{t.comment}"),
    ],
    "writing.show_write": lambda t: [get(f"/t/{t.page}/{t.section}/write")],
    "writing.show_reply": lambda t: [get(f"/t/c/{t.comment}/reply")],
    "writing.show_edit": lambda t: [get(f"/t/c/{t.comment}/edit")],
    "reporting.show_flag": lambda t: [get(f"/t/c/{t.comment}/flag")],
    "reporting.show_support": lambda t: [get(f"/t/c/{t.comment}/support")],
}

WRITES: dict[str, Callable[[Target], list[Ask]]] = {
    "pages.see": lambda t: [send("POST", "/v1/views", {"page": {"url": t.url}, "visit": "x" * 16})],
    "comments.post": lambda t: [
        draft(t, section=t.section, parent=t.comment),
        draft(t, **outlined(0), parent=t.comment),
    ],
    "comments.edit": lambda t: [send("PATCH", f"/v1/comments/{t.comment}", {"source": "An attempt."})],
    "comments.remove": lambda t: [send("DELETE", f"/v1/comments/{t.comment}")],
    "comments.support": lambda t: [send("PUT", f"/v1/comments/{t.comment}/reaction")],
    "comments.unsupport": lambda t: [send("DELETE", f"/v1/comments/{t.comment}/reaction")],
    "comments.flag": lambda t: [send("POST", f"/v1/comments/{t.comment}/flag", {"reason": "spam"})],
    "moderation.approve": decide("approve"),
    "moderation.hide": decide("hide"),
    "moderation.restore": decide("restore"),
    "moderation.purge": decide("purge"),
    "moderation.refuse": decide("refuse"),
    "moderation.ban": lambda t: [
        send("POST", f"/v1/comments/{t.comment}/ban", {"by_network": on}) for on in (False, True)
    ],
    "moderation.undo": lambda t: [send("POST", f"/v1/decisions/{t.decision}/undo")],
    "comments.appeal": lambda t: [send("POST", f"/v1/comments/{t.comment}/appeal", {"text": "an attempt"})],
    "anchors.same": anchor("same"),
    "anchors.merge": lambda t: [send("POST", f"/v1/anchors/{t.decision}/merge", {"into": t.section})],
    "anchors.apart": anchor("apart"),
    "anchors.undo": anchor("undo"),
    "anchors.refresh": lambda t: [send("POST", "/v1/page/refresh", {"page": {"url": t.url}})],
    "anchors.accept": lambda t: [send("POST", "/v1/moves/accept", {"page": t.page, "key": "blog.example/x"})],
    "anchors.refuse": lambda t: [send("POST", "/v1/moves/refuse", {"page": t.page, "key": "blog.example/x"})],
    "moderation.set_section": lambda t: [send("PUT", f"/v1/sections/{t.section}/state", {"state": "locked"})],
}

# Forms of the desk; what they bring is of no use without its page's token.
WRITES |= {
    "deciding.decide": lambda t: [form("/moderate/decide", about=t.comment, action="hide")],
    "deciding.undo": lambda t: [form("/moderate/undo", decision=t.decision)],
    "deciding.ban": lambda t: [form("/moderate/ban", about=t.comment, comment=t.comment, by="author")],
    "deciding.section": lambda t: [form("/moderate/section", section=t.section, state="locked")],
    "deciding.many": lambda t: [form("/moderate/bulk", action="hide", what="all", sure="yes")],
    "log.lift": lambda t: [form("/moderate/bans", ban=t.decision)],
    "rules.write_reasons": lambda t: [form("/moderate/rules", text="spam")],
    "rules.add": lambda t: [form("/moderate/rules/new", **{"kind": "review", "s-who": "everyone", "do": "try"})],
    "rules.change": lambda t: [form("/moderate/rules/1", do="try")],
}

# Forms of readers without JavaScript: of no use without the seal of the page that they stand on.
WRITES |= {
    "writing.write": lambda t: [form(f"/t/{t.page}/{t.section}/write", **SAID)],
    "writing.reply": lambda t: [form(f"/t/c/{t.comment}/reply", **SAID)],
    "writing.edit": lambda t: [form(f"/t/c/{t.comment}/edit", **SAID)],
    "reporting.flag": lambda t: [form(f"/t/c/{t.comment}/flag", reason="spam")],
    "reporting.support": lambda t: [form(f"/t/c/{t.comment}/support", do="give")],
}

# Nothing that they take names a comment, a section or a page; they are asked all the same.
ELSEWHERE: dict[str, Callable[[Target], list[Ask]]] = {
    "anchors.publish": lambda t: [
        send("POST", "/v1/publish", {"page": {"url": t.url}, "outline": outlined(0)["outline"]}),
    ],
    "comments.preview": lambda t: [send("POST", "/v1/preview", {"page": {"url": t.url}, "source": t.comment})],
    "accounts.sign_in": lambda t: [send("POST", "/v1/sign-in", {"code": t.comment * 2})],
    "accounts.grant": lambda t: [send("POST", "/v1/grants", {"origin": ORIGIN})],
    "accounts.redeem": lambda t: [send("POST", "/v1/grants/redeem", {"code": t.comment * 2})],
    "accounts.sign_out": lambda t: [Ask("GET", "/v1/session", {})],
    "openapi": lambda t: [get("/openapi.json")],
    "health.alive": lambda t: [get("/healthz")],
    "health.ready": lambda t: [get("/readyz")],
    "metrics.read": lambda t: [get("/metrics")],
    "signing_in.show": lambda t: [get("/sign-in", next=t.url), get("/sign-in", code=t.comment * 2)],
    "signing_in.by_password": lambda t: [form("/sign-in", address=t.comment, password=t.section)],
    "signing_in.by_link": lambda t: [form("/sign-in/link", code=t.comment * 2)],
    "signing_in.by_step": lambda t: [form("/sign-in/step", step=t.comment, account=t.comment)],
    "signing_in.sign_out": lambda t: [form("/sign-out")],
    "people.show": lambda t: [get("/moderate/people", said=t.comment)],
    "people.invite": lambda t: [form("/moderate/people/invite", name=t.comment)],
    "people.set_role": lambda t: [form("/moderate/people/role", person=t.comment, role="owner")],
    "people.reset": lambda t: [form("/moderate/people/reset", person=t.comment)],
    "people.dismiss": lambda t: [form("/moderate/people/dismiss", person=t.comment)],
    "people.end": lambda t: [form("/moderate/people/end", session=t.comment)],
    "people.end_others": lambda t: [form("/moderate/people/you/end-others", session=t.comment)],
    "people.choose": lambda t: [form("/moderate/people/you/password", address=t.comment)],
    "people.begin_step": lambda t: [form("/moderate/people/you/second-step", secret=t.comment)],
    "people.turn_on": lambda t: [form("/moderate/people/you/second-step/on", secret=t.comment)],
    "people.turn_off": lambda t: [form("/moderate/people/you/second-step/off", digits=t.comment)],
    "service.anchors": lambda t: [get("/moderate/anchors", url=t.url)],
    "here.post": lambda t: [form(f"/here?url={t.url}", **SAID)],
    "service.style": lambda t: [get("/service.css")],
    "widget.loader": lambda t: [get("/postil.js")],
    "widget.module": lambda t: [get("/w/x/panel.js"), get(f"/w/x/{t.comment}")],
}

# Asked over a socket, in test_leaks.py.
SOCKETS = {"live.watch", "desk_live.watch"}


def table() -> list[BaseRoute]:
    return routes(Widget())


def operations() -> Iterator[Operation]:
    return (row for row in table() if isinstance(row, Operation))
