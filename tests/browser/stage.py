"""A stage for the widget: the service on one origin, articles on another, under a strict policy. Everything is real."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import uvicorn
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.databases import fresh

from postil import discussion, moderation, reading, rulebook, sites
from postil.app import make_app
from postil.article import snippet
from postil.discussion import Draft, PageRef
from postil.ids import hash_token
from postil.markup import render
from postil.resources import Resources, make
from postil.serving import config, listen, prepare
from postil.settings import Settings
from postil.states import SectionState
from postil.viewer import Viewer
from postil.web.static import Widget

T = TypeVar("T")

# Nothing but the service is added to what the page allows itself: no 'unsafe-inline', no policy for Trusted Types.
STRICT = (
    "default-src 'none'; script-src {service}; connect-src {service} {socket}; style-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

# Where the widget's modules lie, as the page knows.
MODULES = (
    "performance.getEntriesByType('resource').map(({ name }) => /^.*\\/w\\/[^/]+\\//.exec(name)?.[0]).find(Boolean)"
)

SECTIONS = ("Origins", "Method", "Results")
ARTICLE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>An essay</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css"></head>
<body><article><h1>An essay</h1><p>By Ada Example, <span data-postil-views>0</span> views</p>
<p>An introduction that says what this is about, at some length, so that it counts as one.</p>
{sections}</article>
{snippet}</body></html>
"""
# A list is drawn in slices, one a frame: when three frames have brought nothing, there is no more to come.
DRAWN = """async () => {
  const list = document.querySelector("postil-panel").shadowRoot.querySelector("ol.list");
  for (let same = 0, had = -1; same < 3; ) {
    await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
    const has = list.querySelectorAll("*").length;
    same = has === had ? same + 1 : 0;
    had = has;
  }
}"""
# Nothing moves, in the page or in what is ours.
STILL = """() => [document, ...[...document.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot)].every((root) =>
  !root || root.getAnimations({ subtree: true }).every(({ playState }) => playState !== "running"))"""
STYLE = "body{max-width:36rem;margin:2rem auto;font:18px/1.6 serif;color-scheme:light dark;padding:0 1rem}"


class Loop:
    """An event loop in a thread of its own: the browser's API here is the blocking one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.start(work).result(30)

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


class Articles:
    """A site's own web server: fixed pages under a strict Content-Security-Policy."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.policy = ""
        self.policies: dict[str, str] = {}  # of pages that run a theme's own scripts and styles
        articles = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                text = STYLE if path == "/style.css" else articles.pages.get(path)
                self.send_response(200 if text is not None else 404)
                self.send_header("Content-Type", "text/css" if path.endswith(".css") else "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", articles.policies.get(path, articles.policy))
                self.end_headers()
                self.wfile.write((text or "").encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Stage:
    """The service at http://talk.localhost, a site at http://blog.test, and what a test needs to set the scene."""

    loop: Loop
    resources: Resources
    articles: Articles
    server: uvicorn.Server
    serving: "Future[None]"
    service: str
    site: str
    database: ExitStack
    pages: int = 0
    violations: list[str] = field(default_factory=list)

    def article(self, *, sections: tuple[str, ...] = SECTIONS) -> str:
        """A fresh article's URL: nobody has written there."""
        self.pages += 1
        path = f"/essay-{self.pages}"
        paragraphs = "".join(f"<p>{'What is said here takes a few lines to say. ' * 8}</p>" for _ in range(3))
        body = "".join(f"<h2>{heading}</h2>{paragraphs}" for heading in sections)
        self.articles.pages[path] = ARTICLE.format(sections=body, snippet=snippet(self.service))
        return self.site + path

    def sign_in_link(self, name: str = "Mira") -> str:
        async def invite() -> str:
            async with self.resources.database.begin() as tx:
                return await sites.invite(tx, self.site, name)

        return f"{self.service}/sign-in#{self.loop.run(invite())}"

    def premoderate(self, on: bool) -> None:
        async def change() -> None:
            async with self.resources.database.begin() as tx:
                site = await sites.site_of(tx, self.site)
                assert site is not None
                await rulebook.hold_everything(tx, site.id, on)

        self.loop.run(change())

    def say(self, section: str, text: str, *, parent: str | None = None, name: str = "Somebody") -> str:
        """Post from elsewhere, straight through the verb; the comment's id."""

        async def post() -> str:
            async with self.resources.database.begin() as tx:
                found, page = await reading.find_section(tx, section)
                viewer = Viewer(page.site_id, author_key=hash_token(name))
                ref = PageRef(key=page.key, url=page.url)
                draft = Draft(page=ref, name=name, source=text, nonce=token_hex(8), parent=parent, section=found.id)
                return (await discussion.post(tx, viewer, draft, render(text))).comment.id

        return self.loop.run(post())

    def lock(self, section: str, state: str, *, told: bool = True) -> None:
        """Lock a section, or open it; not `told`: readers do not hear of it yet."""

        async def change() -> None:
            async with self.resources.database.begin() as tx:
                found, page = await reading.find_section(tx, section)
                if told:
                    await moderation.change_section(tx, found, page, SectionState(state), 0, None)
                else:
                    found.state = SectionState(state)

        self.loop.run(change())

    def close(self) -> None:
        self.server.should_exit = True
        self.serving.result(20)
        self.loop.run(self.resources.database.close())
        self.database.close()
        self.loop.stop()
        self.articles.close()


def open_stage(folder: Path, widget: Widget | None = None, host: str = "blog.test", **changed: Any) -> Stage:
    loop, articles = Loop(), Articles()
    listening = listen("127.0.0.1", 0)
    # By TLS or under .localhost alone does a browser keep a cookie called __Host-.
    service = f"http://talk.localhost:{listening.getsockname()[1]}"
    site = f"http://{host}:{articles.port}"
    articles.policy = STRICT.format(service=service, socket=service.replace("http", "ws", 1))
    folder.mkdir(parents=True, exist_ok=True)
    database = ExitStack()
    url = database.enter_context(fresh(folder))
    settings = Settings(data=folder, url=service, database_url=url, rate_limits=False, sweep_seconds=0.5, **changed)
    resources = make(settings)

    async def begin() -> uvicorn.Server:
        await prepare(resources)
        async with resources.database.begin() as tx:
            await sites.add_site(tx, [site])
        app = make_app(resources, secret=resources.database.lineage.secret.encode(), widget=widget)
        return uvicorn.Server(config(app, settings))

    server = loop.run(begin())
    serving = loop.start(server.serve(sockets=[listening]))
    return Stage(loop, resources, articles, server, serving, service, site, database)


class Reader:
    """Somebody in a browser of his own, doing what people do."""

    def __init__(self, context: BrowserContext, name: str) -> None:
        self.name, self.context = name, context
        self.page: Page = context.new_page()
        self.violations: list[str] = []
        self.failures: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "TrustedHTML" in message.text:
            self.violations.append(message.text)

    def visit(self, url: str) -> None:
        self.page.goto(url)
        self.page.locator("postil-row").first.wait_for()

    @property
    def rows(self) -> Locator:
        return self.page.locator("postil-row")

    def row(self, heading: str) -> Locator:
        return self.page.locator("postil-row").filter(has_text=heading)

    @property
    def panel(self) -> Locator:
        return self.page.locator("postil-panel")

    def discuss(self, heading: str) -> None:
        self.row(heading).get_by_role("button").click()
        self.panel.locator("dialog[open]").wait_for()
        self.loaded()

    def loaded(self) -> None:
        """What is written from now on is news."""
        expect(self.panel.locator("[part=thread] .empty")).not_to_have_text("Loading…")

    def drawn(self) -> None:
        """All that is known of the thread is on the screen."""
        self.loaded()
        self.page.evaluate(DRAWN)

    def still(self) -> None:
        self.page.wait_for_function(STILL)

    @property
    def composer(self) -> Locator:
        return self.panel.locator("form[part=composer]").last

    def write(self, text: str) -> None:
        self._fill(self.composer, text)

    def _fill(self, form: Locator, text: str) -> None:
        form.locator("textarea").fill(text)
        form.get_by_role("toolbar").wait_for()  # with it comes the name
        name = form.locator("input.name")
        if name.count() and name.is_visible():
            name.fill(self.name)

    def post(self, text: str) -> None:
        self.write(text)
        self.composer.locator("[part=post]").click()
        self.comment(text.replace("*", "")).wait_for()

    def comment(self, text: str) -> Locator:
        return self.panel.locator("li[data-comment]").filter(has_text=text).last

    def act(self, text: str, action: str) -> None:
        """Press a button of a comment; what stands in its menu is opened first."""
        item = self.comment(text)
        item.wait_for()
        button = item.locator(f"[data-action={action}]").first
        if not button.is_visible():
            item.locator("[data-action=more]").first.click()
        button.click()

    def reply(self, to: str, text: str) -> None:
        self.act(to, "reply")
        form = self.comment(to).locator("form[part=composer]")
        self._fill(form, text)
        form.locator("[part=post]").click()
        self.comment(text.replace("*", "")).wait_for()

    @property
    def pill(self) -> Locator:
        return self.panel.locator("[part=pill]")
