"""Every error as an RFC 9457 problem document: `application/problem+json`, the same shape from everywhere.

Starlette(..., exception_handlers=problems.HANDLERS, middleware=[..., Middleware(problems.Guard)])

Guard is the innermost middleware, so that a 500 passes through CORS like any answer and a widget can read it.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from postil import errors
from postil.errors import PostilError

log = logging.getLogger("postil.web")


class RequestRefused(PostilError):
    """What is wrong with a request as such, before anybody knows what it is about."""


class BadJson(RequestRefused):
    code = "bad_json"
    sentence = "The body is not JSON as we read it. Send one JSON object in UTF-8."


class MethodNotAllowed(RequestRefused):
    code = "method_not_allowed"
    sentence = "This address does not take this method. See the Allow header."


class TooLarge(RequestRefused):
    code = "too_large"
    sentence = "The body is larger than this address takes. Shorten it and send it again."


class UnsupportedMediaType(RequestRefused):
    code = "unsupported_media_type"
    sentence = "Send the body as Content-Type: application/json, uncompressed."


class Problem(BaseModel):
    """A problem document (RFC 9457). Compare `code`; show `detail`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = Field(default=None, description="The input that is meant, its parts joined by dots")
    closed_at: int | None = Field(default=None, description="When the time to edit ended, in epoch seconds")
    until: int | None = Field(default=None, description="When a ban ends, in epoch seconds; absent where it does not")
    retry_after: int | None = Field(default=None, description="Seconds to wait, as in Retry-After")


MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[PostilError], int] = {
    BadJson: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    MethodNotAllowed: 405,
    errors.Conflict: 409,
    TooLarge: 413,
    UnsupportedMediaType: 415,
    errors.Invalid: 422,
    errors.Locked: 423,
    errors.TooMany: 429,
    PostilError: 500,
    errors.Unavailable: 503,
}

# Statuses that Starlette raises by itself, said in our codes.
_FROM_STATUS: dict[int, type[PostilError]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
    429: errors.TooMany,
    503: errors.Unavailable,
}


# What a route may answer because of the inputs it takes, by where they come from (see web/api.py).
IMPLIED: dict[str, set[type[PostilError]]] = {
    "body": {BadJson, TooLarge, UnsupportedMediaType, errors.Invalid, errors.TooLong},
    "header": {errors.Invalid, errors.TooLong},
    "path": {errors.NotFound},
    "query": {errors.Invalid, errors.TooLong},
}


def status_of(error: type[PostilError]) -> int:
    """The HTTP status of an error's class: its own, or that of its nearest parent."""
    return next(STATUS[cls] for cls in error.__mro__ if cls in STATUS)


def problem(error: PostilError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that ended in `error`."""
    status = status_of(type(error))
    document = Problem(
        type=f"urn:postil:problem:{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=error.code,
        detail=error.detail,
        **error.extra,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True), status, {**_headers(error), **(headers or {})}, MEDIA_TYPE
    )


def _headers(error: PostilError) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooLarge):
        headers["Connection"] = "close"  # else the server would read the rest of the body, only to drop it
    if "retry_after" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after"])
    return headers


def content(media_type: str, schema: Any) -> dict[str, Any]:
    """An OpenAPI media type object."""
    return {"content": {media_type: {"schema": schema}}}


def responses(
    statuses: Iterable[int], refusals: Collection[type[PostilError]], schema: Any
) -> dict[str, dict[str, Any]]:
    """OpenAPI's responses: what is given with `statuses`, and a Problem for each refusal and for our own failures."""
    said: dict[str, dict[str, Any]] = {}
    for status in statuses:
        empty = status in (204, 304)
        said[str(status)] = {"description": HTTPStatus(status).phrase} | (
            {} if empty else content("application/json", schema)
        )
    codes: dict[int, list[str]] = {}
    known: set[type[PostilError]] = {PostilError, *refusals}
    for refusal in sorted(known, key=lambda each: each.code):
        codes.setdefault(status_of(refusal), []).append(refusal.code)
    reference = content(MEDIA_TYPE, {"$ref": "#/components/schemas/Problem"})
    return said | {str(status): {"description": ", ".join(names)} | reference for status, names in codes.items()}


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PostilError)
    return problem(error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return problem(MethodNotAllowed(), {"Allow": ", ".join(sorted(_methods(request.scope)))})
    if error.status_code in _FROM_STATUS:
        return problem(_FROM_STATUS[error.status_code](), error.headers)
    if error.status_code < 500:
        return problem(BadJson("The request is malformed."))
    return problem(PostilError())


def _methods(scope: Scope) -> set[str]:
    """All methods of the path, which may stand in several rows of the table; Starlette names one row's."""
    rows = [row for row in scope["app"].routes if row.matches(scope)[0] is not Match.NONE]
    return {method for row in rows for method in row.methods or ()}


HANDLERS: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    PostilError: _on_error,
    HTTPException: _on_http,
}


class Guard:
    """Turns whatever nobody caught into a 500 that says nothing about us; the log has the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is left to be answered
        except Exception:
            log.exception("unexpected error in %s %s", scope["method"], _row(scope))
            if started:
                raise  # half an answer is out: the server must cut the connection
            await problem(PostilError())(scope, receive, send)


def _row(scope: Scope) -> str:
    """The handler's name rather than the path: a path is whatever a stranger typed."""
    return getattr(scope.get("endpoint"), "__qualname__", "?")
