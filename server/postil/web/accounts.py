"""Signing in: a link's code for a session, a session's grant for a page's hour."""

from starlette.requests import Request

from postil.answers import GrantAnswer, SignInAnswer
from postil.auth import staff
from postil.auth.devices import device
from postil.db import Snapshot
from postil.errors import OriginRefused, Unauthorized
from postil.models import Moderator, StaffSession
from postil.sites import origins_of
from postil.web import door
from postil.web.api import Reply
from postil.web.origins import origin_in
from postil.web.pages import PRIVATE, Staff
from postil.web.schemas import GrantCreate, GrantRedeem, SignIn


async def sign_in(request: Request, body: SignIn) -> Reply[SignInAnswer]:
    """Spend the code of a one-time link, for a token. Outside of a site's pages; people go to /sign-in."""
    await door.hit(request, "sign_in")
    _only_here(request)
    agent = device(request.headers.get("user-agent", ""))
    async with door.resources(request).database.begin() as tx:
        if body.digits and (invited := await staff.invited(tx, body.code)):
            await door.hit(request, "sign_in_account", invited.id)
        answer = await _told(tx, *await staff.sign_in(tx, body.code, digits=body.digits, device=agent))
    return Reply(answer.encode(), headers=PRIVATE)


async def grant(request: Request, body: GrantCreate, authorization: Staff) -> Reply[GrantAnswer]:
    """A code for the page that opened the sign-in window, good for a minute at exactly that origin."""
    await door.hit(request, "sign_in")
    async with door.resources(request).database.begin() as tx:
        viewer = await door.staff_here(tx, request, authorization)
        answer = GrantAnswer(code=await staff.grant(tx, viewer, body.origin))
    return Reply(answer.encode(), headers=PRIVATE)


async def redeem(request: Request, body: GrantRedeem) -> Reply[SignInAnswer]:
    """Spend a grant's code from the site's page: an hour's token, good for approve, hide and restore."""
    await door.hit(request, "sign_in")
    origin = origin_in(request.headers)
    if origin is None:
        raise OriginRefused()
    async with door.resources(request).database.begin() as tx:
        answer = await _told(tx, *await staff.redeem(tx, body.code, origin))
    return Reply(answer.encode(), headers=PRIVATE)


async def sign_out(request: Request, authorization: Staff) -> None:
    """End this session and every one it granted; their sockets close."""
    held = door.resources(request)
    async with held.database.begin() as tx:
        viewer = await door.staff_reader(tx, request, authorization)
        if viewer is None or viewer.session is None:
            raise Unauthorized()
        await staff.revoke(tx, viewer.session)
    await held.hub.end_revoked()


def _only_here(request: Request) -> None:
    """Only our own page may sign in: what it is given must not come into a site's page."""
    if origin_in(request.headers) not in (None, door.own_origin(request)):
        raise OriginRefused("Sign in on the service's own page.")


async def _told(tx: Snapshot, token: str, session: StaffSession, moderator: Moderator) -> SignInAnswer:
    return SignInAnswer(
        token=token,
        name=moderator.name,
        role=moderator.role,
        expires=session.expires_at,
        site=moderator.site_id,
        origins=await origins_of(tx, moderator.site_id),
    )
