"""The ASGI application: the routes, what stands before them, and what runs beside them."""

from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from postil.auth.passwords import Passwords
from postil.languages import Languages
from postil.live.shared import Shared
from postil.resources import Resources, running
from postil.urls import parse_origin
from postil.web import door, problems
from postil.web.addresses import KnowNetwork, Whereabouts
from postil.web.articles import Articles
from postil.web.caching import Kept, Prepared
from postil.web.front import BeforeRouter, Front
from postil.web.limits import Limiter
from postil.web.live import Sockets
from postil.web.middleware import Cors, SecurityHeaders
from postil.web.routes import routes
from postil.web.shelf import Shelf
from postil.web.static import Widget, widget_folder

# Pages without JavaScript, as bytes: apart, so that a crawler takes no room from what widgets ask for.
PAGES_KEPT = 8 * 1024 * 1024
# Windows that are being made where there is no shelf; what is made is kept elsewhere.
ASKED_AT_ONCE = 64


def make_app(
    resources: Resources,
    *,
    secret: bytes,
    more: Sequence[BaseRoute] = (),
    widget: Widget | None = None,
    passwords: Passwords | None = None,
    languages: Languages | None = None,
) -> Starlette:
    """The service over `resources`.

    `secret` keys what stands for an address; `more` is the demo's own pages; `widget` the files to serve, if not ours;
    `passwords` what makes their hashes, if not at our cost; `languages` the catalogs, if not the widget's.
    """
    settings = resources.settings
    own_origin = parse_origin(settings.url)

    async def is_registered(origin: str) -> bool:
        return origin == own_origin or await shelf.knows(origin)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with running(resources):
            await shelf.open()
            yield
            shelf.close()
            await limiter.close()

    widget = widget or Widget()
    shared = settings.bus if settings.bus.startswith("redis") else ""
    limiter, kept = Limiter(enabled=settings.rate_limits, shared=shared), Kept[Prepared]()
    shelf = Shelf(resources.database, kept)
    whereabouts = Whereabouts(secret, settings.trusted_proxies)
    front = Front(limiter, whereabouts, settings.edge_seconds)
    app = Starlette(
        routes=[*routes(widget), *more],
        middleware=[
            Middleware(BeforeRouter, front=front),
            Middleware(KnowNetwork, whereabouts=whereabouts),
            Middleware(SecurityHeaders),
            Middleware(Cors, is_registered=is_registered),
            Middleware(problems.Guard),
        ],
        exception_handlers={**problems.HANDLERS, door.SignInNeeded: door.on_sign_in_needed},
        lifespan=lifespan,
    )
    # Starlette's redirect to the slashed path is built from the Host header, which anybody writes.
    app.router.redirect_slashes = False
    app.state.resources = resources
    app.state.widget = widget
    app.state.passwords = passwords or Passwords()
    app.state.languages = languages or Languages(widget_folder() / "lang")
    app.state.kept = kept
    app.state.pages = Kept[Prepared](PAGES_KEPT)
    app.state.articles = Articles()
    app.state.limiter, app.state.shelf, app.state.front = limiter, shelf, front
    app.state.asked = Shared[Hashable, Prepared](ASKED_AT_ONCE)
    app.state.sockets = Sockets(settings.most_sockets, settings.most_sockets_per_network)
    return app
