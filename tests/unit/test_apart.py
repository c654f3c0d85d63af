"""A page that would end the process that reads it ends only that."""

import pytest

from postil import apart
from postil.apart import read_apart
from postil.document import UnreadableDocument, read_document

URL = "https://blog.example/essay"
PAGE = (
    "<title>Größe</title><main><p>Start.</p><h2 id=one>One 🚀</h2><p>one</p><h2 data-postil-section=k>Two</h2></main>"
)

# A hundred kilobytes of this are five million elements; five megabytes would be more than any machine holds.
BOMB = "<div>" + "".join(f"<font a={n}>" for n in range(500)) + "</div>" + "<p>x</p>" * 500_000


async def test_a_page_is_read_apart_as_it_is_read_here() -> None:
    assert await read_apart(PAGE.encode(), URL) == read_document(PAGE.encode(), URL)
    for charset in ("latin1", "no-such-charset"):
        assert await read_apart(PAGE.encode(), URL, charset) == read_document(PAGE.encode(), URL, charset)
    assert (await read_apart(b"", URL)).sections == read_document(b"", URL).sections


async def test_an_error_is_the_same_apart() -> None:
    with pytest.raises(UnreadableDocument, match="is not a selector"):
        await read_apart(b"<script src=postil.js data-root='['></script>", URL)


async def test_a_page_that_swells_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="more memory or time"):
        await read_apart(BOMB.encode(), URL)
    assert (await read_apart(PAGE.encode(), URL)).title == "Größe"


async def test_a_page_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PATIENCE", 0.001)
    with pytest.raises(UnreadableDocument, match="more memory or time"):
        await read_apart(PAGE.encode(), URL)
