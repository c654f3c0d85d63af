"""Typed routes: a handler's signature is what it takes and gives; pydantic checks, encodes and describes it.

    Operation("/v1/comments", comments.post, "POST", statuses=[201, 200], errors=[Locked])

A parameter named in the path comes from there, `body` is the JSON body, `Annotated[..., Header("Name")]` a
header, `request` the request, the rest are query fields (a list: repeated). A handler returns the annotated type
(with the first status), None (204) or a Reply. Why no library: docs/decisions/0003-openapi.md.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from postil.errors import Invalid, NotFound, PostilError, Unauthorized
from postil.web import body, problems
from postil.web.origins import KEYS

T = TypeVar("T")
Handler = Callable[..., Awaitable[Any]]
Errors = Sequence[type[PostilError]]


class Header(str):
    """Marks a parameter as the header of this name. Authorization is described as the bearer scheme."""


class Reply(NamedTuple, Generic[T]):
    """A value with a status or headers of its own. Bytes are JSON already and sent as they lie."""

    value: T | bytes | None
    status: int | None = None
    headers: Mapping[str, str] = {}


class Input:
    def __init__(self, parameter: inspect.Parameter, hint: Any, in_path: bool) -> None:
        header = next((mark for mark in get_args(hint) if isinstance(mark, Header)), None)
        self.key, self.name, self.default = parameter.name, header or parameter.name, parameter.default
        self.where = "header" if header else "path" if in_path else "body" if self.key == "body" else "query"
        self.required = parameter.default is inspect.Parameter.empty
        self.many = list in {get_origin(hint), *map(get_origin, get_args(hint)[:1])}
        self.most = next((mark for mark in get_args(hint) if isinstance(mark, body.Most)), body.MAX_BODY)
        self.adapter: TypeAdapter[Any] = TypeAdapter(hint)

    async def read(self, request: Request) -> Any:
        if self.where == "body":
            return await body.read(request, self.adapter, optional=not self.required, most=self.most)
        if self.where == "path":  # what cannot be an id was never issued
            return self.checked([request.path_params[self.name]], NotFound())
        sent = (request.headers if self.where == "header" else request.query_params).getlist(self.name)
        if self.name == "Authorization":  # where it is missing the cookie may stand for it: web.door knows
            return self.checked(sent, Unauthorized()) if sent else None
        return self.checked(sent) if sent or self.required else self.default

    def checked(self, sent: list[str], refusal: PostilError | None = None) -> Any:
        if not sent or "\0" in "".join(sent) or (len(sent) > 1 and not self.many):
            raise refusal or Invalid(self.name, "Give this once, as text.")
        try:
            return self.adapter.validate_python(sent if self.many else sent[0])
        except ValidationError as error:
            raise refusal or body.invalid(error, self.name) from error

    def describe(self, said: dict[str, Any], schema: Any) -> None:
        if self.where == "body":
            said["requestBody"] = {"required": self.required} | problems.content("application/json", schema)
        elif self.name == "Authorization":
            said["security"] = [{"bearer": []}, {"cookie": []}] if self.required else [{}, {"bearer": []}]
        else:
            said["parameters"] += [{"name": self.name, "in": self.where, "required": self.required, "schema": schema}]


class Operation(Route):
    def __init__(
        self, path: str, call: Handler, method: str = "GET", *, statuses: Sequence[int] = (200,), errors: Errors = ()
    ) -> None:
        name = f"{call.__module__.rpartition('.')[2]}.{call.__name__}"
        super().__init__(path, self.answer, methods=[method], name=name)
        self.call, self.method, self.statuses, self.errors = call, method.lower(), statuses, errors

    @cached_property  # all of them would be a thirtieth of a start: each is read when it is first asked
    def typed(self) -> tuple[dict[str, Input], TypeAdapter[Any]]:
        hints, takes = get_type_hints(self.call, include_extras=True), inspect.signature(self.call).parameters
        inputs = {key: Input(takes[key], hints[key], key in self.param_convertors) for key in takes if key != "request"}
        gives = hints["return"]
        return inputs, TypeAdapter(get_args(gives)[0] if get_origin(gives) is Reply else gives)

    async def answer(self, request: Request) -> Response:
        inputs, gives = self.typed
        values = {key: await each.read(request) for key, each in inputs.items()}
        given = await self.call(**values, **({"request": request} if "request" in self.call.__annotations__ else {}))
        value, status, headers = given if isinstance(given, Reply) else Reply(given)
        if value is None:
            return Response(None, status or 204, headers)
        content = value if isinstance(value, bytes) else gives.dump_json(value, exclude_defaults=True)
        return Response(content, status or self.statuses[0], headers, "application/json")


def openapi(routes: Iterable[BaseRoute], **info: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the Operations among `routes`."""
    rows = [(row, *row.typed) for row in routes if isinstance(row, Operation)]
    types: list[Any] = [(each, "validation", each.adapter) for _, inputs, _ in rows for each in inputs.values()]
    types += [(each, "serialization", each) for each in (*(gives for *_, gives in rows), TypeAdapter(problems.Problem))]
    schemas, shared = TypeAdapter.json_schemas(types, ref_template="#/components/schemas/{model}")
    assert all(map(str.isalnum, shared["$defs"])), "two schemas share a name: rename one, or split input from output"
    paths: dict[str, Any] = {}
    for row, inputs, gives in rows:
        summary = (inspect.getdoc(row.call) or row.name).splitlines()[0]
        said: dict[str, Any] = {"operationId": row.name, "summary": summary, "parameters": []}
        refused = {*row.errors}.union(*(problems.IMPLIED[each.where] for each in inputs.values()))
        said["responses"] = problems.responses(row.statuses, refused, schemas[gives, "serialization"])
        for each in inputs.values():
            each.describe(said, schemas[each, "validation"])
        paths.setdefault(row.path_format, {})[row.method] = said
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {**KEYS, "schemas": shared["$defs"]}}
