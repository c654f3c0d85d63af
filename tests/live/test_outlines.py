"""What a socket tells depends on the outline that its reader was shown: one that is not known is asked for."""

from collections.abc import Iterator

import pytest
from tests.publications import ESSAY, Build, outline, say, words
from tests.service import URL, Reader, Service, serving

OTHER = (*ESSAY[:2], ("A coda", words("a coda")))
HASH = outline(OTHER)["hash"]


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def reader(service: Service) -> Reader:
    return service.reader()


def send_outline(reader: Reader) -> None:
    reader.send("POST", "/v1/outline", {"page": {"url": URL}, "outline": outline(OTHER)})


def test_an_outline_that_nobody_sent_is_asked_for_by_a_resync(service: Service, reader: Reader) -> None:
    Build(service).publish()
    say(reader, ESSAY, 0)

    with reader.watching("*", outline=HASH) as watching:
        assert '"resync"' in watching.heard[0]
    send_outline(reader)
    with reader.watching("*", outline=HASH) as watching:
        assert "resync" not in "".join(watching.heard), "a control: now it is known"


def test_who_watches_an_empty_page_with_another_copy_is_asked_when_somebody_writes_first(
    service: Service, reader: Reader
) -> None:
    with service.reader("Ben").watching("*", outline=HASH) as watching:
        assert "resync" not in "".join(watching.heard), "there is nothing yet that his copy could show or not"
        first = say(reader, ESSAY, 1)
        watching.until("resync")
        send_outline(reader)
        second = say(reader, ESSAY, 1)
        counts = watching.until("counts")
        while second["id"] not in "".join(watching.heard):
            counts = watching.until("counts")
        assert counts["sections"][0]["id"] == first["section"]


def test_an_answer_that_is_kept_does_not_hide_that_the_outline_is_forgotten(service: Service, reader: Reader) -> None:
    Build(service).publish()
    say(reader, ESSAY, 0)
    send_outline(reader)
    assert "outline" in reader.page(outline=HASH)

    service.resources.outlines.__init__()  # type: ignore[misc]  # as when others have used up the room

    assert "outline" not in reader.page(outline=HASH)
