"""The discussion as it is read without JavaScript."""

import re

import httpx2
from tests.publications import ESSAY, Build, say
from tests.service import URL, Reader, Service


def headings(service: Service) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", here(service))


def here(service: Service) -> str:
    return httpx2.get(f"{service.url}/here", params={"url": URL}, trust_env=False).text


def test_threads_stand_in_the_articles_order_and_earlier_ones_at_the_end(service: Service, reader: Reader) -> None:
    build = Build(service)
    build.publish()
    for index in (2, 0, 1):
        say(reader, ESSAY, index, f"About {ESSAY[index][0]}")
    assert headings(service) == ["Origins", "Method", "Results"]

    service.clock.now += 1
    build.publish((("Method and results", f"{ESSAY[1][1]} {ESSAY[2][1]}"),))

    first, second, last = headings(service)
    assert (first, last) == ("Method and results", "Origins")
    assert second in ("Method", "Results"), "merged, and labelled by what it was written under"
    assert here(service).count("no longer in the article") == 1


def test_what_a_visitors_copy_calls_a_section_is_not_told(service: Service, reader: Reader) -> None:
    say(reader, (("FORGED", ESSAY[0][1]),), 0, "A thought.")

    assert headings(service) == ["A part of the article"]
    assert "A thought." in here(service)
