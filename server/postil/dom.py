"""A page's markup as browsers parse it, with the few questions that document.py asks of it. Pure.

Every answer costs the same in a page of any depth: nodes are numbered in the order of their tags, so that what an
element holds is a range, and each selector is asked once, of the whole page.
"""

import re
from bisect import bisect_left, bisect_right
from functools import cached_property

import turbohtml

MOST_NODES = 200_000
"""Elements, texts and comments. A long page of 5 MB has some 130,000."""

# What JavaScript calls a space; Python's own idea differs in six characters.
SPACES = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_WORDS = re.compile(r"[^\t\n\f\r ]+")


class UnreadableDocument(ValueError):
    """The page cannot be read as a browser would; the sentence says why."""


class Node:
    """An element or a text. `at` is its place among all, `end` that of the last node in it."""

    __slots__ = ("after", "at", "before", "data", "end", "last", "made", "parent", "tree")

    def __init__(self, tree: "Tree", made: turbohtml.Node, parent: "Node | None", at: int) -> None:
        self.tree, self.made, self.parent, self.at, self.end = tree, made, parent, at, at
        self.data = made.data if isinstance(made, turbohtml.Text) else None
        self.before: Node | None = None  # the elements beside it
        self.after: Node | None = None
        self.last: Node | None = None  # its last child that is an element

    @property
    def tag(self) -> str:
        """In lower case; "" for a text."""
        return self.made.tag if isinstance(self.made, turbohtml.Element) else ""

    @property
    def words(self) -> list[str]:
        """Its class names."""
        return _WORDS.findall(self.attribute("class"))

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(text.data or "" for text in self.tree.texts_in(self))

    def attribute(self, name: str) -> str:
        """Its value, or "" where it is absent or empty."""
        return (self.made.attr(name) or "") if isinstance(self.made, turbohtml.Element) else ""

    def matches(self, selector: str) -> bool:
        return self.at in self.tree.places(selector)

    def closest(self, selector: str) -> "Node | None":
        return self.tree.closest(self, selector)

    def contains(self, other: "Node | None") -> bool:
        return other is not None and self.at <= other.at <= self.end

    def find(self, selector: str) -> "Node | None":
        """The first element in it that matches."""
        places = self.tree.sorted_places(selector)
        index = bisect_right(places, self.at)
        return self.tree.nodes[places[index]] if index < len(places) and places[index] <= self.end else None


class Tree:
    """A whole page. Raises UnreadableDocument where it holds too much."""

    def __init__(self, html: bytes | str, charset: str | None = None) -> None:
        self._document = _parsed(html, charset)
        self._known: dict[turbohtml.Node, Node] = {}
        self._sorted: dict[str, list[int]] = {}
        self._places: dict[str, frozenset[int]] = {}
        self._closest: dict[str, list[Node | None]] = {}
        self.nodes: list[Node] = []
        for count, made in enumerate(self._document.descendants):
            if count == MOST_NODES:
                raise UnreadableDocument(f"The page has more than {MOST_NODES:,} elements and texts.")
            self._take(made)
        for node in reversed(self.nodes):
            if node.parent:
                node.parent.end = max(node.parent.end, node.end)

    def _take(self, made: turbohtml.Node) -> None:
        outer = made.parent
        parent = self._known.get(outer) if isinstance(outer, turbohtml.Element) else None
        # What a template holds is no part of the page.
        if not isinstance(made, turbohtml.Element | turbohtml.Text) or not (parent or outer is self._document):
            return
        node = self._known[made] = Node(self, made, parent, len(self.nodes))
        self.nodes.append(node)
        if parent and node.data is None:
            node.before, parent.last = parent.last, node
            if node.before:
                node.before.after = node

    @cached_property
    def body(self) -> Node:
        return self.find("body,frameset") or self.nodes[0]

    @cached_property
    def _texts(self) -> list[int]:
        return [node.at for node in self.nodes if node.data]

    def texts_in(self, node: Node) -> list[Node]:
        first, last = bisect_left(self._texts, node.at), bisect_right(self._texts, node.end)
        return [self.nodes[at] for at in self._texts[first:last]]

    def base(self, url: str) -> str:
        """What links are relative to, on a page that came from `url`."""
        return self._document.base_url(url)

    def find(self, selector: str) -> Node | None:
        return next(iter(self.find_all(selector)), None)

    def find_all(self, selector: str) -> list[Node]:
        return [self.nodes[at] for at in self.sorted_places(selector)]

    def sorted_places(self, selector: str) -> list[int]:
        if selector not in self._sorted:
            found = self._select(selector)
            self._sorted[selector] = sorted(self._known[made].at for made in found if made in self._known)
        return self._sorted[selector]

    def _select(self, selector: str) -> list[turbohtml.Element]:
        try:
            return self._document.select(selector)
        except ValueError as error:
            raise UnreadableDocument(f"“{selector}” is not a selector.") from error

    def places(self, selector: str) -> frozenset[int]:
        if selector not in self._places:
            self._places[selector] = frozenset(self.sorted_places(selector))
        return self._places[selector]

    def closest(self, node: Node, selector: str) -> Node | None:
        if selector not in self._closest:
            matching = self.places(selector)
            above: list[Node | None] = []
            for each in self.nodes:
                above.append(each if each.at in matching else above[each.parent.at] if each.parent else None)
            self._closest[selector] = above
        return self._closest[selector][node.at]


def _parsed(html: bytes | str, charset: str | None) -> turbohtml.Document:
    try:
        return turbohtml.parse(html, encoding=charset, positions=False, scripting=True)
    except LookupError:  # a browser passes over a charset that it does not know
        return turbohtml.parse(html, positions=False, scripting=True)
