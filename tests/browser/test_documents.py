"""The server reads a page as the widget does: the same bytes, in Chromium and in Python, and the same outline."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from postil.article import demo_article, read_article
from postil.document import read_document
from postil.outline import OutlineSection, outline_hash

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "client_widget" / "src"
OWN = sorted((ROOT / "tests" / "data" / "articles").glob("*.html"))
SHARED = ROOT.parent / "shared" / "articles"
SHARED_PAGES = sorted((SHARED / "public").glob("*.html"))
VECTORS = json.loads((ROOT / "tests" / "data" / "outline_vectors.json").read_text("utf-8"))

URL = "https://page.test/a/page?x=1"
MODULES = [f"https://page.test/{name}" for name in ("sections.js", "fingerprint.js")]

# The page's own scripts do not run: the server sees what was sent. Scripting is on all the same, so that <noscript>
# is what it is to a reader.
POLICY = f"script-src {' '.join(MODULES)}"

# As postil.js does it.
PROBE = """async () => {
  const { findSections, outlineOf } = await import("/sections.js");
  const script = [...document.querySelectorAll("script[src]")].find(({ src }) => /[/]postil[.]js([?#]|$)/.test(src));
  const options = { ...script?.dataset };
  const found = findSections(document, options);
  const canonical = document.querySelector("link[rel=canonical]")?.href;
  const url = canonical?.startsWith(`${location.origin}/`) ? canonical : location.href;
  const { hash, sections } = await outlineOf(found.sections);
  return JSON.parse(JSON.stringify({
    title: [...found.title].slice(0, 300).join(""), url: url.split("#")[0], key: options.page || null, hash, sections,
  }));
}"""

Look = Callable[[bytes], dict[str, Any]]


@pytest.fixture(scope="module")
def look(chromium: Browser) -> Iterator[Look]:
    """What the widget finds in Chromium."""
    context = chromium.new_context()
    page = context.new_page()
    body = b""

    def answer(route: Route) -> None:
        url = route.request.url
        if url == URL:
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
            route.fulfill(body=body, headers=headers)
        elif url in MODULES:
            route.fulfill(body=(SOURCES / url.rpartition("/")[2]).read_bytes(), content_type="text/javascript")
        else:
            route.abort()

    def look(html: bytes) -> dict[str, Any]:
        nonlocal body
        body = html
        page.goto(URL, wait_until="domcontentloaded")
        found: dict[str, Any] = page.evaluate(PROBE)
        return found

    page.route("**/*", answer)
    yield look
    context.close()


def read(html: bytes) -> dict[str, Any]:
    """What the server finds, in the browser's words."""
    document = read_document(html, URL, "utf-8")
    return {
        "title": document.title,
        "url": document.url,
        "key": document.key,
        "hash": outline_hash(document.sections),
        "sections": [row(section) for section in document.sections],
    }


def row(section: OutlineSection) -> dict[str, Any]:
    fields = {name: getattr(section, name) for name in OutlineSection.__dataclass_fields__}
    return {name: value for name, value in fields.items() if value is not None}


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_every_trap_is_read_as_the_widget_reads_it(look: Look, file: Path) -> None:
    html = file.read_bytes()
    assert read(html) == look(html)


def test_the_shipped_article_is_read_as_the_widget_reads_it(look: Look) -> None:
    html = demo_article("http://talk.test").html
    assert read(html) == look(html)
    assert len(read(html)["sections"]) > 1


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_PAGES, reason="../shared is not here")
@pytest.mark.parametrize("file", SHARED_PAGES, ids=lambda file: file.name)
def test_real_pages_are_read_as_the_widget_reads_them(look: Look, file: Path) -> None:
    html = file.read_bytes()
    assert read(html) == look(html)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_PAGES, reason="../shared is not here")
def test_the_essay_is_read_as_the_widget_reads_it(look: Look) -> None:
    html = read_article(SHARED / "essay.txt", "http://talk.test").html
    assert read(html) == look(html)


@pytest.mark.parametrize("vector", [v for v in VECTORS if "html" in v], ids=lambda vector: vector["name"])
def test_the_widget_finds_what_the_vectors_say(look: Look, vector: dict[str, Any]) -> None:
    found = look(vector["html"].encode())
    assert (found["sections"], found["hash"]) == (vector["sections"], vector["hash"])


def test_what_a_script_writes_is_not_read(look: Look) -> None:
    """The control of POLICY: a page whose script ran would not be what was sent."""
    html = b"<title>T</title><main><p>Sent.</p><script>document.querySelector('p').textContent = 'Written.'</script>"
    assert look(html)["sections"][0]["first"] == "sent"
    assert read(html) == look(html)


# Pages at random, of everything that either side looks at: well formed and not, in many scripts.

WORDS = (
    "Rain fell on the market square for a third day Überblick 歴史と現在 مقدمة 🚀 2024 ¶ \u200b C# x\xad y สวัสดี ﬁn "
    "İstanbul ΣΑΣ e\u0301 \uf0c1 ſharp \v \x85 \u2028 \x1c &amp; &nbsp; &#0; < > \" ' |"
).split(" ")
CLASSES = (
    "toc post-comments share has-toc comments-open sidebar related-posts meta byline author-box entry-content "
    "post-body sr-only dates headerlink anchor mw-editsection recommended no-toc footnotes ſhare TOC Post-Content c "
    "social-open pager_x"
).split()
TAGS = (
    "div section p span em a header footer nav aside article main blockquote ul li table tr td time sup details "
    "summary form button h1 h2 h2 h2 h3 h3 h4 label address pre code math b dl dd custom-el object figure hgroup font "
    "nobr"
).split()
ATTRIBUTES = (
    (
        'id=a|id=b|id=comments|id=TOC|id=toc|id=i1|id=respond|id=markdown-toc|id="{long}"|role=main|role=search|role=banner|'
        'role=MAIN|data-postil-section=k|data-postil-section=l|data-postil-ignore|hidden|style="display:none"|'
        'style="DISPLAY:none"|aria-level=3|aria-level=7|aria-level=2.5|aria-hidden=true|name=id|'
        'itemprop="text articleBody"|class'
    )
    .format(long="x" * 201)
    .split("|")
)
BITS = (
    "<br>|<hr>|<img>|<input name=id>|<!-- c -->|</p>|</div>|<a id=z></a>|<a name=n></a>| |\n|<b>|</b>|<td>|<li>|</h2>|"
    "<textarea><h2>x</h2></textarea>|<svg><title>s</title><text>x</text></svg>|<select><option>x</select>|"
    "<template><h2>t</h2></template>|<noscript><h2>n</h2></noscript>|<title>late</title>|<iframe><h2>f</h2></iframe>|"
    "<dialog>d</dialog>|<p>Plain words that are long enough to be prose, whatever they stand in, and then some.</p>"
).split("|")
HEADINGS = (
    "h2,h3|.c,h2|h1,h2,h3,h4|h2:not(.toc)|article > h2|h2, [id=a]|li|section:has(h2)|:is(h3,h4)|[aria-level]"
).split("|")
ROOTS = "main|article|.c|body|#a|html|div div|[class*=post]".split("|")
LINKS = "/c|http://page.test/d?a=1#x|https://page.test/x|//page.test/y|http://evil.test/|e/../f|../g?x=1".split("|")


class Maker:
    """Makes pages; the same from the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def words(self, most: int) -> str:
        return " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(1, most)))

    def attributes(self) -> str:
        made = [self.random.choice(ATTRIBUTES) for _ in range(self.random.choice((0, 0, 0, 0, 1, 2)))]
        names = " ".join(self.random.choice(CLASSES) for _ in range(self.random.randint(1, 2)))
        return "".join(f' class="{names}"' if each == "class" or self.chance(0.4) else f" {each}" for each in made)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def piece(self, depth: int) -> str:
        if depth > 4 or self.chance(0.3):
            return self.words(25)
        if self.chance(0.1):
            return self.random.choice(BITS)
        tag = self.random.choice(TAGS)
        inner = "".join(self.piece(depth + 1) for _ in range(self.random.randint(1, 4)))
        return f"<{tag}{self.attributes()}>{inner}" + ("" if self.chance(0.005) else f"</{tag}>")

    def head(self) -> str:
        doctype = "<!doctype html>" if self.chance(0.8) else ""
        title = f"<title>{self.words(4)}</title>" if self.chance(0.9) else ""
        link = f'<link rel=canonical href="{self.random.choice(LINKS)}">' if self.chance(0.3) else ""
        return doctype + title + link + ('<base href="/base/">' if self.chance(0.1) else "")

    def script(self) -> str:
        if self.chance(0.6):
            return ""
        headings = f' data-headings="{self.random.choice(HEADINGS)}"' if self.chance(0.5) else ""
        root = f' data-root="{self.random.choice(ROOTS)}"' if self.chance(0.4) else ""
        return f'<script async src="http://talk.test/postil.js"{headings}{root} data-page="key 1"></script>'

    def page(self) -> bytes:
        parts = [self.piece(0) for _ in range(self.random.randint(3, 20))]
        if self.chance(0.6):
            parts = [f"<h2{self.attributes()}>{self.words(4)}</h2>{part}" for part in parts]
        body = "".join(parts)
        if self.chance(0.2):
            body = f"<div data-postil-root>{body}</div><p>Outside."
        return (self.head() + body + self.script()).encode()


@pytest.mark.parametrize("seed", range(40))
def test_pages_at_random_are_read_as_the_widget_reads_them(look: Look, seed: int) -> None:
    html = Maker(seed).page()
    assert read(html) == look(html)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 2000))
def test_many_pages_at_random_are_read_as_the_widget_reads_them(look: Look, seed: int) -> None:
    html = Maker(seed).page()
    assert read(html) == look(html)


def test_pages_at_random_have_sections_of_every_sort(look: Look) -> None:
    """The control: pages without sections would agree about nothing."""
    sections = [section for seed in range(40) for section in read(Maker(seed).page())["sections"]]
    assert look(Maker(0).page())["sections"]
    assert len(sections) > 100
    assert all(sum(name in section for section in sections) > 5 for name in ("id", "key", "print"))
    assert {section["level"] for section in sections} >= {0, 2, 3}
