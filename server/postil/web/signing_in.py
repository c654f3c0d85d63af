"""The pages where moderators come in and go out. All of them work without JavaScript, and none by a GET.

With it a link's code stays in the address's fragment, which no browser sends to anybody (client_widget/src/sign-in.js).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from postil.auth import accounts, staff
from postil.auth.accounts import Account
from postil.auth.devices import device
from postil.auth.passwords import Passwords
from postil.db import Transaction
from postil.errors import PostilError, SecondStep, TooMany, Unauthorized
from postil.models import Moderator, Site
from postil.sites import origins_of
from postil.urls import exact_origin
from postil.viewer import Viewer
from postil.web import door, screens
from postil.web.problems import status_of


@dataclass(frozen=True, slots=True)
class Wish:
    """Where somebody wanted to go: a page of ours, or a site's page that opened this window. Or nowhere."""

    next: str = ""
    origin: str = ""
    nonce: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Wish":
        """What of it can be believed: a path of our own, an origin, a nonce as widgets make it."""
        nonce = said.get("nonce", "")
        return cls(
            door.own_path(said.get("next", "")) or "",
            exact_origin(said.get("origin", "")) or "",
            nonce if nonce.replace("-", "").replace("_", "").isalnum() and len(nonce) <= 64 else "",
        )

    @property
    def path(self) -> str:
        if self.origin:
            return "/sign-in?" + urlencode({"origin": self.origin, "nonce": self.nonce})
        return self.next or "/sign-in"


def passwords(request: Request) -> Passwords:
    held: Passwords = request.app.state.passwords
    return held


def _secret(request: Request) -> str:
    return door.resources(request).database.lineage.secret


async def show(request: Request) -> Response:
    """Who is signed in here; else the form to do so. A link that came with its code in the query asks for a click."""
    wish, code = Wish.of(request.query_params), request.query_params.get("code", "")[:128]
    async with door.resources(request).database.read() as snapshot:
        if code:
            invited = await staff.invited(snapshot, code)
            site = await snapshot.get(Site, invited.site_id) if invited else None
            return _page(request, wish, "link", code=code, invited=invited, site=site)
        viewer = await door.visiting(snapshot, request)
        if viewer is None:
            return _page(request, wish, "asking")
        moderator = await snapshot.get_one(Moderator, viewer.moderator)
        here: dict[str, Any] = {
            "moderator": moderator,
            "site": await snapshot.get_one(Site, viewer.site),
            "origins": await origins_of(snapshot, viewer.site),
            "token": door.form_token(viewer.session or "", _secret(request)),
        }
    return _page(request, wish, "in", **here)


async def by_link(request: Request) -> Response:
    """Spend a link's code. Whoever opens his link again where it has signed him in is signed in still."""
    fields = await _fields(request)
    wish, code = Wish.of(fields), _code(fields.get("code", ""))
    try:
        await door.hit(request, "sign_in")
        async with door.resources(request).database.begin() as tx:
            before = await door.staff_at(tx, request)
            if fields.get("digits") and (invited := await staff.invited(tx, code)):
                await door.hit(request, "sign_in_account", invited.id)
            opened = await staff.sign_in(tx, code, digits=fields.get("digits"), device=_device(request))
            await _leave(tx, before)
        return await _welcome(request, wish, opened[0])
    except SecondStep as error:
        return _page(request, wish, "link", error, code=code, invited=None, site=None, wants_digits=True)
    except PostilError as error:
        async with door.resources(request).database.read() as snapshot:
            if isinstance(error, Unauthorized) and await door.staff_at(snapshot, request):
                return _go(wish)
        return _page(request, wish, "asking", error)


def _code(typed: str) -> str:
    """The code in what was pasted: the whole link, or the code alone."""
    return typed.strip().rpartition("#")[2].rpartition("code=")[2][:128]


async def by_password(request: Request) -> Response:
    """Address and password. The answer is one for all that is wrong, and takes as long."""
    fields = await _fields(request)
    wish, address, secret = Wish.of(fields), fields.get("address", ""), _secret(request)
    database = door.resources(request).database
    try:
        await door.hit(request, "sign_in")
        await door.hit(request, "sign_in_account", accounts.plain(address))
        async with database.read() as snapshot:
            found = await accounts.accounts_at(snapshot, address)
        password = fields.get("password", "")
        opened = await accounts.opened(passwords(request), found, address, password, secret)
    except PostilError as error:
        return _page(request, wish, "asking", error, address=address[:300])
    await _refresh(request, opened, address, password)
    if len(opened) > 1 or opened[0].moderator.totp_secret:
        return _ask_more(request, wish, opened)
    return await _enter(request, wish, opened[0].moderator.id)


async def by_step(request: Request) -> Response:
    """What was left open by the password: which site, and the six digits."""
    fields = await _fields(request)
    wish, step, chosen = Wish.of(fields), fields.get("step", "")[:8000], fields.get("account", "")
    opened: list[Account] = []
    try:
        await door.hit(request, "sign_in")
        async with door.resources(request).database.read() as snapshot:
            opened = await accounts.read_step(snapshot, step, _secret(request))
        chosen = chosen or opened[0].moderator.id
        if chosen not in [each.moderator.id for each in opened]:
            raise Unauthorized()
        await door.hit(request, "sign_in_account", chosen)
        return await _enter(request, wish, chosen, fields.get("digits"))
    except (SecondStep, TooMany) as error:
        return _ask_more(request, wish, opened, error, step=step, chosen=chosen)
    except PostilError as error:
        return _page(request, wish, "asking", error)


def _ask_more(
    request: Request, wish: Wish, opened: list[Account], error: PostilError | None = None, **more: str
) -> Response:
    values: dict[str, Any] = {"chosen": "", "step": ""} | more
    if not values["step"]:
        values["step"] = accounts.step_of(opened, _secret(request), int(door.resources(request).database.clock()))
    return _page(request, wish, "step", error, accounts=opened, **values)


async def _refresh(request: Request, opened: list[Account], address: str, password: str) -> None:
    """Hash anew what was hashed at another cost, while the password is at hand."""
    stale = [each.moderator for each in opened if passwords(request).is_stale(each.moderator.password_hash or "")]
    if not stale:
        return
    made = await passwords(request).hash(password, accounts.plain(address), _secret(request))
    async with door.resources(request).database.begin() as tx:
        for each in stale:
            kept = await tx.get_one(Moderator, each.id)
            if kept.password_hash == each.password_hash:
                kept.password_hash = made
            each.password_hash = made


async def _enter(request: Request, wish: Wish, moderator: str, digits: str | None = None) -> Response:
    async with door.resources(request).database.begin() as tx:
        before = await door.staff_at(tx, request)
        await accounts.check_second_step(tx, await tx.get_one(Moderator, moderator), digits)
        token, *_ = await staff.open_session(tx, moderator, device=_device(request))
        await _leave(tx, before)
    return await _welcome(request, wish if wish.path != "/sign-in" else Wish("/moderate"), token)


async def sign_out(request: Request) -> Response:
    """End this sign-in and all that it granted."""
    fields = await screens.form(request)
    door.check_own_page(request)
    held = door.resources(request)
    async with held.database.begin() as tx:
        viewer = await door.staff_at(tx, request)
        if viewer is not None and viewer.session is not None:
            door.check_form(request, viewer, fields)
            await staff.revoke(tx, viewer.session)
    await held.hub.end_revoked()
    return door.drop_cookie(RedirectResponse("/sign-in", 303, screens.PRIVATE))


async def _leave(tx: Transaction, before: Viewer | None) -> None:
    """What this browser was signed in as before ends: its cookie has nobody any more."""
    if before is not None and before.session is not None:
        await staff.revoke(tx, before.session)


async def _welcome(request: Request, wish: Wish, token: str) -> Response:
    await door.resources(request).hub.end_revoked()
    return door.set_cookie(_go(wish), token)


def _go(wish: Wish) -> Response:
    return RedirectResponse(wish.path, 303, screens.PRIVATE)


async def _fields(request: Request) -> dict[str, str]:
    """A form's fields, the first of each name. Nobody is signed in by a form of another site, not even as another."""
    fields = {name: values[0] for name, values in (await screens.form(request)).items()}
    door.check_own_page(request)
    return fields


def _device(request: Request) -> str:
    return device(request.headers.get("user-agent", ""))


def _page(request: Request, wish: Wish, state: str, error: PostilError | None = None, **values: Any) -> Response:
    fixed: dict[str, Any] = {"address": "", "code": "", "wants_digits": False, "step": "", "chosen": ""}
    shown = screens.page(
        "sign-in.html",
        status_of(type(error)) if error else 200,
        **{
            **fixed,
            **values,
            "state": state,
            "wish": asdict(wish),
            "problem": error.detail if error else "",
            "modules": f"/w/{request.app.state.widget.version}/",
        },
    )
    if isinstance(error, TooMany):
        shown.headers["Retry-After"] = str(error.retry_after)
    return shown
