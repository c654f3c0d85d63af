"""The newest comments across a page: in order, of the sections that a reader's copy shows, as this viewer sees them."""

from typing import Any

import pytest
from tests.publications import ESSAY, Build, outline, say, words
from tests.service import OTHER, URL, Json, Moderator, Reader, Service, Visitor, outlined, refused, text_of

from postil.recent import MOST_RECENT


def recent(visitor: Visitor, **params: Any) -> Json:
    return visitor.get("/v1/page/recent", **{"url": URL, **params})


def texts(visitor: Visitor, **params: Any) -> list[str]:
    return [text_of(comment) for comment in recent(visitor, **params)["comments"]]


def test_the_newest_of_all_sections_come_first_each_with_its_section(service: Service, reader: Reader) -> None:
    posted = []
    for number in range(5):
        service.clock.now += 1
        posted.append(reader.post(f"{number}", index=number % 3))

    told = recent(reader)

    assert [comment["id"] for comment in told["comments"]] == [comment["id"] for comment in reversed(posted)]
    assert [comment["section"] for comment in told["comments"]] == [comment["section"] for comment in reversed(posted)]
    assert told["since"] == reader.page()["since"]
    assert "next" not in told


def test_a_reply_says_whom_it_answers_while_that_is_told(service: Service, reader: Reader, owner: Moderator) -> None:
    root = service.reader("Sam").post()
    service.clock.now += 1
    reply = reader.reply(root)
    assert [comment.get("to") for comment in recent(reader)["comments"]] == ["Sam", None]

    owner.hide(root)

    told = recent(reader)["comments"]
    assert [comment["id"] for comment in told] == [reply["id"], root["id"]]
    assert "to" not in told[0] and "author" not in told[1], "a tombstone has no author, here as anywhere"
    assert recent(owner)["comments"][0]["to"] == "Sam"


def test_older_ones_follow_without_gap_or_double_whatever_happens_meanwhile(
    service: Service, reader: Reader, owner: Moderator
) -> None:
    posted = []
    for number in range(10):
        service.clock.now += 1
        posted.append(reader.post(f"{number}", index=number % 3))
    first = recent(reader, limit=4)
    reader.post("Another, meanwhile.")
    owner.hide(posted[3])
    owner.hide(posted[6])  # the very one that the cursor names

    rest = recent(reader, limit=50, before=first["next"])

    assert [text_of(each) for each in first["comments"] + rest["comments"]] == [
        "9",
        "8",
        "7",
        "6",
        "5",
        "4",
        "2",
        "1",
        "0",
    ]
    assert "next" not in rest


def test_a_page_nobody_wrote_on_has_none(premoderated: Service) -> None:
    visitor = premoderated.visitor()
    assert recent(visitor) == {"since": visitor.page()["since"], "comments": []}

    premoderated.reader().post("It waits.")

    assert recent(visitor) == {"since": visitor.page()["since"], "comments": []}


def test_what_waits_or_is_hidden_is_for_staff_alone(premoderated: Service) -> None:
    reader, owner = premoderated.reader(), premoderated.moderator(owner=True)
    for text in ("It waits.", "It is public.", "It is hidden."):
        premoderated.clock.now += 1
        comment = reader.post(text)
        if text != "It waits.":
            owner.approve(comment)
    owner.hide(comment)

    assert texts(reader) == ["It is public."]
    assert texts(owner) == ["It is hidden.", "It is public.", "It waits."]
    assert texts(owner, limit=2, before=recent(owner, limit=1)["next"]) == ["It is public.", "It waits."]


def test_only_sections_that_a_copys_readers_see_are_told(service: Service) -> None:
    Build(service).publish()
    reader, owner = service.reader(), service.moderator(owner=True)
    variant = (*ESSAY, ("Only here", words("only in this copy")))
    say(reader, ESSAY, 1, "everybody's")
    service.clock.now += 1
    say(reader, variant, 3, "of the variant")

    assert texts(reader) == texts(reader, outline=outline(ESSAY)["hash"]) == ["everybody's"]
    assert texts(reader, outline=outline(variant)["hash"]) == ["of the variant", "everybody's"]
    assert texts(owner) == ["of the variant", "everybody's"]
    unknown = recent(reader, outline="0" * 32)
    assert (unknown["resync"], [text_of(each) for each in unknown["comments"]]) == (True, ["everybody's"])


def test_who_has_them_is_told_nothing_new(visitor: Visitor, reader: Reader) -> None:
    reader.post()
    params = {"url": URL, "outline": outlined(0)["outline"]["hash"]}
    first = visitor.ask("GET", "/v1/page/recent", params=params)
    again = {"If-None-Match": first.headers["etag"]}

    same = visitor.ask("GET", "/v1/page/recent", params=params, headers=again)
    assert (same.status_code, same.content) == (304, b"")
    assert visitor.ask("GET", "/v1/page/recent", params=params).content == first.content

    reader.post(index=2)
    assert visitor.ask("GET", "/v1/page/recent", params=params, headers=again).status_code == 200


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": MOST_RECENT + 1}, {"before": "x"}, {"before": "1.00000000000"}, {"url": "x"}]
)
def test_what_cannot_be_asked_is_refused(visitor: Visitor, params: dict[str, Json]) -> None:
    response = visitor.ask("GET", "/v1/page/recent", params={"url": URL, **params})

    assert response.status_code == 422
    assert response.json()["field"] == next(iter(params))


def test_of_another_site_nothing_is_told_to_its_neighbours_staff(service: Service, owner: Moderator) -> None:
    there = service.reader("Sam", OTHER)
    there.post("Over there.", url=f"{OTHER}/essay")

    assert texts(service.visitor(), url=f"{OTHER}/essay") == ["Over there."]
    with refused(401, "unauthorized"):
        recent(owner, url=f"{OTHER}/essay")
