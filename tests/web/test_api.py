"""The typed layer: what a signature promises is what a request gets, and what the document says."""

import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from postil import errors
from postil.web import problems
from postil.web.api import Header, Operation, Reply, openapi

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{11}$")]
Author = Annotated[str | None, Header("Postil-Author")]
Bearer = Annotated[str | None, Header("Authorization")]


class Pebble(BaseModel):
    id: str
    weight: int = 0
    inside: list["Pebble"] = []


class PebbleCreate(BaseModel):
    name: str = Field(max_length=5)
    weight: int
    shape: Literal["round", "flat"] = "round"


class Why(BaseModel):
    reason: str | None = None


NO_REASON = Why()


async def read(pebble: Id, size: Annotated[int, Field(ge=1, le=9)] = 5, author: Author = None) -> Pebble:
    """Look at one pebble.

    The rest is for us.
    """
    return Pebble(id=pebble, weight=size, inside=[Pebble(id=author)] if author else [])


async def create(request: Request, body: PebbleCreate) -> Reply[Pebble]:
    return Reply(Pebble(id=body.name, weight=body.weight), headers={"Location": str(request.url.path)})


async def throw(pebble: str, authorization: Bearer = None, body: Why = NO_REASON) -> None:
    raise errors.Locked(body.reason)


async def forget(pebble: str) -> None:
    return None


async def several(url: Annotated[list[str], Field(max_length=2)]) -> list[str]:
    return url


async def encoded() -> Reply[Pebble]:
    return Reply(b'{"id":"as it lies"}', headers={"ETag": '"1"'})


async def fall() -> Pebble:
    raise RuntimeError("the password is hunter2")


async def stop() -> None:
    raise HTTPException(418)


async def closed() -> Pebble:
    raise errors.EditWindowClosed(1_700_000_000)


async def hurried() -> Pebble:
    raise errors.TooMany(7)


async def strange() -> Pebble:
    raise errors.Unauthorized()


ROUTES = [
    Operation("/pebbles/{pebble}", read),
    Operation("/pebbles", create, "POST", statuses=[201, 200], errors=[errors.NonceReused, errors.WrongSection]),
    Operation("/pebbles/{pebble}/throw", throw, "POST", errors=[errors.Locked]),
    Operation("/pebbles/{pebble}", forget, "DELETE", statuses=[204]),
    Operation("/several", several),
    Operation("/encoded", encoded),
    Operation("/fall", fall),
    Operation("/stop", stop),
    Operation("/closed", closed),
    Operation("/hurried", hurried),
    Operation("/strange", strange),
]


@pytest.fixture
def client() -> TestClient:
    guard = [Middleware(problems.Guard)]
    return TestClient(Starlette(routes=ROUTES, exception_handlers=problems.HANDLERS, middleware=guard))


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(json.dumps(openapi(ROUTES, title="Pebbles", version="1")))


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert (response.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"urn:postil:problem:{code}" and document["title"] and document["detail"]
    problems.Problem.model_validate(document, strict=True)
    return document


def test_a_handler_gets_its_inputs_typed_and_answers_without_defaults(client: TestClient) -> None:
    answer = client.get("/pebbles/abcdefghijk?size=3", headers={"Postil-Author": "me"})
    assert answer.json() == {"id": "abcdefghijk", "weight": 3, "inside": [{"id": "me"}]}
    assert client.get("/pebbles/abcdefghijk").json() == {"id": "abcdefghijk", "weight": 5}


def test_the_first_status_is_the_usual_one_and_a_reply_brings_headers(client: TestClient) -> None:
    answer = client.post("/pebbles", json={"name": "a", "weight": 2})
    assert (answer.status_code, answer.headers["location"]) == (201, "/pebbles")


def test_none_is_no_content_and_bytes_go_as_they_lie(client: TestClient) -> None:
    assert (client.delete("/pebbles/x").status_code, client.delete("/pebbles/x").content) == (204, b"")
    assert client.get("/encoded").content == b'{"id":"as it lies"}'
    assert client.get("/encoded").headers["content-type"] == "application/json"


def test_a_list_is_the_field_repeated(client: TestClient) -> None:
    assert client.get("/several?url=a&url=b").json() == ["a", "b"]
    assert assert_problem(client.get("/several?url=a&url=b&url=c"), 422, "too_long")["field"] == "url"
    assert assert_problem(client.get("/several"), 422, "invalid")["field"] == "url"


def test_an_optional_body_may_be_left_out(client: TestClient) -> None:
    assert assert_problem(client.post("/pebbles/x/throw"), 423, "locked")["detail"] == errors.Locked.sentence
    answer = client.post("/pebbles/x/throw", json={"reason": "night"})
    assert assert_problem(answer, 423, "locked")["detail"] == "night"
    assert_problem(client.post("/pebbles/x/throw", content=b"x"), 415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/pebbles/short", "/pebbles/abcdefghij%00", "/pebbles/abcdefghij%20"])
def test_an_id_that_cannot_be_is_not_found(client: TestClient, path: str) -> None:
    assert_problem(client.get(path), 404, "not_found")


@pytest.mark.parametrize("query", ["size=0", "size=ten", "size=1&size=2", "size=1%00", "size="])
def test_a_query_field_that_does_not_fit_is_named(client: TestClient, query: str) -> None:
    assert assert_problem(client.get(f"/pebbles/abcdefghijk?{query}"), 422, "invalid")["field"] == "size"


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({"name": "a"}, "invalid", "weight"),
        ({"name": "a", "weight": "2"}, "invalid", "weight"),
        ({"name": "a", "weight": 2.0}, "invalid", "weight"),
        ({"name": "a", "weight": True}, "invalid", "weight"),
        ({"name": "abcdef", "weight": 2}, "too_long", "name"),
        ({"name": None, "weight": 2}, "invalid", "name"),
        ({"name": "a", "weight": 2, "shape": "square"}, "invalid", "shape"),
        ([], "invalid", "body"),
    ],
)
def test_a_body_of_wrong_types_names_the_field(client: TestClient, sent: object, code: str, field: str) -> None:
    assert assert_problem(client.post("/pebbles", json=sent), 422, code)["field"] == field


def test_every_error_has_the_one_shape(client: TestClient) -> None:
    assert_problem(client.get("/nowhere"), 404, "not_found")
    assert_problem(client.get("/stop"), 400, "bad_json")
    assert_problem(
        client.post("/pebbles", content=b"{bad", headers={"content-type": "application/json"}), 400, "bad_json"
    )
    assert assert_problem(client.get("/closed"), 403, "edit_window_closed")["closed_at"] == 1_700_000_000
    hurried = client.get("/hurried")
    assert assert_problem(hurried, 429, "too_many")["retry_after"] == 7
    assert hurried.headers["retry-after"] == "7"
    strange = client.get("/strange")
    assert_problem(strange, 401, "unauthorized")
    assert strange.headers["www-authenticate"] == "Bearer"


def test_a_wrong_method_hears_of_all_methods_of_the_path(client: TestClient) -> None:
    answer = client.put("/pebbles/abcdefghijk")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD"


def test_our_own_failure_says_nothing_about_us(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/fall")
    assert_problem(answer, 500, "internal")
    assert "hunter2" not in answer.text and "RuntimeError" not in answer.text
    assert "hunter2" in caplog.text  # the log has it: nothing was swallowed


def test_the_document_names_schemas_plainly(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert set(document["components"]["schemas"]) == {"Pebble", "PebbleCreate", "Why", "Problem"}


def test_the_document_tells_each_routes_statuses_and_all_errors_are_problems(document: Any) -> None:
    responses = document["paths"]["/pebbles"]["post"]["responses"]
    assert set(responses) == {"200", "201", "400", "409", "413", "415", "422", "500"}
    assert responses["409"]["description"] == "nonce_reused, wrong_section"
    for status, said in responses.items():
        media_type, name = ("application/json", "Pebble") if int(status) < 400 else (problems.MEDIA_TYPE, "Problem")
        assert said["content"] == {media_type: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    assert "content" not in document["paths"]["/pebbles/{pebble}"]["delete"]["responses"]["204"]


def test_the_document_tells_parameters_headers_and_security(document: Any) -> None:
    assert document["paths"]["/pebbles/{pebble}"]["get"]["summary"] == "Look at one pebble."
    parameters = {each["name"]: each for each in document["paths"]["/pebbles/{pebble}"]["get"]["parameters"]}
    assert {name: (p["in"], p["required"]) for name, p in parameters.items()} == {
        "pebble": ("path", True),
        "size": ("query", False),
        "Postil-Author": ("header", False),
    }
    assert parameters["size"]["schema"] == {"maximum": 9, "minimum": 1, "type": "integer"}
    thrown = document["paths"]["/pebbles/{pebble}/throw"]["post"]
    assert thrown["security"] == [{}, {"bearer": []}]
    assert [p["name"] for p in thrown["parameters"]] == ["pebble"]
    assert thrown["requestBody"]["required"] is False


def test_two_schemas_of_one_name_are_refused_rather_than_renamed() -> None:
    class Why(BaseModel):  # another one
        reason: int

    async def other(body: Why) -> None: ...

    other.__annotations__["body"] = Why
    rows = [*ROUTES, Operation("/other", other, "POST")]
    with pytest.raises(AssertionError, match="share a name"):
        openapi(rows, title="x", version="1")


def test_plain_rows_are_not_in_the_document() -> None:
    async def plain(request: Request) -> Response:
        return Response()

    assert openapi([Route("/plain", plain)], title="x", version="1")["paths"] == {}


def test_the_layer_stays_thin() -> None:
    from pathlib import Path

    from postil.web import api

    assert len(Path(api.__file__).read_text().splitlines()) <= 120
