"""A comment's html with some of its words marked. Pure.

The html is markup.render's own; what stands between its tags is marked, and the tags are handed on as they lie.
"""

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

MOST_MARKS = 20


class _Marker(HTMLParser):
    def __init__(self, pattern: re.Pattern[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.pattern = pattern
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def handle_data(self, data: str) -> None:
        at = 0
        for found in self.pattern.finditer(data):
            self.parts += [
                escape(data[at : found.start()], quote=False),
                f"<mark>{escape(found[0], quote=False)}</mark>",
            ]
            at = found.end()
        self.parts.append(escape(data[at:], quote=False))


def marked(html: str, words: Sequence[str]) -> str:
    """`html` with every one of `words` in <mark>, whatever its case."""
    wanted = sorted({word for word in words if word.strip()}, key=len, reverse=True)[:MOST_MARKS]
    if not wanted:
        return html
    marker = _Marker(re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE))
    marker.feed(html)
    marker.close()
    return "".join(marker.parts)
