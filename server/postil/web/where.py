"""Where on the queue's screen one is: which list, how far down it, at which item. It is all in the address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from postil.ids import looks_like_id
from postil.reviewing import MOST_TEXT, REVIEW, VIEWS, Filter
from postil.rules import Kind

PATH = "/moderate"
MOST_QUERY = 2_000
_IDS = ("page", "section", "author")


@dataclass(frozen=True, slots=True)
class Where:
    """`after`: the entry that the list goes on after; `item`: what is looked at; `more`: how far into a flood."""

    wanted: Filter = field(default_factory=Filter)
    after: str = ""
    item: str = ""
    more: str = ""

    @property
    def query(self) -> dict[str, str]:
        """As it stands in an address; defaults are left out."""
        wanted = self.wanted
        said = {
            "view": wanted.view if wanted.view != REVIEW else "",
            **{name: getattr(wanted, name) for name in (*_IDS, "reason", "text")},
            "order": "oldest" if wanted.oldest else "",
            **{name: getattr(self, name) for name in ("after", "item", "more")},
        }
        return {name: value for name, value in said.items() if value}

    @property
    def text(self) -> str:
        return urlencode(self.query)

    @property
    def link(self) -> str:
        return f"{PATH}?{self.text}" if self.query else PATH

    def at(self, item: str, more: str = "") -> "Where":
        """The same list, at another item."""
        return replace(self, item=item, more=more)

    def on(self, after: str) -> "Where":
        """The same list from there on."""
        return replace(self, after=after, item="", more="")

    def narrowed(self, **wanted: Any) -> "Where":
        """Another list: the filter with something else in it, from its top."""
        return Where(replace(self.wanted, **wanted))

    def said(self, **more: str) -> str:
        """The address with something to say: a decision that was just taken."""
        return f"{PATH}?{urlencode(self.query | more)}"


def where(sent: Mapping[str, str]) -> Where:
    """What an address asks for; what makes no sense in it is passed over, so that an old bookmark still opens."""
    ids = {name: sent[name] for name in (*_IDS, "after", "item", "more") if looks_like_id(sent.get(name, ""))}
    wanted = Filter(
        view=sent["view"] if sent.get("view") in VIEWS else REVIEW,
        **{name: ids.get(name, "") for name in _IDS},
        reason=sent["reason"] if sent.get("reason") in set(Kind) else "",
        text=" ".join(sent.get("text", "").replace("\0", "").split())[:MOST_TEXT],
        oldest=sent.get("order") == "oldest",
    )
    return Where(wanted, ids.get("after", ""), ids.get("item", ""), ids.get("more", ""))


def back_to(query: str) -> Where:
    """The same, from the text that a form brings back."""
    try:
        return where(dict(parse_qsl(query[:MOST_QUERY], max_num_fields=30)))
    except ValueError:
        return Where()
