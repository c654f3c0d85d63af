"""Decisions: each is a row, each but a purge can be taken back exactly, and what it answers is answered."""

import pytest
from tests.service import Json, Moderator, Reader, Service, refused, text_of


@pytest.fixture
def moderator(service: Service) -> Moderator:
    return service.moderator().granted()


COLUMNS = "state, reason, flags, appealed, waits, item_id, held, edition, html, shown, support"


def as_written(service: Service, comment: Json) -> list[tuple[Json, ...]]:
    """Everything about a comment that a decision may touch, its place in the queue and its flaggers' record."""
    id = comment["id"]
    return [
        *service.rows(f"SELECT {COLUMNS} FROM comment WHERE id = ?", id),
        *service.rows("SELECT q.* FROM (SELECT id, size, is_open, kinds FROM queueitem WHERE comment_id = ?) q", id),
        *service.rows("SELECT answered_by FROM flag WHERE comment_id = ? ORDER BY author_id", id),
        *service.rows("SELECT answered_by FROM appeal WHERE comment_id = ?", id),
        *service.rows("SELECT name, flags_right, flags_wrong FROM author ORDER BY id"),
    ]


def test_hiding_a_flagged_comment_is_undone_exactly(service: Service, moderator: Moderator) -> None:
    posted = service.reader().post("Cheap pills.")
    for name in ("Sam", "Tess"):
        service.reader(name).flag(posted)
    before = as_written(service, posted)

    hidden = moderator.hide(posted, reason="spam")

    assert as_written(service, posted) != before
    assert service.rows("SELECT flags_right, flags_wrong FROM author WHERE id IN (SELECT author_id FROM flag)") == [
        (1, 0),
        (1, 0),
    ]
    undone = moderator.undo(hidden)
    assert undone["decision"]["undoes"] == hidden["decision"]["id"]
    assert undone["comment"]["state" if "state" in undone["comment"] else "id"] in ("published", posted["id"])
    assert as_written(service, posted) == before


def test_keeping_a_flagged_comment_answers_its_flags(service: Service, moderator: Moderator) -> None:
    posted, flagger = service.reader().post("Fine."), service.reader("Sam")
    flagger.flag(posted)
    before = as_written(service, posted)

    kept = moderator.approve(posted)

    assert "flags" not in kept["comment"]
    assert service.rows("SELECT flags_right, flags_wrong FROM author WHERE name = ''") == [(0, 1)]
    assert service.rows("SELECT is_open, size FROM queueitem") == [(0, 0)]
    with refused(409, "state_conflict"):
        moderator.approve(posted)
    moderator.undo(kept)
    assert as_written(service, posted) == before


def test_restoring_is_undone_with_the_reason_it_was_hidden_for(service: Service, moderator: Moderator) -> None:
    author = service.reader()
    posted = author.post("Off we go.")
    moderator.hide(posted, reason="off topic")
    before = as_written(service, posted)

    restored = moderator.restore(posted)
    moderator.undo(restored)

    assert as_written(service, posted) == before
    assert author.mine(posted)["reason"] == "off topic"


def test_what_was_decided_since_cannot_be_undone_from_below(service: Service, moderator: Moderator) -> None:
    posted = service.reader().post("A thought.")
    hidden = moderator.hide(posted, reason="spam")
    restored = moderator.restore(posted)

    with refused(409, "state_conflict"):
        moderator.undo(hidden)
    moderator.undo(restored)
    with refused(409, "state_conflict"):
        moderator.undo(restored)
    undone = moderator.undo(hidden)
    with refused(409, "state_conflict"):
        moderator.undo(undone)
    moves = [move for (move,) in service.rows("SELECT move FROM decision WHERE comment_id IS NOT NULL ORDER BY id")]
    assert moves == ["hide", "restore", "undo", "undo"], "the log keeps all of it"


def test_a_purge_cannot_be_undone(service: Service) -> None:
    moderator = service.moderator()
    purged = moderator.purge(service.reader().post("Gone for good."))

    with refused(409, "state_conflict"):
        moderator.undo(purged)


def test_an_author_is_told_why_and_may_ask_once_more(service: Service, moderator: Moderator) -> None:
    author = service.reader()
    posted = author.post("You are all wrong.")
    moderator.hide(posted, reason="personal attack")
    mine = author.mine(posted)
    assert (mine["state"], mine["reason"], mine["can_appeal"]) == ("hidden", "personal attack", True)
    assert text_of(mine) == "You are all wrong."

    told = author.appeal(posted, "I meant the argument, not the people.")

    assert told["appeal"] == "open" and "can_appeal" not in told
    waiting = moderator.comment(posted["id"])["comment"]
    assert waiting["appeal"] == "I meant the argument, not the people."
    assert service.rows("SELECT is_open, kinds FROM queueitem") == [(1, "|appeal|")]
    with refused(409, "state_conflict"):
        author.appeal(posted, "And again.")
    before = as_written(service, posted)
    upheld = moderator.hide(posted)
    assert author.mine(posted)["appeal"] == "refused"
    assert author.mine(posted)["reason"] == "personal attack"
    moderator.undo(upheld)
    assert as_written(service, posted) == before
    moderator.restore(posted)
    assert "appeal" not in author.mine(posted)


def test_only_the_author_of_what_is_hidden_may_appeal(service: Service, moderator: Moderator) -> None:
    author, other = service.reader(), service.reader("Sam")
    posted = author.post("One.")
    with refused(409, "state_conflict"):
        author.appeal(posted)
    moderator.hide(posted, reason="spam")
    with refused(404, "not_found"):
        other.appeal(posted)
    with refused(422, "invalid"):
        author.appeal(posted, " ")


def test_a_banned_author_is_told_and_reads_on(service: Service, moderator: Moderator) -> None:
    author = service.reader("Viktor")
    posted, second = author.post("One."), author.post("Two.")

    told = moderator.ban(posted, days=2, reason="personal attack")

    with refused(403, "banned") as refusal:
        author.post("Three.")
    assert refusal.problem["until"] == told["until"] == service.clock.now + 2 * 86_400
    assert "personal attack" in refusal.problem["detail"]
    with refused(403, "banned"):
        author.edit(second, "Other words.")
    with refused(403, "banned"):
        author.flag(posted)
    assert len(author.comments(posted["section"])) == 2, "his comments stay, unless it is said otherwise"
    author.remove(second)

    service.clock.now += 2 * 86_400
    author.post("Three.")


def test_a_ban_may_take_what_was_written_along_and_an_undo_brings_all_back(
    service: Service, moderator: Moderator
) -> None:
    author, other = service.reader("Viktor"), service.reader("Rosa")
    posted = [author.post(f"Number {n}.", index=n % 3) for n in range(4)]
    elsewhere = author.post("Elsewhere.", url="https://blog.example/other")
    stays = other.post("I stay.")

    told = moderator.ban(posted[0], hide=True, reason="spam")

    assert told["hidden"] == 5
    assert [each["state"] for each in author.own()["comments"]] == ["hidden"] * 4
    assert other.texts(stays["section"]) == ["I stay."]
    moderator.send("POST", f"/v1/decisions/{told['decision']}/undo")
    assert author.mine(posted[3]).get("state", "published") == "published"
    assert other.comment(elsewhere["id"])["comment"]["id"] == elsewhere["id"]
    author.post("And I may write.")


def test_a_banned_network_is_a_hash_that_ends_within_thirty_days(service: Service, moderator: Moderator) -> None:
    posted = service.reader("Viktor").post("One.")

    told = moderator.ban(posted, by_network=True)

    assert told["until"] - service.clock.now <= 30 * 86_400
    with refused(403, "banned"):
        service.reader("Somebody else there").post("Two.")
    network, kept = service.rows("SELECT b.network, c.network FROM ban b, comment c")[0]
    assert network == kept and "127.0.0.1" not in network and len(network) == 32
    assert service.reader("At another site", origin="https://other.example").post(
        "Welcome.", url="https://other.example/essay"
    )


def test_what_stood_for_a_network_is_destroyed_in_time(service: Service, moderator: Moderator) -> None:
    from postil import networks

    moderator.ban(service.reader("Viktor").post("One."), by_network=True)
    service.clock.now += networks.KEPT

    service.change(lambda tx: networks.forget(tx))

    assert service.rows("SELECT network FROM ban") == [(None,)]
    assert service.rows("SELECT network FROM comment") == [(None,)]
    assert service.rows("SELECT * FROM networkkey") == []


def test_a_ban_is_undone_once(service: Service, moderator: Moderator) -> None:
    author = service.reader("Viktor")
    told = moderator.ban(author.post("One."))
    undo = f"/v1/decisions/{told['decision']}/undo"

    moderator.send("POST", undo)

    author.post("Two.")
    with refused(409, "state_conflict"):
        moderator.send("POST", undo)


def test_a_slow_section_makes_an_author_wait_and_nobody_else(service: Service, moderator: Moderator) -> None:
    author, other = service.reader(), service.reader("Sam")
    section = author.post("One.")["section"]

    told = moderator.set_section(section, "slow", minutes=5)

    assert (told["state"], told["minutes"]) == ("slow", 5)
    with refused(429, "too_soon") as refusal:
        author.post("Two.", section=section)
    assert refusal.problem["retry_after"] == 300
    other.post("I may.", section=section)
    author.post("Elsewhere.", index=1)
    service.clock.now += 300
    author.post("Two.", section=section)


def test_a_section_is_slow_with_minutes_and_only_then(service: Service, moderator: Moderator) -> None:
    section = service.reader().post("One.")["section"]
    for state, minutes in (("slow", 0), ("open", 5), ("slow", 1441)):
        with refused(422, "invalid"):
            moderator.set_section(section, state, minutes=minutes)


def test_a_section_s_state_is_a_decision_and_can_be_undone(service: Service, moderator: Moderator) -> None:
    section = service.reader().post("One.")["section"]
    moderator.set_section(section, "slow", minutes=7)
    moderator.set_section(section, "closed")
    (last,) = service.rows("SELECT id, from_state, to_state FROM decision ORDER BY id DESC LIMIT 1")
    assert last[1:] == ("slow 7", "closed")

    told = moderator.send("POST", f"/v1/decisions/{last[0]}/undo")["section"]

    assert (told["state"], told["minutes"]) == ("slow", 7)
    with refused(409, "state_conflict"):
        moderator.send("POST", f"/v1/decisions/{last[0]}/undo")


def test_the_log_cannot_be_changed(service: Service, moderator: Moderator) -> None:
    moderator.hide(service.reader().post("One."), reason="spam")

    for statement in ("UPDATE decision SET note = 'x'", "DELETE FROM decision"):
        with pytest.raises(Exception, match="append-only"):
            service.write(statement)


def test_a_decision_made_by_a_rule_names_it(premoderated: Service) -> None:
    posted = premoderated.reader().post("Please.")

    assert premoderated.rows(
        "SELECT moderator_id, move, from_state, to_state, rule, rule_version, why FROM decision WHERE comment_id = ?",
        posted["id"],
    ) == [(None, "hold", "", "pending", 1, 1, "review")]
    told = premoderated.moderator().comment(posted["id"])["comment"]
    assert [(why["rule"], why["version"]) for why in told["why"]] == [(1, 1)]


def reader_who_was_right(service: Service, name: str, times: int) -> Reader:
    reader = service.reader(name)
    reader.post(f"I am {name}.", index=2)
    service.write(
        "UPDATE author SET flags_right = ? WHERE name = ?",
        [(times, name)],
    )
    return reader


def test_readers_who_were_right_before_take_a_comment_out_of_sight(service: Service, moderator: Moderator) -> None:
    weighing(service)
    posted = service.reader("Viktor").post("Idiots, all of you.")

    for n in range(3):
        reader_who_was_right(service, f"Reader {n}", 8).flag(posted, reason="abuse")

    assert service.reader("Passing by").comments(posted["section"]) == []
    assert moderator.comment(posted["id"])["comment"]["state"] == "pending"
    moderator.approve(posted)
    for n in range(3, 12):
        reader_who_was_right(service, f"Reader {n}", 8).flag(posted, reason="abuse")
    assert len(service.reader("Passing by").comments(posted["section"])) == 1, "a moderator has said that it stays"


def test_fresh_accounts_weigh_nothing_however_many(service: Service, moderator: Moderator) -> None:
    weighing(service)
    posted = service.reader("Marguerite").post("A good comment, and not everybody likes it.")

    for n in range(40):
        service.reader(f"Fresh {n}").flag(posted, reason="abuse")

    assert len(service.reader("Passing by").comments(posted["section"])) == 1
    assert moderator.comment(posted["id"])["comment"]["flags"] == 40
    assert service.rows("SELECT is_open FROM queueitem") == [(1,)], "a moderator sees it all the same"


def weighing(service: Service) -> None:
    """The site weighs flags: those of readers who were right before count."""
    from postil import rulebook
    from postil.rules import Effect, Kind

    site = service.rows("SELECT site_id FROM origin WHERE origin = 'https://blog.example'")[0][0]
    service.change(
        lambda tx: rulebook.write_rule(tx, site, Kind.FLAGS, name="Flags", effect=Effect.HOLD, settings={"weight": 2.0})
    )
