"""JSON bodies, read strictly: what two parsers could understand differently is refused.

Refused with `bad_json`: bytes that are not UTF-8, NUL and lone surrogates (PostgreSQL takes neither), NaN and
Infinity, numbers that a double cannot hold exactly, keys given twice, more than 32 levels.
"""

import asyncio
import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from postil.errors import Invalid, TooLong
from postil.web.problems import BadJson, TooLarge, UnsupportedMediaType

T = TypeVar("T")

MAX_BODY = 64 * 1024  # bytes: 10,000 characters of source, escaped at worst
# An outline of 500 sections has 2 KiB for each: 684 bytes of a long section's print, 80 of JSON, and 1,280 for its
# heading, id, first and last words, which is 425 characters of Chinese. Nobody's has all of that in every section.
MAX_OUTLINE = 1024 * 1024
# An owner also sends how each section begins: 240 characters, in up to 960 bytes.
MAX_PUBLICATION = MAX_OUTLINE + 500 * 1024
OFF_LOOP = 64 * 1024  # bytes: an outline of half a megabyte takes ten milliseconds, a comment's body one at most
MORE_READ = 64 * 1024  # bytes read beyond: a body a little too large still gets its 413 without a reset
MAX_SECONDS = 30  # a body that drips in holds a connection, and no more than this
MAX_DEPTH = 32
MAX_DIGITS = 15  # every integer of 15 digits is exact in a double, so in every client too

_JSON = re.compile(r'application/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_TOO_LONG = {"string_too_long", "too_long"}


class Most(int):
    """Marks a body that may have so many bytes: `Annotated[Shape, Most(MAX_OUTLINE)]`."""


async def read(request: Request, adapter: TypeAdapter[T], *, optional: bool = False, most: int = MAX_BODY) -> T:
    """The request's body as the adapter's type; where it is optional and absent, as if it were `{}`.

    Its bytes are left in `request.state.body`, for a signature. `most` of them are taken.

    Types are not bent: "1" is no number. Raises UnsupportedMediaType, TooLarge, BadJson, Invalid or TooLong.
    """
    if optional and not _is_sent(request):
        return adapter.validate_json("{}")
    if not _is_json(request):
        raise UnsupportedMediaType()
    request.state.body = raw = await _read(request, most)
    if len(raw) <= OFF_LOOP:
        return _checked(raw, adapter)
    return await asyncio.get_running_loop().run_in_executor(None, _checked, raw, adapter)


def _checked(raw: bytes, adapter: TypeAdapter[T]) -> T:
    parse(raw)
    try:
        return adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        raise invalid(error, "body") from error


def parse(raw: bytes) -> Any:
    """The bytes as JSON; BadJson where they are not, or are more than we take."""
    try:
        value = _decoder.decode(raw.decode("utf-8"))
    except BadJson:
        raise
    except RecursionError as error:
        raise BadJson(f"The body is nested deeper than {MAX_DEPTH} levels.") from error
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BadJson() from error
    # What is neither escaped nor in many brackets is neither half a character nor deep: nobody need look for it.
    if b"\\u" in raw or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        _check(value)
    return value


def invalid(error: ValidationError, where: str) -> Invalid:
    """The first of pydantic's complaints as ours. `where` names the input, for a complaint about all of it."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"])) or where
    kind = TooLong if first["type"] in _TOO_LONG else Invalid
    return kind(field, first["msg"].removeprefix("Value error, ").rstrip(".") + ".")


def _is_sent(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def _is_json(request: Request) -> bool:
    encoding = request.headers.get("content-encoding", "identity").lower()
    return encoding == "identity" and bool(_JSON.fullmatch(request.headers.get("content-type", "").strip()))


async def _read(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "0")
    too_large = TooLarge(f"The body is larger than {most // 1024} KiB. Shorten it and send it again.")
    if not length.isdecimal() or int(length[:20]) > most + MORE_READ:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(MAX_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most + MORE_READ:
                    break
    except TimeoutError as error:
        raise BadJson(f"The body did not arrive within {MAX_SECONDS} seconds.") from error
    if len(body) > most:
        raise too_large
    return bytes(body)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadJson("A key stands twice in one object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not JSON.")


def _short(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise BadJson(f"A number has more than {MAX_DIGITS} digits.")
    return int(digits)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadJson("A number is too large.")
    return value


def _check(value: Any) -> None:
    """Depth and text, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            below.extend(_inside(item))
        if not below:
            return
        level = below
    raise BadJson(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _inside(item: Any) -> Iterable[Any]:
    if isinstance(item, str) and _NO_TEXT.search(item):
        raise BadJson("A text holds NUL or half a character.")
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    return item if isinstance(item, list) else ()


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_short
)
