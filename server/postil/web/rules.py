"""The rules screen: a site's rules, each tried on its latest comments before it is switched on, and its reasons.

Moderators read and try; owners switch on and off. Each change is a new version of its rule.
"""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import learning, moderation, policy, rulebook
from postil.db import Snapshot
from postil.errors import Invalid, NotFound, PostilError
from postil.kinds import FORMS, effect_of, in_words, settings_of, whole
from postil.models import Rule, Site
from postil.names import clean_text
from postil.policy import Action, allow
from postil.rehearsal import Rehearsal, rehearse
from postil.rules import Effect, Kind, RuleInForce
from postil.sites import names_of
from postil.viewer import Viewer
from postil.web import door, screens
from postil.web.deciding import Form, posted
from postil.web.problems import status_of

MOST_NAME = 60
MOST_SHOWN = 100  # of the comments that a trial caught; it counts them all
BLANK_REASONS = 3
_ON, _OFF, _TRY = "on", "off", "try"


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as a form has it: what was typed, and what may be said of it."""

    kind: Kind
    name: str
    effect: str
    values: dict[str, Any]
    rule: Rule | None = None
    trial: Rehearsal | None = None
    wrong: Invalid | None = None

    @property
    def path(self) -> str:
        return f"/moderate/rules/{self.rule.number}" if self.rule else "/moderate/rules/new"


async def read(request: Request) -> Response:
    """The site's rules, and its reasons."""
    await door.hit(request, "read")
    return await _show_all(request)


async def write_reasons(request: Request) -> Response:
    """Keep the site's own list of why comments are hidden; an empty one is the list that all begin with."""
    form = await posted(request)
    texts, spam = form.fields.get("text", []), set(form.fields.get("spam", []))
    reasons = [(text, str(at) in spam) for at, text in enumerate(texts)]
    try:
        async with door.resources(request).database.begin() as tx:
            await moderation.set_reasons(tx, form.viewer, reasons)
    except PostilError as error:
        return await _show_all(request, error)
    return RedirectResponse("/moderate/rules?done=reasons", 303, screens.PRIVATE)


async def _show_all(request: Request, wrong: PostilError | None = None) -> Response:
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        site = await snapshot.get_one(Site, viewer.site)
        values = {
            "rules": await rulebook.rules_of(snapshot, viewer.site),
            "caught": await rulebook.catches(snapshot, viewer.site),
            "learned": await learning.learned(snapshot, viewer.site),
            "reasons": [*(site.reasons or policy.REASONS), *[{"text": "", "is_spam": False}] * BLANK_REASONS],
            "done": _DONE.get(request.query_params.get("done", ""), ""),
            **_words(viewer),
            **await screens.desk(request, snapshot, viewer, at="rules"),
        }
    return screens.page("rules.html", status_of(type(wrong)) if wrong else 200, wrong=wrong, **values)


_DONE = {
    "reasons": "The list of reasons is kept.",
    "on": "The rule is on. It looks at what is posted from now on.",
    "off": "The rule is off.",
}


async def one(request: Request) -> Response:
    """A rule of the site, to be looked at, tried and changed."""
    await door.hit(request, "read")
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        rule = await _rule(snapshot, viewer, request)
        kind = Kind(rule.kind)
        written = Written(kind, rule.name, rule.effect, whole(kind, rule.settings), rule)
        return await _show(request, snapshot, viewer, written)


async def new(request: Request) -> Response:
    """A rule of some kind that is not there yet."""
    await door.hit(request, "read")
    kind = _kind(request.query_params.get("kind", ""))
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        written = Written(kind, FORMS[kind].title, Effect.HOLD, whole(kind, {}))
        return await _show(request, snapshot, viewer, written)


async def change(request: Request) -> Response:
    """Try a rule, or switch it on or off as it is written."""
    form = await posted(request)
    async with door.resources(request).database.read() as snapshot:
        rule = await _rule(snapshot, form.viewer, request) if "number" in request.path_params else None
    written = _written(form, rule)
    try:
        settings = settings_of(written.kind, written.values)
        effect = effect_of(written.kind, written.effect)
        if form.text("do") == _TRY:
            return await _try(request, form.viewer, written, effect, settings)
        return await _save(request, form, written, effect, settings)
    except Invalid as error:
        async with door.resources(request).database.read() as snapshot:
            return await _show(request, snapshot, form.viewer, replace(written, wrong=error))


async def _try(
    request: Request, viewer: Viewer, written: Written, effect: Effect, settings: dict[str, Any]
) -> Response:
    rule = written.rule
    draft = RuleInForce(
        rule.number if rule else 0, rule.version + 1 if rule else 1, written.kind, written.name, effect, settings
    )
    async with door.resources(request).database.read() as snapshot:
        trial = await rehearse(snapshot, viewer.site, draft)
        return await _show(request, snapshot, viewer, replace(written, trial=trial))


async def _save(request: Request, form: Form, written: Written, effect: Effect, settings: dict[str, Any]) -> Response:
    allow(form.viewer, Action.SET_RULES)
    is_on = form.text("do") != _OFF
    async with door.resources(request).database.begin() as tx:
        await rulebook.write_rule(
            tx,
            form.viewer.site,
            written.kind,
            name=written.name,
            effect=effect,
            settings=settings,
            number=written.rule.number if written.rule else None,
            is_on=is_on,
            moderator=form.viewer.moderator,
        )
    return RedirectResponse(f"/moderate/rules?done={_ON if is_on else _OFF}", 303, screens.PRIVATE)


async def _show(request: Request, snapshot: Snapshot, viewer: Viewer, written: Written) -> Response:
    rule = written.rule
    versions = await rulebook.history(snapshot, viewer.site, rule.number) if rule else []
    values = {
        "written": written,
        "form": FORMS[written.kind],
        "versions": versions,
        "names": await names_of(snapshot, {each.moderator_id for each in versions}),
        "most_shown": MOST_SHOWN,
        "now": snapshot.now,
        **_words(viewer),
        **await screens.desk(request, snapshot, viewer, at="rules"),
    }
    return screens.page("rule.html", status_of(type(written.wrong)) if written.wrong else 200, **values)


def _words(viewer: Viewer) -> dict[str, Any]:
    return {"forms": FORMS, "in_words": in_words, "may_change": viewer.role in policy.MAY[Action.SET_RULES][0]}


def _written(form: Form, rule: Rule | None) -> Written:
    """What a form has. A secret that is left empty is the one that is kept."""
    kind = Kind(rule.kind) if rule else _kind(form.text("kind"))
    values: dict[str, Any] = {}
    for setting in FORMS[kind].settings:
        text = form.text(f"s-{setting.name}")
        if f"s-{setting.name}" not in form.fields and setting.shape != "yes":
            text = setting.default
        if setting.is_secret and not text and rule:
            text = rule.settings.get(setting.name, "")
        values[setting.name] = text == "yes" if setting.shape == "yes" else text
    name = clean_text(form.text("name"), MOST_NAME) or FORMS[kind].title
    return Written(kind, name, form.text("effect") or Effect.HOLD, values, rule)


async def _rule(snapshot: Snapshot, viewer: Viewer, request: Request) -> Rule:
    number = request.path_params["number"]
    for rule in await rulebook.rules_of(snapshot, viewer.site):
        if rule.number == number:
            return rule
    raise NotFound()


def _kind(text: str) -> Kind:
    if text not in FORMS:
        raise NotFound("There is no such kind of rule.")
    return Kind(text)
