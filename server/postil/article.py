"""The article of the demo: any HTML, Markdown or plain-text file as a page with the two-line snippet in it.

HTML goes out byte for byte but for the snippet. Markdown and plain text are set in our own template.
"""

import re
from dataclasses import dataclass
from html import escape, unescape
from importlib import resources
from itertools import chain, count, pairwise
from pathlib import Path
from string import Template

from markdown_it import MarkdownIt
from markdown_it.token import Token

LIMIT = 8 * 1024 * 1024  # the page is kept in memory; no article is longer than some novels
SHORT = 100  # characters: what is longer, alone on its line, is a paragraph

SNIPPET = """<script async src="{service}/postil.js"></script>
<noscript><a href="{service}/here" referrerpolicy="unsafe-url">Read and join the discussion</a></noscript>"""


@dataclass(frozen=True, slots=True)
class Article:
    """A page to serve: send `html` as `content_type` under the Content-Security-Policy `policy`."""

    title: str
    html: bytes
    content_type: str
    policy: str


class UnreadableArticle(ValueError):
    """The file cannot be shown as an article; the sentence says why."""


def snippet(service: str) -> str:
    """The two lines that an owner pastes. `service` is the origin of Postil, without a slash at its end."""
    return SNIPPET.format(service=escape(service))


def read_article(file: Path, service: str) -> Article:
    """The file as a page. What it is, is told by its suffix, else by how it begins."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableArticle(f"{file} cannot be read: {error.strerror}.") from error
    if len(data) > LIMIT:
        raise UnreadableArticle(f"{file} is longer than {LIMIT // 1024 // 1024} MB.")
    if b"\0" in data and not _utf16(data):
        raise UnreadableArticle(f"{file} is not a text file.")
    return make_article(file.name, data, service)


def demo_article(service: str) -> Article:
    """The article that Postil comes with."""
    return make_article("article.md", _shipped("article.md"), service)


def stylesheet() -> bytes:
    """What the template links as /demo/article.css."""
    return _shipped("article.css")


def make_article(name: str, data: bytes, service: str) -> Article:
    """As `read_article`, of bytes in hand. Pure but for our own template."""
    suffix = Path(name).suffix.lower()
    if suffix in (".html", ".htm", ".xhtml") or (suffix not in (".md", ".markdown") and _is_html(data)):
        return _from_html(Path(name).stem, data, service)
    text = _decoded(data)
    if suffix in (".md", ".markdown"):
        return _from_markdown(Path(name).stem, text, service)
    return _from_text(Path(name).stem, text, service)


def _shipped(name: str) -> bytes:
    return resources.files("postil").joinpath("demo", name).read_bytes()


def _policy(service: str, styles: str) -> str:
    socket = re.sub("^http", "ws", service)
    return (
        f"default-src 'none'; script-src {service}; connect-src {service} {socket}; style-src {styles}; "
        f"img-src 'self' data: {service}; font-src 'self' data:; media-src 'self'; "
        "base-uri 'none'; form-action 'none'"
    )


# HTML


def _is_html(data: bytes) -> bool:
    return bool(re.search(rb"<(!doctype\s+html|html|head|body|article|main)\b", data[:1024], re.IGNORECASE))


def _utf16(data: bytes) -> str | None:
    return {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2])


def _from_html(stem: str, data: bytes, service: str) -> Article:
    """The page as it is, the snippet before its last </body> or at its end.

    It was made for another place: its assets are missing here, and its scripts expect them. So the policy
    lets in nothing foreign and runs no script but ours; inline styles stay, since they are how it looks.
    """
    encoding = _utf16(data) or "ascii"
    at = data.lower().rfind("</body".encode(encoding))
    at = len(data) if at < 0 else at
    html = data[:at] + f"{snippet(service)}\n".encode(encoding) + data[at:]
    text = _decoded(data)
    found = re.search(r"<title[^>]*>(.*?)</title", text, re.IGNORECASE | re.DOTALL)
    title = " ".join(unescape(found[1]).split()) if found else ""
    return Article(title or stem, html, _content_type(data), _policy(service, "'self' 'unsafe-inline'"))


def _content_type(data: bytes) -> str:
    """Without a charset where the page names its own, or is in none we could name."""
    if _utf16(data) or re.search(rb"<meta[^>]+charset", data[:4096], re.IGNORECASE):
        return "text/html"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "text/html"
    return "text/html; charset=utf-8"


def _decoded(data: bytes) -> str:
    for encoding in ["utf-16"] if _utf16(data) else ["utf-8-sig", "cp1252"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


# Our own template


def _set(title: str, byline: str, body: str, service: str, lang: str = "en") -> Article:
    page = Template(_shipped("template.html").decode()).substitute(
        title=escape(title), byline=_counted(byline), body=body, snippet=snippet(service), lang=escape(lang)
    )
    html = page.encode("utf-8", "replace")
    return Article(title, html, "text/html; charset=utf-8", _policy(service, "'self'"))


def _counted(byline: str) -> str:
    """The byline with its view counter, which the widget fills: the byline's own, else one at its end."""
    said, found = re.subn(r"\d[\d,.]*(?= views?\b)", "<span data-postil-views>\\g<0></span>", escape(byline))
    counter = "<span data-postil-views>0</span> views"
    return said if found else f"{said} · {counter}" if said else counter


def _element_id(heading: str, used: set[str]) -> str:
    slug = re.sub(r"\W+", "-", heading.lower()).strip("-") or "section"
    numbered = (f"{slug}-{n}" for n in count(2))
    element_id = next(one for one in chain([slug], numbered) if one not in used)
    used.add(element_id)
    return element_id


# Markdown


def _from_markdown(stem: str, text: str, service: str) -> Article:
    """The first heading, where it begins the text, is the title; a paragraph of emphasis under it the byline."""
    facts, text = _front_matter(text)
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    title, byline = facts.get("title", ""), facts.get("author", "")
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title, tokens = _words(tokens[1]), tokens[3:]
    if len(tokens) > 1 and tokens[0].type == "paragraph_open" and _is_emphasis(tokens[1]):
        byline, tokens = _words(tokens[1]), tokens[3:]
    used: set[str] = set()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _element_id(_words(inline), used))
    body = parser.renderer.render(tokens, parser.options, {})
    return _set(title or stem, byline, body, service, facts.get("lang", "en"))


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """What site generators put between two lines of dashes: only plain `name: value` lines are read."""
    found = re.match(r"---\r?\n(.*?)\r?\n---\r?\n", text, re.DOTALL)
    if not found:
        return {}, text
    lines = re.findall(r"^(\w+):[ \t]*(.+?)[ \t\r]*$", found[1], re.MULTILINE)
    return {name.lower(): value.strip("\"'") for name, value in lines}, text[found.end() :]


def _words(inline: Token) -> str:
    return "".join(t.content for t in inline.children or () if t.type in ("text", "code_inline"))


def _is_emphasis(inline: Token) -> bool:
    kinds = [t.type for t in inline.children or ()]
    return kinds[:1] == ["em_open"] and kinds[-1:] == ["em_close"] and kinds.count("em_open") == 1


# Plain text


def _from_text(stem: str, text: str, service: str) -> Article:
    """A short line alone between blank lines is a heading, the first one the title, one right after it the
    byline. A short line that ends as a sentence does is a short paragraph."""
    blocks = [b.strip() for b in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))]
    blocks = [b for b in blocks if b]
    title, byline = stem, ""
    if blocks and _is_heading(blocks[0]):
        title = blocks.pop(0)
        if blocks and _is_heading(blocks[0]):
            byline = blocks.pop(0)
    used: set[str] = set()
    return _set(title, byline, "\n".join(_block(b, used) for b in blocks), service)


def _is_heading(block: str) -> bool:
    return "\n" not in block and len(block) <= SHORT and not re.search(r"[.,;:…]$", block)


def _block(block: str, used: set[str]) -> str:
    if _is_heading(block):
        return f'<h2 id="{escape(_element_id(block, used))}">{escape(block)}</h2>'
    return f"<p>{escape(block)}</p>"
