"""Windows of a section: their order, their pages, and what they cost."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session
from tests.service import Json, Reader, Service, Visitor, cursors, outlined, refused, serving, text_of

from postil.glance import Glance, Question
from postil.ids import encode
from postil.postgresql import Looking

MANY = 10_000


def thread_of(reader: Reader) -> str:
    """Two threads, in the order their words say."""
    first = reader.post("one")
    one = reader.reply(first, "one-one")
    second = reader.post("two")
    reader.reply(first, "one-two")
    reader.reply(one, "one-one-one")
    reader.reply(second, "two-one")
    section: str = first["section"]
    return section


def test_a_thread_is_read_aloud_a_parent_before_its_replies(reader: Reader) -> None:
    section = thread_of(reader)

    assert reader.texts(section) == ["one", "one-one", "one-one-one", "one-two", "two", "two-one"]


def test_nested_comments_are_the_same_with_replies_inside(reader: Reader) -> None:
    section = thread_of(reader)

    def flat(comments: list[Json]) -> Iterator[Json]:
        for comment in comments:
            yield {key: value for key, value in comment.items() if key != "replies"}
            yield from flat(comment.get("replies", []))

    nested = reader.thread(section, nested=True)
    assert [text_of(comment) for comment in nested["comments"]] == ["one", "two"]
    assert list(flat(nested["comments"])) == reader.thread(section)["comments"]


def test_a_window_states_its_section_once_and_says_up_to_which_change_it_knows(reader: Reader) -> None:
    section = thread_of(reader)

    window = reader.thread(section)

    assert window["section"]["id"] == section
    assert window["section"]["comments"] == 6
    assert not any("section" in comment for comment in window["comments"])
    assert window["since"] == reader.page()["since"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("oldest", ["a", "a1", "a2", "b", "c"]),
        ("newest", ["c", "b", "a", "a1", "a2"]),
        ("supported", ["b", "c", "a", "a1", "a2"]),
    ],
)
def test_a_sort_orders_the_threads_and_replies_stay_oldest_first(
    service: Service, reader: Reader, sort: str, expected: list[str]
) -> None:
    a, b, c = (reader.post(text) for text in "abc")
    reader.reply(a, "a1")
    liked = reader.reply(a, "a2")
    readers = [service.reader(str(n)) for n in range(3)]
    for fan in readers:
        fan.support(liked)
    for fan in readers[:2]:
        fan.support(b)
    readers[0].support(c)

    assert [text_of(comment) for comment in reader.comments(a["section"], sort=sort)] == expected


@pytest.mark.parametrize("sort", ["oldest", "newest", "supported"])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_all_pages_together_hold_every_comment_once(reader: Reader, sort: str, limit: int) -> None:
    section = thread_of(reader)

    windows = list(reader.windows(section, sort=sort, limit=limit))

    assert all(1 <= len(window["comments"]) <= limit for window in windows), "the limit counts comments"
    texts = [text_of(comment) for window in windows for comment in window["comments"]]
    assert sorted(texts) == ["one", "one-one", "one-one-one", "one-two", "two", "two-one"]


def test_a_thread_that_is_cut_off_has_a_cursor_of_its_own(reader: Reader) -> None:
    root = reader.post("root")
    replies = [reader.reply(root, f"reply {n}") for n in range(25)]
    reader.post("next")

    window = reader.thread(root["section"])
    assert [text_of(comment) for comment in window["comments"]][-2:] == ["reply 19", "next"]
    assert "next" not in window
    assert set(window["more"]) == {root["id"]}

    rest = reader.thread(root["section"], cursor=window["more"][root["id"]])
    assert [comment["id"] for comment in rest["comments"]] == [reply["id"] for reply in replies[20:]]
    assert cursors(rest) == []


def test_a_cursor_goes_on_after_a_comment_that_has_gone(reader: Reader, moderator: Json) -> None:
    roots = [reader.post(str(n)) for n in range(4)]
    window = reader.thread(roots[0]["section"], limit=2)

    moderator.hide(roots[1])

    rest = reader.thread(roots[0]["section"], limit=2, cursor=window["next"])
    assert [text_of(comment) for comment in rest["comments"]] == ["2", "3"]


def test_a_cursor_that_is_none_of_ours_is_refused(reader: Reader) -> None:
    section = reader.post()["section"]

    for cursor in ("x", "oldest.1.0.x", "replies.x", "newest.-1.0.-----------", "supported.1.1e9.-----------"):
        with refused(422, "invalid") as refusal:
            reader.thread(section, cursor=cursor)
        assert refusal.problem["field"] == "cursor"


# Most supported (tests/laws/test_frozen_order.py has the law)


def test_most_supported_does_not_repeat_a_thread_whose_first_comment_was_purged(
    service: Service, reader: Reader, owner: Json
) -> None:
    roots = [reader.post(str(n)) for n in range(3)]
    reader.support(roots[2])
    reader.reply(roots[2])
    window = reader.thread(roots[0]["section"], sort="supported", limit=2)
    assert window["comments"][0]["id"] == roots[2]["id"]

    owner.purge(roots[2])

    rest = reader.thread(roots[0]["section"], limit=100, cursor=window["next"])
    assert [comment["id"] for comment in rest["comments"]] == [roots[0]["id"], roots[1]["id"]]


def test_a_list_that_moved_on_too_far_is_to_be_loaded_again(service: Service, reader: Reader) -> None:
    roots = [reader.post(str(n)) for n in range(2)]
    window = reader.thread(roots[0]["section"], sort="supported", limit=1)
    service.write("UPDATE page SET public_revision = public_revision + 501")

    with refused(422, "invalid") as refusal:
        reader.thread(roots[0]["section"], cursor=window["next"])
    assert refusal.problem["field"] == "cursor"


# Ten thousand comments


@pytest.fixture(scope="module")
def crowded() -> Iterator[tuple[Service, str]]:
    """A section of 10,000 comments: half of them under the first one, which the service itself wrote."""
    with serving() as service:
        first = service.reader().post("the first")
        _multiply(service, first["id"])
        yield service, first["section"]


def _multiply(service: Service, first: str) -> None:
    names = service.columns("comment")
    row = dict(zip(names, service.rows("SELECT * FROM comment WHERE id = ?", first)[0], strict=True))
    millis, rows = int(time.time() * 1000), []
    for n in range(1, MANY):
        id = encode((millis + n) << 24)
        under = {"parent_id": first, "root_id": first, "path": first + id, "depth": 1}
        alone = {"parent_id": None, "root_id": id, "path": id, "depth": 0}
        rows.append(row | {"id": id, "support": n % 7} | (under if n % 2 else alone))
    marks = ", ".join("?" * len(names))
    service.write(f"INSERT INTO comment VALUES ({marks})", [[each[name] for name in names] for each in rows])
    service.write("UPDATE comment SET thread_size = ?, thread_shown = ? WHERE id = ?", [[MANY // 2, MANY // 2, first]])
    service.write("UPDATE section SET comments = ?, shown = ?", [[MANY, MANY]])


@contextmanager
def fetched() -> Iterator[list[int]]:
    """How many rows each SELECT of the server hands over while the block runs, in a session or at a glance."""
    rows: list[int] = []
    ask_on, ask = Glance.ask_on, Looking._ask

    def one_by_one(glance: Glance, question: Question, **given: Any) -> Iterator[Any]:
        for row in ask_on(glance, question, **given):
            rows.append(1)
            yield row

    async def all_at_once(looking: Looking, statement: str, given: dict[str, Any]) -> list[Any]:
        found = await ask(looking, statement, given)
        rows.append(len(found))
        return found

    def count(state: ORMExecuteState) -> Json:
        result = state.invoke_statement().freeze()
        rows.append(len(result.data))
        return result()

    event.listen(Session, "do_orm_execute", count)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Glance, "ask_on", one_by_one)
            patch.setattr(Looking, "_ask", all_at_once)
            yield rows
    finally:
        event.remove(Session, "do_orm_execute", count)


@pytest.mark.parametrize("sort", ["oldest", "newest", "supported"])
def test_a_page_of_ten_thousand_comments_loads_what_it_shows(crowded: tuple[Service, str], sort: str) -> None:
    service, section = crowded
    visitor = service.visitor()

    with fetched() as rows:
        window = visitor.thread(section, sort=sort, limit=50)
        again = visitor.thread(section, limit=50, cursor=window["next"])

    assert len(window["comments"]) == len(again["comments"]) == 50
    assert window["section"]["comments"] == MANY
    assert 100 <= sum(rows) <= 300, "two pages of 50 cost about a hundred rows, and the count sees them"


def test_no_answer_about_ten_thousand_comments_is_large(crowded: tuple[Service, str]) -> None:
    service, section = crowded
    visitor = service.visitor()
    deep = visitor.thread(section, limit=100)["comments"][15]["id"]

    with fetched() as rows:
        answers = [visitor.ask("GET", "/v1/page", params={"url": "https://blog.example/essay"})]
        answers += [visitor.ask("GET", f"/v1/comments/{deep}/around", params={"limit": 100})]
        answers += [visitor.ask("GET", f"/v1/sections/{section}/comments", params={"limit": 100})]

    assert all(len(answer.content) < 100_000 for answer in answers)
    assert sum(rows) <= 500


def test_a_page_of_a_hundred_is_the_largest(crowded: tuple[Service, str]) -> None:
    service, section = crowded

    for limit in ("0", "101", "-1", "many"):
        with refused(422, "invalid") as refusal:
            service.visitor().thread(section, limit=limit)
        assert refusal.problem["field"] == "limit"


# Around one comment


def test_a_permalink_shows_the_comment_its_ancestors_and_its_neighbours(reader: Reader) -> None:
    section = thread_of(reader)
    wanted = next(comment for comment in reader.comments(section) if text_of(comment) == "one-one-one")

    window = reader.around(wanted["id"])

    assert window["focus"] == wanted["id"]
    assert window["section"]["id"] == section
    assert [text_of(comment) for comment in window["comments"]] == ["one", "one-one", "one-one-one", "one-two"]


def test_a_permalink_far_down_leaves_the_rest_to_a_cursor(reader: Reader) -> None:
    root = reader.post("root")
    replies = [reader.reply(root, str(n)) for n in range(30)]

    window = reader.around(replies[20]["id"], limit=5)

    assert [text_of(comment) for comment in window["comments"]] == ["root", "20", "21", "22", "23", "24", "25"]
    all_of_it = {comment["id"] for comment in window["comments"]}
    waiting = cursors(window)
    while waiting:
        rest = reader.thread(root["section"], limit=5, cursor=waiting.pop())
        all_of_it |= {comment["id"] for comment in rest["comments"]}
        waiting += cursors(rest)
    assert all_of_it == {root["id"], *(reply["id"] for reply in replies)}


def test_one_comment_is_told_with_its_section_and_its_page(visitor: Visitor, reader: Reader) -> None:
    posted = reader.post("Here.", page={"title": "An essay"})

    told = visitor.comment(posted["id"])

    assert told["comment"]["html"] == "<p>Here.</p>\n"
    assert told["section"]["id"] == posted["section"]
    assert "heading" not in told["section"], "what a visitor's copy calls a section is not told to others"
    assert told["page"] == {"url": "https://blog.example/essay", "title": "An essay"}


def test_two_first_comments_at_once_make_one_section(service: Service) -> None:
    readers = [service.reader(f"Reader {n}") for n in range(6)]
    with ThreadPoolExecutor(len(readers)) as at_once:
        posted = list(at_once.map(lambda reader: reader.post(index=1), readers))

    assert len({comment["section"] for comment in posted}) == 1
    assert service.rows("SELECT count(*) FROM section") == service.rows("SELECT count(*) FROM page") == [(1,)]


def test_equal_headings_are_told_apart_by_their_place(reader: Reader) -> None:
    headings = ("Notes", "Notes")
    hash = outlined(0, headings)["outline"]["hash"]
    for index in (0, 1):
        place = outlined(index, headings)
        reader.send("POST", "/v1/comments", {**reader.draft(f"under {index}"), **place})

    first, second = reader.page(outline=hash)["outline"]
    assert first != second
    assert reader.texts(second) == ["under 1"]
