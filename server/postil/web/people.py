"""People: who moderates a site, for its owners; and each one's own sign-ins, password and second step.

A link is shown once, in the answer to the form that made it: it is in no address, and nowhere again.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil import people
from postil.auth import accounts, passwords, staff
from postil.db import Snapshot, Transaction
from postil.errors import Forbidden, Invalid, PostilError, TooMany, Unauthorized
from postil.models import Moderator, Site, StaffSession
from postil.policy import MAY, Action, allow
from postil.viewer import Role, Viewer
from postil.web import door, screens
from postil.web.problems import status_of

# What is said after something was done, by the word that is in the address.
SAID = {
    "role": "The role was changed.",
    "dismissed": "Dismissed. Every sign-in of theirs has ended.",
    "ended": "That sign-in has ended.",
    "others": "All your other sign-ins have ended.",
    "password": "Kept. Your other sign-ins have ended.",
    "on": "The second step is on. From now on you are asked for six digits.",
    "off": "The second step is off.",
}
_HERE = "/moderate/people"


async def show(request: Request) -> Response:
    """The list for owners, and one's own part for everybody."""
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        return await _screen(request, snapshot, viewer, said=SAID.get(request.query_params.get("said", ""), ""))


async def invite(request: Request) -> Response:
    """Make a link for somebody new."""
    return await _for_owner(request, _invite)


async def _invite(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> dict[str, Any]:
    name, role = fields.get("name", ""), _role(fields)
    if (known := await people.named(tx, viewer.site, name)) and known.revoked_at is None:
        raise Invalid("name", f"{known.name} is here already. Make a new link below, or choose another name.")
    address = fields.get("address", "").strip() or None
    return _linked(*await people.invite(tx, viewer.site, name, role, address=address, by=viewer.moderator))


async def reset(request: Request) -> Response:
    """Forget somebody's password and second step, and make a link to begin anew with."""
    return await _for_owner(request, _reset)


async def _reset(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> dict[str, Any]:
    return _linked(*await people.reset(tx, viewer.site, _other(viewer, fields), viewer.moderator))


def _linked(moderator: Moderator, code: str) -> dict[str, Any]:
    return {"link_for": moderator.name, "code": code}


async def set_role(request: Request) -> Response:
    return await _for_owner(request, _set_role)


async def _set_role(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> str:
    await people.set_role(tx, viewer.site, fields.get("person", ""), _role(fields), viewer.moderator)
    return "role"


async def dismiss(request: Request) -> Response:
    return await _for_owner(request, _dismiss)


async def _dismiss(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> str:
    if not fields.get("sure"):
        raise Invalid("sure", "Tick the box beside “Dismiss” if you are sure.")
    await people.dismiss(tx, viewer.site, fields.get("person", ""), viewer.moderator)
    return "dismissed"


async def end(request: Request) -> Response:
    """End a sign-in: one's own, or for owners anybody's of the site."""
    return await _change(request, _end)


async def _end(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> str:
    found = await tx.get(StaffSession, fields.get("session", ""))
    whose = (await people.person_of(tx, viewer.site, found.moderator_id)).moderator if found else None
    if found is None or whose is None:
        raise Invalid("session", "This sign-in has ended already.")
    if whose.id != viewer.moderator:
        allow(viewer, Action.SET_PEOPLE)
    await staff.revoke(tx, found.id)
    return "ended"


async def end_others(request: Request) -> Response:
    """End every sign-in of one's own but this one."""
    return await _change(request, _end_others)


async def _end_others(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> str:
    await people.end_sessions(tx, viewer.moderator or "", keep=viewer.session)
    return "others"


async def choose(request: Request) -> Response:
    """Choose an address and a password, or change them. Who has a password shows it first."""
    fields = await _fields(request)
    database, hasher = door.resources(request).database, request.app.state.passwords
    async with database.read() as snapshot:
        viewer = await _viewer(request, snapshot, fields)
        moderator = await snapshot.get_one(Moderator, viewer.moderator)
    try:
        await door.hit(request, "sign_in_account", moderator.id)
        address, new = people.clean_address(fields.get("address", "")), fields.get("password", "")
        passwords.check_new(new)
        kept, before = moderator.password_hash, fields.get("current", "")
        if kept and not (await hasher.matching(before, moderator.address or "", _secret(request), [kept]))[0]:
            raise Unauthorized("This is not your present password. Type the one you sign in with now.")
        made = await hasher.hash(new, address, _secret(request))
    except PostilError as error:
        return await _again(request, error)

    async def keep(tx: Transaction, viewer: Viewer, _fields: dict[str, str]) -> str:
        again = await tx.get_one(Moderator, viewer.moderator)
        if again.password_hash != kept:
            raise Unauthorized("Your password was changed meanwhile. Type the new one.")
        await accounts.set_password(tx, again, address, made, viewer.session)
        return "password"

    return await _change(request, keep, fields, renews=True)


async def begin_step(request: Request) -> Response:
    """Show a new secret, as a picture and as text. Nothing is kept until its digits are typed."""
    fields = await _fields(request)
    async with door.resources(request).database.read() as snapshot:
        viewer = await _viewer(request, snapshot, fields)
        return await _screen(request, snapshot, viewer, new_secret=passwords.new_totp())


async def turn_on(request: Request) -> Response:
    fields = await _fields(request)

    async def on(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> str:
        await door.hit(request, "sign_in_account", viewer.moderator or "")
        moderator = await tx.get_one(Moderator, viewer.moderator)
        if moderator.totp_secret is not None:
            raise Invalid("digits", "The second step is on already.")
        await accounts.turn_on(tx, moderator, fields.get("secret", ""), fields.get("digits", ""), viewer.session)
        return "on"

    secret = fields.get("secret", "")
    return await _change(request, on, fields, renews=True, new_secret=secret if passwords.is_totp(secret) else "")


async def turn_off(request: Request) -> Response:
    """With its digits, so that who finds an open window cannot."""

    async def off(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> str:
        await door.hit(request, "sign_in_account", viewer.moderator or "")
        await accounts.turn_off(tx, await tx.get_one(Moderator, viewer.moderator), fields.get("digits", ""))
        return "off"

    return await _change(request, off, renews=True)


async def _for_owner(request: Request, work: Any) -> Response:
    async def check(tx: Transaction, viewer: Viewer, fields: dict[str, str]) -> Any:
        allow(viewer, Action.SET_PEOPLE)
        return await work(tx, viewer, fields)

    return await _change(request, check)


async def _change(
    request: Request, work: Any, fields: dict[str, str] | None = None, *, renews: bool = False, **values: Any
) -> Response:
    """Do `work` with a form of ours: it gives a word of SAID, or what the page shows at once, and only then.

    `renews`: the sign-in gets another token, since what opens the account has changed.
    """
    fields = await _fields(request) if fields is None else fields
    held = door.resources(request)
    token = ""
    try:
        async with held.database.begin() as tx:
            viewer = await _viewer(request, tx, fields)
            await door.hit(request, "moderate", viewer.moderator or "")
            told = await work(tx, viewer, fields)
            if renews and viewer.session:
                token = await staff.renew(tx, viewer.session)
    except PostilError as error:
        return await _again(request, error, **values)
    await held.hub.end_revoked()
    if isinstance(told, str):
        answer: Response = RedirectResponse(f"{_HERE}?said={told}", 303, screens.PRIVATE)
        return door.set_cookie(answer, token) if token else answer
    async with held.database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        return await _screen(request, snapshot, viewer, **told)


async def _again(request: Request, error: PostilError, **values: Any) -> Response:
    """The page once more, with what was wrong."""
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        shown = await _screen(request, snapshot, viewer, error, **values)
    if isinstance(error, TooMany):
        shown.headers["Retry-After"] = str(error.retry_after)
    return shown


async def _fields(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in (await screens.form(request)).items()}


async def _viewer(request: Request, snapshot: Snapshot, fields: dict[str, str]) -> Viewer:
    viewer = await door.moderator_page(request, snapshot)
    door.check_form(request, viewer, {name: [value] for name, value in fields.items()})
    return viewer


def _role(fields: dict[str, str]) -> Role:
    if fields.get("role") not in (Role.MODERATOR, Role.OWNER):
        raise Invalid("role", "Choose moderator or owner.")
    return Role(fields["role"])


def _other(viewer: Viewer, fields: dict[str, str]) -> str:
    if fields.get("person") == viewer.moderator:
        raise Forbidden("Your own password and second step are changed under “You”.")
    return fields.get("person", "")


def _secret(request: Request) -> str:
    return door.resources(request).database.lineage.secret


async def _screen(
    request: Request, snapshot: Snapshot, viewer: Viewer, error: PostilError | None = None, **values: Any
) -> Response:
    is_owner = viewer.role in MAY[Action.SET_PEOPLE][0]
    you = await people.person_of(snapshot, viewer.site, viewer.moderator or "")
    site = await snapshot.get_one(Site, viewer.site)
    code, secret = values.pop("code", ""), values.pop("new_secret", "")
    fixed: dict[str, Any] = {"said": "", "link_for": ""}
    return screens.page(
        "people.html",
        status_of(type(error)) if error else 200,
        **await screens.desk(request, snapshot, viewer, at="people"),
        **fixed | values,
        problem=error.detail if error else "",
        link=f"{door.resources(request).settings.url}/sign-in#{code}" if code else "",
        people=await people.people_of(snapshot, viewer.site) if is_owner else [],
        is_owner=is_owner,
        you=you,
        session=viewer.session,
        now=snapshot.now,
        new_secret=secret,
        picture=_picture(passwords.totp_uri(secret, you.moderator.name, site.name)) if secret else "",
    )


def _picture(text: str) -> str:
    """A QR code as an element of the page; without style or script, so that the page's policy lets it be."""
    import segno  # here alone, and seldom

    code = segno.make(text, micro=False, error="m")
    return str(code.svg_inline(scale=5, border=4, dark="#000", light="#fff", svgclass="qr"))
