"""Markup in the one form that our own renderer writes, as the tokens that an HTML parser makes of it, and back. Pure.

Whatever is not of that form, to the letter, is for a parser: nothing is mended here, and nothing is guessed. In this
form elements are closed in turn and stand only where HTML leaves them, so that the tree has nothing that the text
has not: no parser moves, opens, closes or drops anything. A test has html5lib read all of it too.
"""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from postil.names import CONTROLS

Token = dict[str, Any]  # as html5lib's tree walkers have it

# Where each element may stand; "" is outside of all others.
_FLOW: Final = frozenset({"", "blockquote", "li"})
_PHRASE: Final = frozenset({"p", "li", "strong", "em", "del", "a"})
_STANDS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("p", "ul", "ol", "pre", "blockquote", "hr"), _FLOW),
    **dict.fromkeys(("strong", "em", "del", "a", "br"), _PHRASE),
    "li": frozenset({"ul", "ol"}),
    "code": _PHRASE | {"pre"},
}
_WORDS: Final = _PHRASE | {"code"}
# HTML closes or doubles these where they stand in themselves.
_ONCE: Final = frozenset({"strong", "em", "del", "a", "code"})
_VOID: Final = frozenset({"br", "hr"})

# Three noncharacters stand for escapes (postil.markup); all other controls are for a parser, but for the newline.
_RULED = f"<>&{CONTROLS}".replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f").replace(r"\ufdd0", r"\ufdd3")
_RULED_VALUE = re.compile("[&<\"']")
_PIECE = re.compile(rf'<(/?)([a-z]+)(?: href="([^"{_RULED}]*)")?>([^{_RULED}]*)')


def tokens(markup: str) -> list[Token] | None:
    """What a parser of HTML would tell of it; None where it is not in our form."""
    found: list[Token] = []
    stack, at = [""], 0
    for piece in _PIECE.finditer(markup):
        if piece.start() != at:
            return None
        at = piece.end()
        end, name, href, text = piece.groups()
        if not (_closes(stack, name, href) if end else _opens(stack, name, href)):
            return None
        found.append(_tag("EndTag" if end else "EmptyTag" if name in _VOID else "StartTag", name, href))
        if text:
            if stack[-1] not in _WORDS and (text.strip("\n") or stack[-1] == "pre"):
                return None
            found.append({"type": "SpaceCharacters" if text.isspace() else "Characters", "data": text})
    return found if at == len(markup) and stack == [""] else None


def _opens(stack: list[str], name: str, href: str | None) -> bool:
    if stack[-1] not in _STANDS.get(name, ()) or (href is not None and name != "a"):
        return False
    if name in _ONCE and name in stack:
        return False
    if name not in _VOID:
        stack.append(name)
    return True


def _closes(stack: list[str], name: str, href: str | None) -> bool:
    return href is None and stack.pop() == name


def _tag(type: str, name: str, href: str | None) -> Token:
    token: Token = {"type": type, "name": name, "namespace": None}
    if type != "EndTag":
        token["data"] = {} if href is None else {(None, "href"): href}
    return token


def written(tokens: Iterable[Token]) -> str | None:
    """Tokens as markup, as html5lib's serializer writes them; None where one of them is not of our form."""
    pieces: list[str] = []
    for token in tokens:
        kind = token["type"]
        if kind == "Characters":
            pieces.append(html.escape(token["data"], quote=False))
        elif kind == "SpaceCharacters":
            pieces.append(token["data"])
        elif token.get("name") not in _STANDS:
            return None  # also what has no name; an entity's is none of these
        elif kind == "EndTag":
            pieces.append(f"</{token['name']}>")
        elif (piece := _begun(token)) is not None:
            pieces.append(piece)
        else:
            return None
    return "".join(pieces)


def _begun(token: Token) -> str | None:
    given = token.get("data")
    if token["type"] not in ("StartTag", "EmptyTag") or any(map(_RULED_VALUE.search, given.values() if given else ())):
        return None
    attributes = "".join([f' {name}="{value}"' for (_, name), value in given.items()]) if given else ""
    return f"<{token['name']}{attributes}>"
