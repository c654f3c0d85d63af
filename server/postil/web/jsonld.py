"""What search engines are told of a discussion: the article, and the comments on it, as schema.org names them.

The article is the owner's and stands at his address; the page that carries this is where it is discussed. So it is an
Article with comments, and no posting of ours: a posting would need an author and a text that nobody wrote here.
"""

import json
from collections.abc import Sequence
from typing import Any

from postil.answers import NestedComment
from postil.shown import shown_in
from postil.states import State
from postil.web.discussions import Discussion, Thread
from postil.web.times import iso

# What could end the element, begin another, or be taken for a line's end by an older parser of scripts.
_SAFE = {ord(each): f"\\u{ord(each):04x}" for each in "<>&'\u2028\u2029"}


def block(told: Discussion, threads: Sequence[Thread], service: str) -> str:
    """The JSON to stand in a script element of type application/ld+json; no text in it can leave that element."""
    comments = [each for thread in threads if thread.part.public for each in _comments(thread.comments, service)]
    said = {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": told.page.url,
        "url": told.page.url,
        "headline": told.title,
        "discussionUrl": f"{service}{told.path}",
        "commentCount": told.comments,
        "comment": comments,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).translate(_SAFE)


def _comments(comments: Sequence[NestedComment], service: str) -> list[dict[str, Any]]:
    """Each with its replies; where one is gone, they stand in its place."""
    found: list[dict[str, Any]] = []
    for each in comments:
        replies = _comments(each.replies, service)
        if each.html is None or each.state is not State.PUBLISHED:
            found += replies
            continue
        said: dict[str, Any] = {
            "@type": "Comment",
            "@id": f"{service}/t/c/{each.id}",
            "url": f"{service}/t/c/{each.id}",
            "author": {"@type": "Person", "name": each.author or ""},
            "datePublished": iso(each.at),
            "text": shown_in(each.html).text,
        }
        if each.edited:
            said["dateModified"] = iso(each.edited)
        if each.support:
            said["upvoteCount"] = each.support
        found.append(said | ({"comment": replies} if replies else {}))
    return found
