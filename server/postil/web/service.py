"""The service's own pages: where threads stand, for owners, and how all of them look."""

from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from postil.web import door, screens


async def anchors(request: Request) -> Response:
    """The page where an owner says where threads stand. All it shows its module asks the API for."""
    async with door.resources(request).database.read() as snapshot:
        viewer = await door.moderator_page(request, snapshot)
        return screens.page("anchors.html", **await screens.desk(request, snapshot, viewer, at="anchors"))


async def style(_request: Request) -> Response:
    """How the service's own pages look."""
    return Response(_css(), media_type="text/css", headers={"Cache-Control": "public, max-age=300"})


@cache
def _css() -> bytes:
    """The page's own sheet first, then those of the desk's rooms."""
    sheets = [each for each in resources.files("postil.web").iterdir() if each.name.endswith(".css")]
    sheets.sort(key=lambda each: (each.name != "service.css", each.name))
    return b"\n".join(each.read_bytes() for each in sheets)
