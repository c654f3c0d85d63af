"""What readers do: post, retry, edit, remove, react, flag; and the names they may have."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.databases import ON_POSTGRESQL
from tests.service import ORIGIN, Json, Moderator, Reader, Service, Visitor, refused

from postil.names import skeleton

LOOK_ALIKES = [
    "Ada Moderates",
    "ada moderates",
    "ADA  MODERATES",
    " Ada Moderates ",
    "Аda Moderates",  # Cyrillic A
    "Ada Mοderates",  # Greek omicron
    "Ada M\u200boderates",
    "Ada\u202e Moderates",
    "Ａｄａ Ｍｏｄｅｒａｔｅｓ",
    "Adá Moderates",
    "A.d.a Moderates",
    "AdaModerates",
    "Ada M0derates",
    "𝐀𝐝𝐚 𝐌𝐨𝐝𝐞𝐫𝐚𝐭𝐞𝐬",
    "Ada Moderate\u0455",  # Cyrillic dze
    "Ada\u00a0Moderates",
]


def test_a_comment_appears_to_everybody_in_the_form_its_author_was_told(visitor: Visitor, reader: Reader) -> None:
    posted = reader.post("Notes in the *margin*.")

    public = visitor.comments(posted["section"])[0]

    assert public["html"] == posted["html"] == "<p>Notes in the <em>margin</em>.</p>\n"
    assert (public["id"], public["author"]) == (posted["id"], "Rosa")
    assert visitor.comment(posted["id"])["comment"] == {**public, "revision": posted["revision"]}
    assert "source" not in public
    assert posted["source"] == "Notes in the *margin*."


def test_a_post_is_answered_with_its_section_and_the_cursor_that_ends_with_it(reader: Reader) -> None:
    answer = reader.ask("POST", "/v1/comments", json=reader.draft())

    assert answer.status_code == 201
    told = answer.json()
    assert told["section"]["comments"] == 1
    assert reader.changes(told["since"])["comments"] == []


def test_a_repeated_nonce_is_answered_with_the_first_comment(service: Service, reader: Reader) -> None:
    draft = reader.draft("Once.")
    first = reader.ask("POST", "/v1/comments", json=draft)
    again = reader.ask("POST", "/v1/comments", json=draft)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert service.rows("SELECT count(*) FROM comment") == [(1,)]


def test_a_retry_may_name_by_id_the_section_that_the_first_try_made(reader: Reader) -> None:
    first = reader.post("Once.", nonce="the-same-nonce")

    again = reader.post("Once.", nonce="the-same-nonce", section=first["section"])

    assert again["id"] == first["id"]


@pytest.mark.parametrize("other", [{"source": "Another."}, {"name": "Sam"}, {"page": {"url": f"{ORIGIN}/two"}}])
def test_a_nonce_with_another_body_is_a_conflict(reader: Reader, other: Json) -> None:
    draft = reader.draft("Once.")
    first = reader.send("POST", "/v1/comments", draft)

    with refused(409, "nonce_reused"):
        reader.send("POST", "/v1/comments", {**draft, **other})
    assert reader.texts(first["comment"]["section"]) == ["Once."]


def test_a_nonce_is_its_authors_own(service: Service, reader: Reader) -> None:
    first = reader.post("Mine.", nonce="the-same-nonce")
    other = service.reader("Sam").post("Mine too.", nonce="the-same-nonce")

    assert reader.texts(first["section"]) == ["Mine.", "Mine too."]
    assert first["id"] != other["id"]


def test_a_post_retried_from_many_tabs_at_once_is_posted_once(service: Service, reader: Reader) -> None:
    drafts = [reader.draft(f"Number {n}.") for n in range(5)]

    def attempt(draft: Json) -> tuple[int, str]:
        answer = reader.ask("POST", "/v1/comments", json=draft)
        return answer.status_code, answer.json()["comment"]["id"]

    with ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(attempt, drafts * 8))

    assert service.rows("SELECT count(*) FROM comment") == [(5,)]
    for number in range(5):
        told = answers[number::5]
        assert sorted(status for status, _ in told) == [200] * 7 + [201]
        assert len({id for _, id in told}) == 1


def test_a_retry_after_a_purge_posts_nothing_and_tells_nothing(owner: Moderator, reader: Reader) -> None:
    draft = reader.draft("To be forgotten.")
    first = reader.send("POST", "/v1/comments", draft)["comment"]
    owner.purge(first)

    again = reader.ask("POST", "/v1/comments", json=draft)

    assert again.status_code == 200
    assert again.json()["comment"]["state"] == "purged"
    assert "forgotten" not in again.text


# Editing and removing


def test_an_author_edits_his_comment_and_everybody_sees_when(service: Service, reader: Reader) -> None:
    posted = reader.post("Teh margin.")
    service.clock.now += 60

    edited = reader.edit(posted, "The margin.")

    public = service.visitor().comment(posted["id"])["comment"]
    assert (public["html"], public["edited"]) == ("<p>The margin.</p>\n", int(service.clock.now))
    assert public["revision"] > posted["revision"]
    assert edited["source"] == "The margin."


def test_an_author_removes_his_comment_and_its_words_are_gone(service: Service, reader: Reader) -> None:
    posted = reader.post("Regretted.")

    reader.remove(posted)

    assert reader.comments(posted["section"]) == []
    assert service.rows("SELECT source, html FROM comment") == [("", "")]
    with refused(404, "not_found"):
        reader.comment(posted["id"])


def test_a_removed_comment_with_replies_leaves_a_tombstone(reader: Reader) -> None:
    posted = reader.post("Regretted.")
    reader.reply(posted, "Stays.")

    reader.remove(posted)

    tombstone, reply = reader.comments(posted["section"])
    assert set(tombstone) == {"id", "at", "state"}
    assert tombstone["state"] == "removed"
    assert reply["parent"] == posted["id"]
    assert reader.page()["comments"] == 1


def test_a_tombstone_goes_with_its_last_reply(service: Service, reader: Reader) -> None:
    posted = reader.post("Regretted.")
    reply = reader.reply(posted, "Stays a while.")
    reader.remove(posted)
    since = reader.page()["since"]

    reader.remove(reply)

    assert reader.changes(since)["gone"] == {posted["id"]: posted["section"], reply["id"]: posted["section"]}
    assert reader.page()["sections"] == []


def test_nobody_else_may_edit_or_remove_a_comment(service: Service, reader: Reader) -> None:
    posted = reader.post("Mine.")
    stranger = service.reader("Sam")

    with refused(403, "forbidden"):
        stranger.edit(posted, "Ours.")
    with refused(403, "forbidden"):
        stranger.remove(posted)
    assert reader.texts(posted["section"]) == ["Mine."]


def test_without_a_token_nothing_can_be_written(visitor: Visitor, reader: Reader) -> None:
    posted = reader.post()

    with refused(401, "unauthorized"):
        visitor.send("POST", "/v1/comments", reader.draft())
    with refused(401, "unauthorized"):
        visitor.send("PUT", f"/v1/comments/{posted['id']}/reaction")
    with refused(401, "unauthorized"):
        visitor.send("POST", f"/v1/comments/{posted['id']}/flag", {"reason": "spam"})
    with refused(403, "forbidden"):
        visitor.send("DELETE", f"/v1/comments/{posted['id']}")


# Reacting and flagging


def test_support_is_given_once_by_each_reader_and_can_be_taken_back(service: Service, reader: Reader) -> None:
    posted = reader.post()
    fan = service.reader("Sam")

    assert [fan.support(posted), fan.support(posted), reader.support(posted)] == [1, 1, 2]
    assert reader.comment(posted["id"])["comment"]["support"] == 2
    assert fan.own()["reacted"] == [posted["id"]]

    assert [fan.unsupport(posted), fan.unsupport(posted)] == [1, 1]
    assert fan.own()["reacted"] == []


def test_a_flag_is_seen_by_staff_alone(reader: Reader, moderator: Moderator) -> None:
    posted = reader.post()
    before = reader.page()["since"]

    reader.flag(posted, "abuse", "look")
    reader.flag(posted, "abuse", "look again")

    assert moderator.comment(posted["id"])["comment"]["flags"] == 1
    assert "flags" not in reader.comment(posted["id"])["comment"]
    assert reader.page()["since"] == before
    assert reader.own()["flagged"] == [posted["id"]]


def test_a_tombstone_takes_no_support_and_no_flag(reader: Reader) -> None:
    posted = reader.post()
    reader.reply(posted)
    reader.remove(posted)

    with refused(409, "state_conflict"):
        reader.support(posted)
    with refused(409, "state_conflict"):
        reader.flag(posted)


# The private overlay


def test_an_author_is_told_what_is_his_and_nobody_else_is(service: Service, reader: Reader) -> None:
    posted = reader.post("Mine.")
    stranger = service.reader("Sam")

    own = reader.ask("GET", "/v1/page/own", params={"url": f"{ORIGIN}/essay"})

    assert own.headers["cache-control"] == "no-store"
    assert own.json()["name"] == "Rosa"
    assert [comment["source"] for comment in own.json()["comments"]] == ["Mine."]
    assert own.json()["comments"][0]["editable_until"] == posted["at"] + 900
    assert stranger.own() == {"comments": [], "reacted": [], "flagged": []}


# Names


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_moderators_name_and_its_look_alikes_are_refused(service: Service, name: str) -> None:
    assert skeleton(name) == skeleton("Ada Moderates")
    service.moderator("Ada Moderates")

    with refused(422, "name_refused") as refusal:
        service.reader(name).post()
    assert refusal.problem["field"] == "name"
    assert service.rows("SELECT count(*) FROM comment") == [(0,)]


def test_a_name_that_is_nobodys_is_kept_as_it_is_shown(service: Service) -> None:
    service.moderator("Ada Moderates")

    assert service.reader("  Ada\u200b  Lovelace\u202e ").post()["author"] == "Ada Lovelace"
    assert service.reader("Zoe" + "\u0301" * 30).post()["author"] == "Zo\u00e9" + "\u0301" * 4


def test_a_guest_may_change_his_name_and_what_he_wrote_keeps_its_own(reader: Reader) -> None:
    first = reader.post()
    reader.post(name="Rosa L.")

    assert [comment["author"] for comment in reader.comments(first["section"])] == ["Rosa", "Rosa L."]
    assert reader.own()["name"] == "Rosa L."


def test_an_authors_token_is_stored_as_its_hash_alone(service: Service, reader: Reader) -> None:
    reader.post()

    assert reader.token not in "\n".join(service.dump())
    files = list(service.folder.glob("postil.db*"))
    assert files or ON_POSTGRESQL
    assert all(reader.token.encode() not in file.read_bytes() for file in files)


def test_a_token_that_no_browser_made_is_refused(service: Service) -> None:
    for token in ("short", secrets.token_urlsafe(33), "=" * 43):
        reader = service.reader()
        reader.token = token
        with refused(422, "invalid") as refusal:
            reader.send("POST", "/v1/comments", reader.draft())
        assert refusal.problem["field"] == "Postil-Author"
