"""The OpenAPI document is held to: schemathesis sends what it allows and what it forbids, and reads every answer.

It counts as a failure: a 5xx, a status or a media type that is not in the document, a body of another shape.
`positive_data_acceptance` stays out: a schema cannot say which ids exist, or that a URL belongs to a site.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.service import Service, serving

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Fifty addresses of 2,000 characters are more than a request line may hold: HTTP's own parser refuses them first.
LONG = "pages.counts"
# It would end the session that the others run with; tests/api/test_signing_in.py has it.
LAST = "accounts.sign_out"
SOAK_SECONDS = 600


def attack(service: Service, *options: str) -> str:
    """Run schemathesis as an owner who is also an author, so that no operation is refused at the door."""
    author, owner = service.reader(), service.moderator("Olga", owner=True)
    author.post()
    headers = {**author.headers, **owner.headers}
    bearing = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    tool = Path(sys.executable).with_name("schemathesis")
    command = [str(tool), "run", f"{service.url}/openapi.json", "--checks", CHECKS, "--no-color", *bearing, *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=service.folder, timeout=2 * SOAK_SECONDS)
    assert done.returncode == 0, done.stdout[:200_000]
    return done.stdout


def cases(said: str) -> int:
    match = re.search(r"(\d+) generated", said)
    assert match, said
    return int(match[1])


def test_no_answer_is_a_failure_or_undocumented() -> None:
    with serving() as service:
        said = attack(
            service, "--max-examples=3", "--seed=1", f"--exclude-operation-id={LONG}", f"--exclude-operation-id={LAST}"
        )
        assert cases(said) > 500
        assert (
            cases(
                attack(service, "--phases=fuzzing", "--max-examples=10", "--seed=1", f"--include-operation-id={LONG}")
            )
            > 5
        )


@pytest.mark.soak
def test_no_answer_is_a_failure_or_undocumented_however_long_one_asks() -> None:
    with serving() as service:
        attack(service, "--max-examples=500", f"--exclude-operation-id={LONG}", f"--exclude-operation-id={LAST}")


def test_the_document_is_that_of_the_table(service: Service) -> None:
    document = service.visitor(None).get("/openapi.json")

    assert document["openapi"] == "3.1.0"
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            assert {"500", "429", "503"} <= set(said["responses"]) or path in ("/v1/session",), (method, path)
