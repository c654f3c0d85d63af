"""Source -> safe HTML, in layers that do not trust each other. Pure; the only importer of bleach.

    tidy      (names.py) out with what no comment needs: controls, lone surrogates, towers of combining marks
    to_html   CommonMark with raw HTML off; a link only where `vet` allows its address
    clean     bleach: a tiny allow-list, every address vetted; bare addresses become links, vetted too
    agree     all of it is on the list, and nh3, of another family of parsers, reads the same tree

What fails a layer is shown as the text that was typed, escaped, and counted in `alarms`. bleach has had its
last release, so nothing rests on it alone: see docs/decisions/0002-markup.md.
"""

import asyncio
import html
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, Final

import nh3
from bleach.linkifier import LinkifyFilter
from bleach.sanitizer import Cleaner
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from postil import canonical
from postil.names import tidy
from postil.rendered import MAX_SOURCE, Rendered

MAX_DEPTH: Final = 24  # elements in each other: bleach's time grows with the square of it
MAX_ELEMENTS: Final = 1_000  # what a long comment has is 200; bleach takes about 30 µs for each
MAX_BRACKETS: Final = 1_000  # outside of code: at each "[" markdown-it looks ahead once for every level
MAX_HTML: Final = 65_536  # characters before cleaning: one long link definition can be used 2,000 times
MAX_URL: Final = 2_000
MAX_PLAIN: Final = 250  # no label or host in it is too long for any reader of addresses
OFF_LOOP: Final = 400  # characters of source: what is made to take long takes some milliseconds for them

TAGS: Final = frozenset("a p br strong em code pre blockquote ul ol li del hr".split())
VOID: Final = frozenset({"br", "hr"})
SCHEMES: Final = frozenset({"http", "https", "mailto"})
REL: Final = "nofollow ugc noopener noreferrer"

alarms: Counter[str] = Counter()
"""How often a comment fell back to text, by reason. `off-list` and `disagreement` mean: a layer leaked."""


class Refused(Exception):
    """A layer did not let a comment through; its only argument is the reason that `alarms` counts."""


Layer = Callable[[str], str]


def to_html(source: str) -> str:
    """CommonMark, raw HTML as text, images as links. Newlines break lines; headings stay as typed."""
    return str(_markdown.render(source))


def clean(markup: str) -> str:
    """Only TAGS, and on them only vetted links, whatever the markup; bare addresses become links."""
    cleaned: str = _here.cleaner.clean(_shield(markup))
    return cleaned.translate(_ESCAPES)


def agree(markup: str) -> None:
    """Raises Refused unless all of it is on the list and nh3 reads the very same tree."""
    again = _second.clean(markup)
    if not (again == markup and _all_listed(markup)):  # to the letter: then any reader finds the same in both
        compare(markup, again)


def compare(markup: str, again: str) -> None:
    """agree() by a reader of its own. `again` is what nh3 writes of it."""
    tree = read(markup)
    if tree is None or not all(map(_listed, tree)):
        raise Refused("off-list")
    if read(again) != tree:
        raise Refused("disagreement")


def render(source: str, to_html: Layer = to_html, clean: Layer = clean) -> Rendered:
    """Safe HTML for any string at all; never raises. The layers are arguments, to be left out by tests."""
    text = tidy(source)
    try:
        return Rendered(_through(text, to_html, clean), fallback=False)
    except Exception as problem:  # what breaks a parser may cost one comment its markup, and no more
        reason = str(problem) if isinstance(problem, Refused) else type(problem).__name__
        with _counting:
            alarms[reason] += 1
        return Rendered(as_text(text), fallback=True)


async def render_async(source: str, look: Callable[[str, str], object] | None = None) -> Rendered:
    """render(), off the event loop where it would hold it up; and there too whatever `look` makes of source and html,
    to be kept for when it is asked.
    """
    if len(source) <= OFF_LOOP:
        return render(source)
    return await asyncio.get_running_loop().run_in_executor(_beside, _render_and_look, source, look)


def _render_and_look(source: str, look: Callable[[str, str], object] | None) -> Rendered:
    rendered = render(source)
    if look is not None:
        look(source, rendered.html)
    return rendered


def as_text(text: str) -> str:
    return f"<p>{html.escape(text, quote=False).replace(chr(10), '<br>')}</p>"


def _through(text: str, to_html: Layer, clean: Layer) -> str:
    if len(text) > MAX_SOURCE:
        raise Refused("too-long")
    markup = to_html(text)
    if len(markup) > MAX_HTML:
        raise Refused("too-big")
    tags = markup.count("<")
    if tags > 2 * MAX_ELEMENTS:
        raise Refused("too-many-elements")
    if tags > MAX_DEPTH and depth(markup) > MAX_DEPTH:
        raise Refused("too-deep")
    cleaned = clean(markup)
    agree(cleaned)
    return cleaned


# Addresses

# ASCII is said twice: with re.I alone, [a-z] matches the Kelvin sign and the long s.
_HOST = r"(?:(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|\[[0-9a-f:.]{2,45}\])"
_WEB = re.compile(rf"https?://{_HOST}(?::\d{{1,5}})?(?:[/?#][a-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?", re.I | re.A)
_MAIL = re.compile(rf"mailto:[a-z0-9.!#$*+/=_~-]{{1,64}}@{_HOST}", re.I | re.A)

# No port, escape, capital or number is in such a host, and nothing that might be punycode.
_LABEL = "[a-z0-9]{1,20}+(?:-[a-z0-9]{1,20}+){0,2}+"
_PLAIN = re.compile(rf"https?://(?:{_LABEL}\.){{1,4}}[a-z]{{2,20}}(?:/[A-Za-z0-9._~-]*+)*+(?:[?#][A-Za-z0-9._~=/-]*+)?")

# Linear: every try starts at a literal, and what follows has one way to match. bleach's own starts with \(*.
# Parentheses only in pairs, and not the full stop after the sentence.
_STOPS = r"""\s<>"'`{}|\\^()\u3000-\u303f\ufdd1\ufdd2\uff00-\uff0f"""
_BARE = re.compile(rf"\bhttps?://(?:[^{_STOPS}]|\([^{_STOPS}]{{0,200}}\)){{1,1000}}(?<![.,:;!?])", re.I)


def vet(url: str) -> bool:
    """Whether a link may lead there: absolute http, https or mailto, in plain ASCII, and no user before the
    host. Not relative (our origin is not the reader's), no blank, control, bidi or backslash: browsers and
    parsers part ways over those. And an address that browsers can read, which nh3's parser stands for."""
    return _is_plain(url) or (_shaped(url) and _parses(url))


def _is_plain(url: str) -> bool:
    """Whether nothing in it is to be decoded, mended or doubted, as in nearly all that people link to: `vet` allows it,
    and markdown-it leaves it as it stands. Tests ask both.
    """
    return len(url) <= MAX_PLAIN and bool(_PLAIN.fullmatch(url))


def _shaped(url: str) -> bool:
    return len(url) <= MAX_URL and bool(_WEB.fullmatch(url) or _MAIL.fullmatch(url))


@lru_cache(maxsize=1024)
def _parses(url: str) -> bool:
    return " href=" in _second.clean(f'<a href="{html.escape(url)}"></a>')


# Markdown


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        return vet(url)

    def normalizeLink(self, url: str) -> str:
        return url if _is_plain(url) else super().normalizeLink(url)


def _list_from_one(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A list that starts with another number than 1 stays text: `start` is not on the list of attributes,
    and without it "1984. A good year" would read "1."."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if not silent and re.match(r"(?!1[.)])\d+[.)]", line):  # silent: does another item end this one?
        return False
    return list_block(state, start, end, silent)


def _bounded(state: StateCore) -> None:
    if sum(block.content.count("[") for block in state.tokens if block.type == "inline") > MAX_BRACKETS:
        raise Refused("too-many-brackets")


def _images_as_links(state: StateCore) -> None:
    """An image would be a request to a stranger's server by every reader. Without a rule for images,
    "![words](address)" is a "!" before a link: drop the "!"."""
    if "![" not in state.src:
        return
    for block in state.tokens:
        for token, following in pairwise(block.children or ()):
            if following.type == "link_open" and following.info != "auto" and token.type == "text":
                token.content = token.content.removesuffix("!")


def _escape(text: str) -> str:
    return html.escape(text, quote=False)  # a quote is no danger outside of attributes, and six bytes in one


def _text(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return _escape(tokens[index].content)


def _code(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return f"<code>{_escape(tokens[index].content)}</code>"


def _block_of_code(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return f"<pre><code>{_escape(tokens[index].content)}</code></pre>\n"


def _link(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return f'<a href="{html.escape(str(tokens[index].attrs["href"]))}">'


def _make_markdown() -> MarkdownIt:
    # Deeper than MAX_DEPTH, as markdown-it drops what is nested deeper; but not much, as it recurses.
    options = {"html": False, "breaks": True, "linkify": False, "xhtmlOut": False, "maxNesting": MAX_DEPTH + 1}
    markdown = _Markdown("commonmark", options)
    markdown.enable("strikethrough").disable(["heading", "lheading", "image"])
    markdown.block.ruler.at("list", _list_from_one, {"alt": ["paragraph", "reference", "blockquote"]})
    markdown.core.ruler.before("inline", "bounded", _bounded)
    markdown.core.ruler.after("inline", "images_as_links", _images_as_links)
    rules = {"text": _text, "code_inline": _code, "code_block": _block_of_code, "fence": _block_of_code}
    for name, rule in rules.items():
        markdown.add_render_rule(name, rule)
    markdown.add_render_rule("link_open", _link)
    markdown.add_render_rule("s_open", lambda *_: "<del>")
    markdown.add_render_rule("s_close", lambda *_: "</del>")
    return markdown


# The cleaner

# These stand for what is escaped while bleach works, which would decode "&amp;lt;" twice and takes its time
# over each entity. They are noncharacters: tidy lets none in, and they only ever turn into escapes.
_STAND_INS = {"&amp;": "\ufdd0", "&lt;": "\ufdd1", "&gt;": "\ufdd2"}
_ESCAPES = {ord(char): escape for escape, char in _STAND_INS.items()}
_HREF, _REL = (None, "href"), (None, "rel")
Attributes = dict[Any, Any]


def _shield(markup: str) -> str:
    shielded = re.sub("[\ufdd0-\ufdd2]", "\ufffd", markup)
    for escape, char in _STAND_INS.items():
        shielded = shielded.replace(escape, char)
    return shielded


def _decoded(value: str) -> str:
    """An attribute's value as a browser reads it; bleach hands it over as written."""
    if len(value) > 8 * MAX_URL:
        return ""
    return html.unescape(value.translate(_ESCAPES))


def _only_vetted(_tag: str, name: str, value: str) -> bool:
    return name == "href" and vet(_decoded(value))


def _mark(attributes: Attributes, new: bool) -> Attributes | None:
    """Say what a link is to search engines and to the page it leads to. One made of a bare address is vetted
    here, and stays text if it fails; one that lost its address above is an anchor to nowhere."""
    href = attributes.get(_HREF, "")
    if new and not _is_plain(href):
        href = _shield(_escape(_markdown.normalizeLink(_decoded(href))))
        if not vet(_decoded(href)):
            return None
    marked = {_HREF: href, _REL: REL} if href else {}
    return {**marked, "_text": attributes["_text"]}


class _Cleaner(Cleaner):
    """bleach's own, but that html5lib need not read what stands in our renderer's form, nor write it: that takes longer
    than all else.
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        parse: Any = self.parser.parseFragment
        walk: Any = self.walker
        self._parse, self._walk, self._write = parse, walk, self.serializer.render
        self.parser, self.walker, self.serializer = self, self._tokens, self  # type: ignore[assignment]

    def parseFragment(self, markup: str) -> Any:
        return canonical.tokens(markup) or self._parse(markup)

    def _tokens(self, parsed: Any) -> Any:
        return parsed if isinstance(parsed, list) else self._walk(parsed)

    def render(self, tokens: Any) -> str:
        clean = list(tokens)
        ours = canonical.written(clean)
        return self._write(clean) if ours is None else ours


def make_cleaner(kind: type[Cleaner] = _Cleaner) -> Cleaner:
    """One for each thread: it keeps its parser's state. `kind`: bleach's own is what ours is compared with."""
    callbacks: list[Any] = [_mark]  # the stubs forget that None drops a link
    attributes: dict[str, list[str] | Callable[[str, str, str], bool]] = {"a": _only_vetted}
    linkify = partial(LinkifyFilter, url_re=_BARE, parse_email=False, skip_tags={"pre", "code"}, callbacks=callbacks)
    return kind(
        tags=TAGS,
        attributes=attributes,
        protocols=SCHEMES,
        strip=True,
        strip_comments=True,
        filters=[linkify],
    )


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.cleaner = make_cleaner()


# The second opinion

Node = tuple[str, str, tuple[tuple[str, str | None], ...]]  # what it is; tag or text; attributes


class _Reader(HTMLParser):
    """Reads markup into its nodes in document order. `sound`: each element closed in turn, nothing but
    elements and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[Node] = []
        self.open: list[str] = []
        self.sound = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.nodes.append(("start", tag, tuple(sorted(attrs, key=str))))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.nodes.append(("end", tag, ()))
        self.sound &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.nodes and self.nodes[-1][0] == "text":
            data = self.nodes.pop()[1] + data
        self.nodes.append(("text", data, ()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sound = False

    def handle_comment(self, data: str) -> None:
        self.sound = False

    def handle_decl(self, decl: str) -> None:
        self.sound = False

    def handle_pi(self, data: str) -> None:
        self.sound = False

    def unknown_decl(self, data: str) -> None:
        self.sound = False


def read(markup: str) -> list[Node] | None:
    """The tree as its nodes in document order; None where it is not a tree of elements and text."""
    reader = _Reader()
    try:
        reader.feed(markup)
        reader.close()
    except (AssertionError, ValueError):  # html.parser's words for a declaration or a number it cannot read
        return None
    return reader.nodes if reader.sound and not reader.open else None


def depth(markup: str) -> int:
    """How deep elements nest. An end tag that closes nothing counts for nothing, so never too low."""
    deepest = 0
    nested: list[str] = []
    for end, tag in re.findall(r"<(/?)([a-z][a-z0-9]*)", markup, re.I):
        if not end and tag not in VOID:
            nested.append(tag)
            deepest = max(deepest, len(nested))
        elif end and nested and nested[-1] == tag:
            nested.pop()
    return deepest


def _all_listed(markup: str) -> bool:
    """Whether each "<" begins a tag that is on the list, written as nh3 writes it, and each link may lead there."""
    return bool(_ON_LIST.fullmatch(markup)) and all(vet(html.unescape(href)) for href in _HREFS.findall(markup))


def _listed(node: Node) -> bool:
    kind, tag, attributes = node
    if kind == "text" or not attributes:
        return kind == "text" or tag in TAGS
    given = dict(attributes)
    href = given.get("href") or ""
    return tag == "a" and len(attributes) == 2 and given.get("rel") == REL and vet(href)


_LINK = rf'<a href="(?P<href>[^"<>]*+)" rel="{REL}">'
_HREFS = re.compile(_LINK)
# Each piece has one way to match, and gives nothing back: linear.
_ON_LIST = re.compile(rf"(?:[^<]++|</?(?:{'|'.join(sorted(TAGS))})>|{_LINK})*+")
_counting = threading.Lock()
# One for all: each that has work to do keeps the loop from running for 5 ms at a time.
_beside = ThreadPoolExecutor(1, "postil-render")
_markdown = _make_markdown()
_here = _PerThread()
_second = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=frozenset(),
    attributes={"a": {"href", "rel"}, "*": frozenset()},
    attribute_filter=lambda _tag, name, value: value if name == "rel" or _shaped(value) else None,
    url_schemes=SCHEMES,
    link_rel=None,
    strip_comments=True,
)
