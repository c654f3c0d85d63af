"""The widget's one door for html, with nothing before it: raw hostile strings, in a real browser.

On its two locks see client_widget/src/html.js. Each is tried alone: the list with the browser's own sanitizer taken
away, and links with it in place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.attacks.corpora import EVERYTHING, HERE, strings
from tests.attacks.witness import Witness, attempts

from postil.web.static import widget_folder

pytestmark = pytest.mark.browser

folders = pytest.mark.parametrize("folder", [pytest.param(HERE, id="a fifth"), EVERYTHING])

STRICT = (
    "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# Scripts are still told on, and all else may be fetched: what then leaves is seen to leave.
OPEN = "script-src 'self'; form-action 'none'"
ways = pytest.mark.parametrize(
    ("native", "policy"),
    [
        pytest.param(True, STRICT, id="two locks"),
        pytest.param(False, STRICT, id="one lock"),
        pytest.param(True, OPEN, id="two locks, open page", marks=pytest.mark.soak),
        pytest.param(False, OPEN, id="one lock, open page"),
    ],
)

PAGE = b"<!doctype html><meta charset=utf-8><title>door</title><main></main>"
DOOR = (widget_folder() / "html.js").read_text(encoding="utf-8")
NO_DOOR = "export const enter = (node, html) => { node.innerHTML = html; };"
BATCH = 1_200

ATTACK = """async ([rows, native]) => {
  const { enter } = await import("/door.js");
  const main = document.querySelector("main");
  const sanitizer = Element.prototype.setHTML;
  let sanitized = 0;
  if (!native) delete Element.prototype.setHTML;
  else if (sanitizer) Element.prototype.setHTML = function (...given) {
    sanitized++;
    return sanitizer.apply(this, given);
  };
  const answers = rows.map(([id, markup]) => {
    const root = main.appendChild(document.createElement("div"));
    enter(root, markup);
    return { id, offences: witness.offences(root, "_blank"), links: root.querySelectorAll("a[href]").length };
  });
  return { answers, sanitized };
}"""


@dataclass
class Result:
    attempts: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    offences: dict[str, list[str]] = field(default_factory=dict)
    links: int = 0
    sanitized: int = 0

    def add(self, answer: dict[str, Any]) -> None:
        self.offences |= {one["id"]: one["offences"] for one in answer["answers"] if one["offences"]}
        self.links += sum(one["links"] for one in answer["answers"])
        self.sanitized += answer["sanitized"]

    @property
    def seen(self) -> tuple[int, int, int]:
        """Attempts, requests and offences: three zeros where all is well."""
        return len(self.attempts), len(self.requests), len(self.offences)


@contextmanager
def served(door: str, policy: str) -> Iterator[str]:
    """A page of the service's own origin, and beside it the door."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_door = self.path == "/door.js"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_door else "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(door.encode() if is_door else PAGE)

        def log_message(self, *_: object) -> None:
            """Quiet: a test's output is its result."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def assault(
    chromium: Browser, markup: dict[str, str], *, policy: str = STRICT, native: bool = True, door: str = DOOR
) -> Result:
    """Every string through the door, into a page under that policy; `native`: with the browser's sanitizer."""
    result, rows = Result(), list(markup.items())
    with served(door, policy) as origin:
        context = chromium.new_context()
        context.set_default_timeout(30_000)
        # The page and the door are read; what else is asked of their origin was a string's idea.
        witness = Witness(context, home=[])
        witness.home = (f"{origin}/door.js", f"{origin}/page")
        for start in range(0, len(rows), BATCH):
            page = context.new_page()
            page.goto(f"{origin}/page")
            result.add(page.evaluate(ATTACK, [rows[start : start + BATCH], native]))
            result.attempts += attempts(page)
            page.close()
        context.close()
    result.requests = witness.requests
    return result


def without(part: str, source: str = DOOR) -> str:
    """A door that lacks a part."""
    assert source.count(part) == 1, f"The door no longer has: {part}"
    return source.replace(part, "")


@folders
@ways
def test_the_door_alone_lets_nothing_through(chromium: Browser, folder: Path, native: bool, policy: str) -> None:
    texts = strings(folder)

    result = assault(chromium, texts, policy=policy, native=native)

    assert result.attempts == []
    assert result.requests == []
    assert result.offences == {}
    assert result.links > 20
    print(f"{len(texts)} strings, {result.links} links with an address")


def test_both_locks_were_tried(chromium: Browser) -> None:
    """Chromium has a sanitizer of its own since version 146."""
    assert assault(chromium, some(), native=True).sanitized == len(some())
    assert assault(chromium, some(), native=False).sanitized == 0


def test_raw_strings_do_attack_a_page_without_a_door(chromium: Browser) -> None:
    """The control: what counts nothing above counts hundreds here."""
    result = assault(chromium, strings(HERE), policy=OPEN, door=NO_DOOR)

    assert len(result.attempts) > 500
    assert len(result.requests) > 30
    assert len(result.offences) > 1_000
    print(f"{result.seen} attempts, requests and strings with nodes off the list")


def some() -> dict[str, str]:
    """Enough for what is broken to show."""
    return dict(list(strings(HERE).items())[::3])


def test_a_door_that_vets_no_links_is_found_out(chromium: Browser) -> None:
    door = without('for (const link of node.querySelectorAll("a")) vet(link);')

    found = assault(chromium, some(), door=door, native=False).offences

    assert len(found) > 30


def test_a_door_that_takes_any_scheme_is_found_out(chromium: Browser) -> None:
    door = without('link.removeAttribute("href");')

    found = assault(chromium, strings(HERE), door=door, native=False).offences

    assert [what for offences in found.values() for what in offences if what.startswith("javascript:")]


def test_a_door_without_a_list_is_found_out_unless_its_second_lock_holds(chromium: Browser) -> None:
    door = without("else if (!LIST.includes(tag)) continue;")

    assert len(assault(chromium, some(), door=door, native=False).offences) > 100
    assert assault(chromium, some(), door=door, native=True).offences == {}


def test_a_door_that_leaves_the_parser_to_the_browser_raises_alarms(chromium: Browser) -> None:
    """Why the browser's sanitizer goes second; and proof that every alarm is heard under the strict policy."""
    door = without("build(node, html);").replace("node.innerHTML", "html")

    assert len(assault(chromium, some(), door=door).attempts) > 100
