"""A page under the strictest policy that counts what strings put into it try to do.

It does not wait for a dialog, which most attempts never reach: every script, handler, frame and image that
the policy stops is a violation, every request that leaves is recorded and aborted, and every node, attribute
and scheme in the tree is compared with the list.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, Page, Route

POLICY = (
    "default-src 'none'; script-src 'nonce-harness'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types harness"
)
BATCH = 500

PAGE = b"""<!doctype html><meta charset=utf-8><title>harness</title><main></main><script nonce=harness>
const door = trustedTypes.createPolicy("harness", {createHTML: (text) => text});
const main = document.querySelector("main");
const TAGS = new Set("a p br strong em code pre blockquote ul ol li del hr".split(" "));
const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const REL = "nofollow ugc noopener noreferrer";
const violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));

function offList(node) {
  if (node.nodeType === Node.TEXT_NODE) return null;
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  if (node.namespaceURI !== "http://www.w3.org/1999/xhtml" || !TAGS.has(node.localName)) return node.nodeName;
  const names = node.getAttributeNames();
  if (!names.length) return null;
  if (node.localName !== "a" || names.sort().join() !== "href,rel") return `${node.localName}[${names}]`;
  if (node.rel !== REL) return `rel=${node.rel}`;
  return SCHEMES.has(node.protocol) && !node.username && !node.password ? null : node.href;
}

function offences(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
  const found = [];
  while (walker.nextNode()) found.push(offList(walker.currentNode));
  return found.filter(Boolean);
}

function mutates(root) {
  const again = document.createElement("div");
  again.innerHTML = door.createHTML(root.innerHTML);
  return !again.isEqualNode(root);
}

/* The violation of the last image put in is the last to be told: when it has come, all have. */
async function settle(marker) {
  const image = document.createElement("img");
  image.src = `https://sentinel.test/${marker}`;
  const late = performance.now() + 30_000;
  while (!violations.some((line) => line.includes(image.src))) {
    if (performance.now() > late) throw new Error("the policy stops nothing: the sentinel was not told");
    await new Promise((go) => setTimeout(go, 5));
  }
}

window.attack = async (rows) => {
  const before = violations.length;
  const marker = crypto.randomUUID();
  const answers = rows.map(([id, markup]) => {
    const root = main.appendChild(document.createElement("div"));
    root.innerHTML = door.createHTML(markup);
    return {id, offences: offences(root), mutates: mutates(root), links: root.querySelectorAll("a").length};
  });
  await settle(marker);
  main.replaceChildren();
  return {answers, attempts: violations.slice(before).filter((line) => !line.includes(marker))};
};
</script>"""


@dataclass
class Result:
    """`attempts`: what the policy stopped. `requests`: what left all the same, had it not been aborted."""

    attempts: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    offences: dict[str, list[str]] = field(default_factory=dict)
    mutations: list[str] = field(default_factory=list)
    links: int = 0

    def add(self, answers: list[dict[str, Any]]) -> None:
        for answer in answers:
            self.links += answer["links"]
            if answer["offences"]:
                self.offences[answer["id"]] = answer["offences"]
            if answer["mutates"]:
                self.mutations.append(answer["id"])

    @property
    def harmless(self) -> bool:
        return not (self.attempts or self.requests or self.offences)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Quiet: a test's output is its result."""


@contextmanager
def served() -> Iterator[str]:
    """The harness page's address, for as long as the block runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def assault(chromium: Browser, markup: dict[str, str]) -> Result:
    """Put every string into the harness page by innerHTML, in batches, each in a fresh page."""
    result = Result()
    rows = list(markup.items())
    with served() as address:
        context = chromium.new_context()
        for start in range(0, len(rows), BATCH):
            _one_page(context.new_page(), address, rows[start : start + BATCH], result)
        context.close()
    return result


def _one_page(page: Page, address: str, rows: Sequence[tuple[str, str]], result: Result) -> None:
    def record(route: Route) -> None:
        result.requests.append(route.request.url)
        route.abort()

    page.goto(address)
    page.route("**/*", record)
    answer = page.evaluate("(rows) => attack(rows)", rows)
    result.add(answer["answers"])
    result.attempts += answer["attempts"]
    page.close()
