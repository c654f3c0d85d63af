"""What the widget would find on a page, without a browser. Pure.

This is client_widget/src/sections.js in Python, function by function and under the same names: a change in one has
its place in the other. `tests/browser/test_documents.py` holds them together in Chromium, over whole pages. Where
rows go is left out, as nobody reads here.

JavaScript counts a text's length in UTF-16, and knows other spaces and other regular expressions: hence `_size`,
`SPACES` and the ASCII flags.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import urldefrag, urljoin

from postil.dom import MOST_NODES, SPACES, Node, Tree, UnreadableDocument
from postil.fingerprint import fingerprint
from postil.outline import OutlineSection
from postil.urls import BadUrl, origin_of

__all__ = ["Document", "UnreadableDocument", "read_document"]

MOST_TEXT = 1_000_000  # characters: 170,000 words, more than most novels; taking fingerprints takes time
MOST_SELECTOR = 100  # characters, and one `:has()`: what selects takes time with the power of its parts
MOST_HEADINGS = 499  # beside an introduction
MOST_TITLES = 99  # a page has one, and each is looked for in the page's name
# A heading's words stand at its beginning, and headings within headings would have us read a page 500 times.
MOST_OF_A_HEADING = 1_000  # elements and texts
EXCERPT = 240  # characters

HEADINGS = "h1,h2,h3,h4,h5,h6"
ROOTS = """article,main,[role=main],[itemprop~=articleBody],d-article,#content,.markdown-body,.post-body,
.article-body,.entry-content,.post-content,.article-content,.e-content"""
ASIDE = """nav,aside,footer,dialog,blockquote,script,style,template,noscript,textarea,select,button,svg,[hidden],
[aria-hidden=true],[data-postil-ignore],[role=dialog],[role=search],[style*="display:none"],[style*="display: none"],
.sr-only,.visually-hidden,.screen-reader-text,#respond,#disqus_thread,#TOC,div#toc,div#table-of-contents"""
BOX = re.compile(
    r"(?!(has|no|with)[-_])(.*[-_])?(toc|comments?|comment-?list|respond|related-?(posts)?|recommend\w*|"
    r"(read|up)-next|(more|recent|latest|popular)-(posts|from)|shar(e|ing)|social|subscri\w*|signup|"
    r"newsletter|sidebar|author-(bio|box|card)|pager|pagination|breadcrumbs?|footnotes|modal|disqus|giscus|"
    r"navigation|complementary|contentinfo|banner)(\Z|[-_](?!(open|closed)\Z))",
    re.IGNORECASE | re.ASCII,
)
JUNK = f"{ASIDE},sup,[class*=editsection],[class*=headerlink],[class*=permalink],[class*=anchor]"
META = f"""{HEADINGS},header,time,address,label,[class*=meta],[class*=byline],[class*=author],[class*=date],
[class*=tags]"""
NOISE = "time,sup,[class*=editsection],[class*=headerlink]"

_SPACE = re.compile(f"[{SPACES}]+")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd\u200b\ufeff]")
_LOADER = re.compile(r"(?:.*/)?postil\.js(?:[?#].*)?", re.DOTALL)
_LEVEL = re.compile(r"\Ah([1-6])\b|,([1-6])\Z", re.ASCII)
_OPENING, _CLOSING = "([{“‘«„¿¡/-", ")]}”’»,.;:!?…/-、。，！？」』）"


@dataclass(frozen=True, slots=True)
class Options:
    """What the script tag's data-* attributes say: two selectors, and the owner's key of the page."""

    root: str = ""
    headings: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section before it is cut to the outline's sizes. `texts`: what it says, without its heading."""

    heading: str
    level: int
    id: str
    key: str
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Document:
    """A page as the widget reports it. `excerpts`: how each section begins, at most 240 characters."""

    title: str
    url: str
    key: str | None
    sections: list[OutlineSection]
    excerpts: list[str]


def read_document(html: bytes | str, url: str, charset: str | None = None) -> Document:
    """What the widget would find on the page that `url` answers with `html`.

    `charset` is what the answer's header names, if it does; bytes may say themselves what they are. There is always
    a section, the page as a whole if need be. Raises UnreadableDocument where the page is too full of markup, or the
    script tag has a selector that is none (the widget shows nothing there). The URL must be that of a page (urls.py).
    """
    tree = Tree(html, charset)
    options = options_of(tree)
    title, found = find_sections(tree, options)
    if sum(len(text) for section in found for text in section.texts) > MOST_TEXT:
        raise UnreadableDocument(f"The sections have more than {MOST_TEXT:,} characters.")
    return Document(
        title=title[:300],
        url=_address(tree, url),
        key=_key_of(tree, options),
        sections=outline_of(found),
        excerpts=[_excerpt(section.texts) for section in found],
    )


def options_of(tree: Tree) -> Options:
    """Those of the first script tag that loads the widget."""
    for tag in tree.find_all("script[src]"):
        if _LOADER.fullmatch(tag.attribute("src").strip()):
            return _bounded(Options(*(tag.attribute(f"data-{name}") for name in ("root", "headings", "page"))))
    return Options()


def _key_of(tree: Tree, options: Options) -> str | None:
    """The owner's: of the article, else of the script tag."""
    marked = tree.find(options.root or "[data-postil-root]")
    return (marked and marked.attribute("data-postil-page")) or options.page or None


def _bounded(options: Options) -> Options:
    for selector in (options.root, options.headings):
        if len(selector) > MOST_SELECTOR or selector.lower().count(":has(") > 1:
            raise UnreadableDocument(f"“{selector[:MOST_SELECTOR]}” is too much of a selector.")
    return options


def plain(text: str) -> str:
    return _UNSEEN.sub("", _SPACE.sub(" ", text).rstrip(" ¶")).strip(SPACES)


def skipped(node: Node) -> bool:
    if node.matches(ASIDE) or (node.tag == "header" and node.find("nav")):
        return True
    if node.matches(HEADINGS):
        return node.after is not None and node.after.matches("#markdown-toc,.toc")  # a caption
    if node.matches("#comments") and node.find("form,iframe,script,article"):
        return True
    words = [*node.words, node.attribute("role")]
    return any(map(BOX.match, words)) and not node.find("h1,main")


def walk(root: Node, wanted: str = "", skip: Callable[[Node], bool] = skipped, most: int = MOST_NODES) -> list[Node]:
    """Texts and wanted elements below a root, in order. With nothing wanted: blank texts too."""
    found, at, end = [], root.at + 1, min(root.end, root.at + most)
    while at <= end:
        node = root.tree.nodes[at]
        if node.data is None and skip(node):
            at = node.end
        elif _is_wanted(node, wanted):
            found.append(node)
        at += 1
    return found


def _is_wanted(node: Node, wanted: str) -> bool:
    if not wanted or not node.data:
        return bool(node.data or (wanted and node.matches(wanted)))
    return bool(node.data.strip(SPACES))


def length(nodes: Iterable[Node]) -> int:
    return sum(_size(node.data.strip(SPACES)) for node in nodes if node.data)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def heading_text(heading: Node) -> str:
    """A heading's words, without the permalink that a generator puts in."""

    def mark(node: Node) -> bool:
        return node.matches(JUNK) or (node.tag == "a" and not any(map(_is_word, node.text)))

    words = walk(heading, skip=mark, most=MOST_OF_A_HEADING)
    return plain("".join(node.data or "" for node in words)) or plain(heading.text)


def guess_root(tree: Tree, nodes: Sequence[Node]) -> Node:
    """The candidate with most text, or the innermost in it with over half of that. `nodes` of the page's body."""
    places, sums = [node.at for node in nodes], [0, *accumulate(length([node]) for node in nodes)]
    sized = [
        (sums[bisect_right(places, root.end)] - sums[bisect_left(places, root.at)], root)
        for root in tree.find_all(ROOTS)
    ]
    sized.sort(key=lambda pair: -pair[0])
    most, best = sized[0] if sized else (0, tree.body)
    inner = [root for size, root in sized if best.contains(root) and size > most / 2]
    return inner[-1] if inner else best


def title_of(root: Node, first: Node | None) -> Node | None:
    """The page's title, in the root or above it."""
    title = name_of(root.tree)
    if first and _is_in(title, first):
        return first
    home = root.closest("article,main")
    outside = [node for node in root.tree.find_all("h1")[:MOST_TITLES] if not root.contains(node)]
    above = next((node for node in outside if home and home.contains(node)), None)
    above = above or next((node for node in outside if _is_in(title, node)), None)
    return above or (first if first and first.matches("h1") else None)


def name_of(tree: Tree) -> str:
    named = tree.find("title")
    return plain(named.text) if named else ""


def _is_in(title: str, heading: Node) -> bool:
    """Does the heading stand in the page's title, alone or between signs?"""
    words = heading_text(heading)
    at = title.find(words)
    before, after = title[:at].rstrip(SPACES), title[at + len(words) :].lstrip(SPACES)
    return at >= 0 and not (before and _is_word(before[-1])) and not (after and _is_word(after[0]))


def _is_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LN"


def level_of(heading: Node) -> int:
    found = _LEVEL.search(f"{heading.tag},{heading.attribute('aria-level')}")
    return int(found[1] or found[2]) if found else 2


def choose(root: Node, nodes: Sequence[Node], wanted: str) -> tuple[Node | None, list[Node]]:
    """The title, and the headings that are discussed."""
    home = root.closest("article")
    every = [node for node in nodes if node.data is None and (not home or node.closest("article") is home)]
    early = every and length(nodes[: _index(nodes, every[0])]) < 200
    title = title_of(root, every[0] if early else None)
    rest = [node for node in every if node is not title]
    levels = [level_of(node) for node in rest]
    level = next((n for n in range(1, 7) if levels.count(n) > 1), None)
    headings = every if wanted else [node for node, n in zip(rest, levels, strict=True) if n == level]
    return title, headings[:MOST_HEADINGS] if len(headings) > 1 else []


def introduction(root: Node, nodes: Sequence[Node], title: Node | None, first: Node | None) -> list[Node]:
    """The texts before the first heading, or on the whole page, that are prose: in a paragraph, or long."""

    def is_said(node: Node) -> bool:
        box = node.closest(META)
        return not box or box is root or not root.contains(box) or box.contains(first)

    start = _index(nodes, title) + 1 if title and root.contains(title) else 0
    early = nodes[start : _index(nodes, first) if first else None]
    said = [node for node in early if node.data and is_said(node)]
    return [node for node in said if length([node]) > 60 or node.closest("p,li,dd,td,pre")]


def evidence(root: Node, headings: Sequence[Node], at: int) -> tuple[str, str]:
    """Id and author's key, on the heading, in it, on a wrapper of it alone, or just before it."""
    heading = headings[at]
    before, inner = heading.before, heading.find("a[id],span[id],a[name]")
    found = heading.attribute("id") or (inner and _id_or_name(inner)) or ""
    others = [*headings[max(at - 1, 0) : at], *headings[at + 1 : at + 2]]
    key, node = "", heading
    while node is not root and not any(map(node.contains, others)):
        found = found or node.attribute("id")
        key = key or node.attribute("data-postil-section")
        assert node.parent, "every heading is in the root"
        node = node.parent
    if before and before.matches("a,span") and not plain(before.text):
        found = found or _id_or_name(before)
    return found, key


def _id_or_name(node: Node) -> str:
    return node.attribute("id") or (node.attribute("name") if node.tag == "a" else "")


def texts_of(nodes: Iterable[Node], heading: Node | None) -> list[str]:
    """What a section says, without its heading, and without what changes by itself or is no word."""
    said = [node for node in nodes if node.data and not (heading and heading.contains(node))]
    return [node.data or "" for node in said if not node.closest(NOISE)]


def find_sections(tree: Tree, options: Options) -> tuple[str, list[Section]]:
    """The page's title, and its sections in order: at least one, at most 500."""
    given = tree.find(options.root or "[data-postil-root]")
    every = walk(given or tree.body, options.headings or HEADINGS)
    root = given or guess_root(tree, every)
    nodes = [node for node in every if node is not root and root.contains(node)]
    title, headings = choose(root, nodes, options.headings)
    first = headings[0] if headings else None
    prose = introduction(root, nodes, title, first)
    sections = [_section(root, nodes, headings, at) for at in range(len(headings))]
    if not first or prose:
        box = root if not first else prose[0].closest("[data-postil-section]")
        key = box.attribute("data-postil-section") if box and not box.contains(first) else ""
        sections.insert(0, Section("", 0, "", key, texts_of(prose, None)))
    return (title and heading_text(title)) or name_of(tree), sections


def _section(root: Node, nodes: Sequence[Node], headings: Sequence[Node], at: int) -> Section:
    heading, *after = headings[at : at + 2]
    found, key = evidence(root, headings, at)
    own = nodes[_index(nodes, heading) + 1 : _index(nodes, after[0]) if after else None]
    return Section(heading_text(heading), level_of(heading), found, key, texts_of(own, heading))


def _index(nodes: Sequence[Node], node: Node) -> int:
    return bisect_left(nodes, node.at, key=lambda each: each.at)


def outline_of(sections: Iterable[Section]) -> list[OutlineSection]:
    """The outline as the service takes it."""
    return [_row(section) for section in sections]


def _row(section: Section) -> OutlineSection:
    words = fingerprint(" ".join(section.texts))
    return OutlineSection(
        heading=section.heading[:300],
        level=section.level,
        id=_fit(section.id),
        key=_fit(section.key),
        print=words.print or None,
        first=words.first or None,
        last=words.last or None,
    )


def _fit(text: str) -> str | None:
    return text if text and _size(text) <= 200 else None


def _excerpt(texts: Iterable[str]) -> str:
    """The beginning, whole words, as a reader sees it: no space before a comma that follows a link."""
    said = ""
    for text in texts:
        said += text[: 8 * EXCERPT] if _is_glued(said[-1:], text[:1]) else f" {text[: 8 * EXCERPT]}"
        if len(said) > 8 * EXCERPT:  # much of it may be space
            break
    words = plain(said)
    if len(words) <= EXCERPT:
        return words
    whole = words[: EXCERPT + 1].rpartition(" ")[0]
    return whole if len(whole) > EXCERPT / 2 else words[:EXCERPT]


def _is_glued(last: str, next: str) -> bool:
    return last in _OPENING or next in _CLOSING or (last > "\u2e80" and next > "\u2e80")  # these put no spaces


def _address(tree: Tree, url: str) -> str:
    """The canonical address where it is of the same origin, as elsewhere it is another site's."""
    link = tree.find("link[rel=canonical]")
    if link:
        href = re.sub(r"[\t\n\r]", "", link.attribute("href").strip(SPACES))
        try:
            canonical = urljoin(tree.base(url), href)
            if origin_of(canonical) == origin_of(url):
                return urldefrag(canonical).url
        except (BadUrl, ValueError):
            pass
    return urldefrag(url).url
