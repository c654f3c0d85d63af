"""Is it up, and is it ready."""

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from postil.migrate import needs_migration
from postil.web import door


async def alive(_request: Request) -> Response:
    """200 as long as the process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """200 when the database answers and has this version's schema, else 503 with what is amiss."""
    database = door.resources(request).database
    amiss = None
    try:
        async with database.read() as snapshot:
            await snapshot.execute(text("SELECT 1"))
        if await needs_migration(database):
            amiss = "the database needs `postil migrate`"
    except Exception as error:  # whatever it is, a probe wants an answer
        amiss = f"the database does not answer ({type(error).__name__})"
    body = {"ready": amiss is None} | ({"amiss": amiss} if amiss else {})
    return JSONResponse(body, 200 if amiss is None else 503, {"Cache-Control": "no-store"})
