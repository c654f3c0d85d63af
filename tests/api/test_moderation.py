"""What moderators do, and what a site that premoderates keeps to itself until they have."""

import pytest
from tests.databases import REFUSED
from tests.service import Moderator, Reader, Service, refused, text_of


def test_a_hidden_comment_leaves_every_reader_and_restore_brings_it_back(reader: Reader, moderator: Moderator) -> None:
    posted = reader.post("Noise.")
    since = reader.page()["since"]

    decided = moderator.hide(posted, reason="noise")

    assert reader.changes(since)["gone"] == {posted["id"]: posted["section"]}
    assert reader.comments(posted["section"]) == []
    assert reader.page()["comments"] == 0
    assert decided["decision"]["from_state"] == "published"
    assert moderator.comments(posted["section"])[0]["html"] == "<p>Noise.</p>\n"

    moderator.restore(posted)
    assert reader.texts(posted["section"]) == ["Noise."]


def test_a_hidden_comment_with_replies_leaves_a_tombstone_that_says_why(reader: Reader, moderator: Moderator) -> None:
    posted = reader.post("Noise.")
    reader.reply(posted, "An answer.")

    moderator.hide(posted, reason="off topic", note="the third time")

    tombstone = reader.comments(posted["section"])[0]
    assert {key: tombstone[key] for key in ("state", "reason")} == {"state": "hidden", "reason": "off topic"}
    assert "author" not in tombstone and "html" not in tombstone
    assert "the third time" not in reader.ask("GET", f"/v1/comments/{posted['id']}").text


def test_every_decision_is_a_row_that_stays(service: Service, reader: Reader, owner: Moderator) -> None:
    posted = reader.post()

    owner.hide(posted, reason="noise", note="for us")
    owner.restore(posted)
    owner.purge(posted)

    columns = "move, from_state, to_state, reason, note"
    log = service.rows(f"SELECT {columns} FROM decision WHERE comment_id IS NOT NULL ORDER BY id")
    assert log == [
        ("hide", "published", "hidden", "noise", "for us"),
        ("restore", "hidden", "published", None, None),
        ("purge", "published", "purged", None, None),
    ]
    with pytest.raises(REFUSED):
        service.write("DELETE FROM decision")


def test_a_purge_leaves_nothing_but_the_place(service: Service, reader: Reader, owner: Moderator) -> None:
    posted = reader.post("Unlawful.")
    reader.support(posted)
    reader.flag(posted, note="unlawful")

    owner.purge(posted)

    row = "SELECT source, html, author_name, author_id, support, flags, reason FROM comment"
    assert service.rows(row) == [("", "", "", None, 0, 0, None)]
    assert service.rows("SELECT count(*) FROM flag") == service.rows("SELECT count(*) FROM reaction") == [(0,)]
    with refused(409, "state_conflict"):
        owner.restore(posted)


def test_a_move_that_the_state_does_not_allow_is_a_conflict(reader: Reader, moderator: Moderator) -> None:
    posted = reader.post()

    for move in ("approve", "restore"):
        with refused(409, "state_conflict"):
            moderator.decide(move, posted)
    moderator.hide(posted)
    with refused(409, "state_conflict"):
        moderator.hide(posted)
    with refused(409, "state_conflict"):
        reader.edit(posted, "Now better.")


# Premoderation


def test_a_pending_comment_is_its_authors_and_the_moderators_alone(premoderated: Service) -> None:
    author, other = premoderated.reader(), premoderated.reader("Sam")
    moderator = premoderated.moderator().granted()
    before = other.page()

    posted = author.post("Please.")

    assert posted["state"] == "pending"
    assert author.own()["comments"][0]["source"] == "Please."
    assert [comment["state"] for comment in moderator.comments(posted["section"])] == ["pending"]
    assert moderator.page()["pending"] == 1
    assert other.page() == before
    assert other.comments(posted["section"]) == []
    with refused(404, "not_found"):
        other.comment(posted["id"])


def test_an_approved_comment_appears_to_everybody(premoderated: Service) -> None:
    author, moderator = premoderated.reader(), premoderated.moderator().granted()
    since = author.page()["since"]
    posted = author.post("Please.")

    moderator.approve(posted)

    assert [comment["id"] for comment in author.changes(since)["comments"]] == [posted["id"]]
    assert author.page()["comments"] == 1
    assert "pending" not in author.page()


def test_an_edit_that_is_held_leaves_the_approved_text_public(premoderated: Service) -> None:
    author, moderator = premoderated.reader(), premoderated.moderator().granted()
    posted = author.post("Harmless.")
    moderator.approve(posted)
    before = premoderated.reader("Sam").thread(posted["section"])

    author.edit(posted, "Not so harmless.")

    assert premoderated.reader("Sam").thread(posted["section"]) == before
    mine = author.mine(posted)
    assert (mine["source"], text_of(mine), mine["held"]["edition"]) == ("Not so harmless.", "Harmless.", 1)
    moderator.approve(posted, edition=1)
    assert author.texts(posted["section"]) == ["Not so harmless."]
    assert "held" not in author.mine(posted)


def test_an_approval_names_the_edit_it_saw(premoderated: Service) -> None:
    author, moderator = premoderated.reader(), premoderated.moderator().granted()
    posted = author.post("One.")
    author.edit(posted, "Two.")

    with refused(409, "state_conflict"):
        moderator.approve(posted)
    with refused(409, "state_conflict"):
        moderator.approve(posted, edition=2)
    assert author.comments(posted["section"]) == []

    moderator.approve(posted, edition=1)
    author.edit(posted, "Three.")
    author.edit(posted, "Four.")
    with refused(409, "state_conflict"):
        moderator.approve(posted, edition=2)

    moderator.approve(posted, edition=3)
    assert author.texts(posted["section"]) == ["Four."]


def test_a_refused_edit_leaves_the_text_and_an_undo_asks_again(premoderated: Service) -> None:
    author, moderator = premoderated.reader(), premoderated.moderator().granted()
    posted = author.post("One.")
    moderator.approve(posted)
    author.edit(posted, "Two.")

    refusal = moderator.refuse(posted, edition=1)

    assert author.texts(posted["section"]) == ["One."]
    assert author.mine(posted)["source"] == "One."
    moderator.undo(refusal)
    assert author.mine(posted)["source"] == "Two."
    approved = moderator.approve(posted, edition=1)
    assert author.texts(posted["section"]) == ["Two."]
    moderator.undo(approved)
    assert author.texts(posted["section"]) == ["One."]
    assert author.mine(posted)["source"] == "Two."


def test_a_pending_comment_cannot_be_answered_by_who_cannot_see_it(premoderated: Service) -> None:
    author, moderator = premoderated.reader(), premoderated.moderator().granted()
    seen = author.post("Seen.")
    moderator.approve(seen)
    waiting = author.reply(seen, "Waiting.")

    with refused(404, "not_found"):
        premoderated.reader("Sam").reply(waiting)
    with refused(409, "parent_gone"):
        author.reply(waiting)


def test_an_author_may_take_back_what_waits(premoderated: Service) -> None:
    author = premoderated.reader()
    posted = author.post("Never mind.")

    author.remove(posted)

    assert author.own()["comments"][0]["state"] == "removed"
    assert premoderated.moderator().page().get("pending", 0) == 0
