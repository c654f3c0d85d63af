"""A program of the owner's is asked before a post or an edit is written. It can hold, and strangers cannot call it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from tests.service import OTHER, Json, Service, refused, serving

from postil import rulebook
from postil.kinds import settings_of
from postil.rules import Effect, Kind


class Program(BaseHTTPRequestHandler):
    """Holds what speaks of a casino, and remembers what it was asked."""

    asked: ClassVar[list[Json]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        answer = json.dumps({"hold": "casino" in body["source"], "says": "gambling"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test says what it saw."""


@pytest.fixture
def asking() -> Iterator[Service]:
    """A site whose rule asks a program at 127.0.0.2."""
    Program.asked = []
    server = ThreadingHTTPServer(("127.0.0.2", 0), Program)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.2:{server.server_port}/check"
    kept = settings_of(Kind.OUTSIDE, {"url": url, "secret": "shh", "seconds": 2})
    try:
        with serving(fetch_networks=["127.0.0.2/32"]) as service:
            site = service.rows("SELECT site_id FROM origin WHERE origin = 'https://blog.example'")[0][0]
            service.change(
                lambda tx: rulebook.write_rule(
                    tx, site, Kind.OUTSIDE, name="Our program", effect=Effect.HOLD, settings=kept
                )
            )
            yield service
    finally:
        server.shutdown()
        server.server_close()


def test_what_a_program_holds_waits_and_says_why(asking: Service) -> None:
    reader = asking.reader()

    assert reader.post("A thought.").get("state", "published") == "published"
    held = reader.post("A casino.")

    assert held["state"] == "pending"
    told = asking.moderator().comment(held["id"])["comment"]
    assert [(why["kind"], why["says"]) for why in told["why"]] == [("outside", "gambling")]
    assert [each["source"] for each in Program.asked] == ["A thought.", "A casino."]


def test_an_edit_is_asked_about_too(asking: Service) -> None:
    reader = asking.reader()
    posted = reader.post("A thought.")

    reader.edit(posted, "A casino.")

    assert reader.mine(posted)["held"]["edition"] == 1
    assert asking.visitor().texts(posted["section"]) == ["A thought."]


def test_nobody_else_can_make_the_service_ask(asking: Service) -> None:
    posted = asking.reader().post("A thought.")
    before = len(Program.asked)

    with refused(403, "origin_refused"):
        asking.reader(origin="https://evil.example").post("A casino.")
    with refused(403, "forbidden"):
        asking.reader("Sam").edit(posted, "A casino.")
    asking.reader("Olaf", OTHER).post("Another site asks nobody.", url=f"{OTHER}/essay")

    assert len(Program.asked) == before
