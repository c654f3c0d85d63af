"""The queue's screens without JavaScript: links and forms, as any browser sends them."""

import re

import pytest
from tests.desk import Desk
from tests.service import OTHER, Reader, Service


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def flagged(service: Service, *sources: str) -> list[dict[str, object]]:
    """Comments, each flagged once, the last of them the newest in the queue."""
    author, flagger = service.reader("Viktor"), service.reader("Fia")
    made = [author.post(source) for source in sources]
    for comment in made:
        flagger.flag(comment, "abuse", "look at this")
    return made


def state_of(service: Service, comment: dict[str, object]) -> tuple[str, str | None]:
    state, reason = service.rows("SELECT state, reason FROM comment WHERE id = ?", comment["id"])[0]
    return state, reason


def test_who_is_not_signed_in_is_sent_to_the_sign_in_and_back(service: Service) -> None:
    answer = service.visitor(None).ask("GET", "/moderate?view=hidden", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fmoderate%3Fview%3Dhidden"


def test_an_item_says_why_it_is_here_and_what_is_known(service: Service, desk: Desk) -> None:
    flagged(service, "Only an idiot would write that.")
    words = desk.open().words
    assert "1 flag: abuse" in words
    assert "1 reader flagged it: abuse (never asked before) look at this" in words
    assert "here for a moment, 1 comment , none hidden" in words
    assert "Origins" in words and "1 waiting" in words


def test_hiding_goes_on_to_the_next_and_says_what_was_done(service: Service, desk: Desk) -> None:
    older, newer = flagged(service, "The older one.", "The newer one.")
    page = desk.open()
    assert page.words.index("The newer one.") < page.words.index("The older one.")

    after = desk.act(page, "/moderate/decide", having={"action": "hide"}, reason="spam")

    assert state_of(service, newer) == ("hidden", "spam")
    assert state_of(service, older) == ("published", None)
    assert "Hidden: spam Undo" in after.words
    assert "1 waiting" in after.words and "The newer one." not in after.words


def test_undo_puts_it_back_where_it_was(service: Service, desk: Desk) -> None:
    flagged(service, "The older one.", "The newer one.")
    page = desk.open()
    hidden = desk.act(page, "/moderate/decide", having={"action": "hide"}, reason="spam")
    again = desk.act(hidden, "/moderate/undo")
    assert again.ids == page.ids
    assert "Taken back: published again" in again.words
    assert service.rows("SELECT flags, waits, state FROM comment WHERE source = 'The newer one.'") == [
        (1, 1, "published")
    ]


def test_approving_needs_one_click(service: Service, desk: Desk) -> None:
    (comment,) = flagged(service, "It is fine.")
    after = desk.act(desk.open(), "/moderate/decide", action="approve")
    assert "Approved" in after.words and "Nothing waits for you." in after.words
    assert service.rows("SELECT flags, waits FROM comment WHERE id = ?", comment["id"]) == [(0, 0)]


def test_purging_asks_on_a_page_of_its_own(service: Service, desk: Desk) -> None:
    (comment,) = flagged(service, "Unlawful.")
    asked = desk.act(desk.open(), "/moderate/decide", action="purge")
    assert "Purge this comment?" in asked.words
    assert state_of(service, comment)[0] == "published"
    after = desk.act(asked, "/moderate/decide")
    assert state_of(service, comment)[0] == "purged"
    assert "Purged" in after.words and "Undo" not in after.words


def test_who_was_quicker_is_said_with_what_he_decided(service: Service, desk: Desk) -> None:
    flagged(service, "Contested.")
    page, other = desk.open(), Desk(service, "Jo")
    other.act(other.open(), "/moderate/decide", having={"action": "hide"}, reason="off topic")
    refused = desk.act(page, "/moderate/decide", 409, having={"action": "hide"}, reason="spam")
    assert "Jo was quicker: hidden (off topic), just now." in refused.words
    assert len(service.rows("SELECT id FROM decision WHERE comment_id IS NOT NULL")) == 1


@pytest.mark.parametrize("door", ["decide", "undo", "ban", "section", "bulk"])
def test_a_form_without_its_token_does_nothing(service: Service, desk: Desk, door: str) -> None:
    (comment,) = flagged(service, "Safe.")
    fields = {"about": desk.open().ids[0], "comment": comment["id"], "action": "hide", "what": "all", "sure": "yes"}
    answer = desk.ask("POST", f"/moderate/{door}", data={**fields, "token": "0" * 32})
    assert answer.status_code == 403
    assert state_of(service, comment) == ("published", None)
    assert service.rows("SELECT id FROM ban") == []


def test_a_form_from_another_site_does_nothing(service: Service, desk: Desk) -> None:
    (comment,) = flagged(service, "Safe.")
    fields = desk.open().form("/moderate/decide", action="hide")
    answer = desk.ask(
        "POST", "/moderate/decide", data=fields, headers={"Origin": OTHER, "Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code in (303, 403)
    assert state_of(service, comment) == ("published", None)


def test_a_ban_takes_what_was_written_with_it_and_gives_it_back(service: Service, desk: Desk) -> None:
    first, second = flagged(service, "One.", "Two.")
    how = {"by": "author", "days": "7", "reason": "spam", "existing": "hide"}
    page = desk.open()
    after = desk.submit("/moderate/ban", page.form("/moderate/ban") | how)
    assert "Banned: spam, and 2 comments hidden" in after.words
    assert state_of(service, first)[0] == state_of(service, second)[0] == "hidden"
    assert "Viktor" in desk.open("/moderate/bans").words

    desk.act(after, "/moderate/undo")
    assert state_of(service, first)[0] == state_of(service, second)[0] == "published"
    assert "Nobody is banned." in desk.open("/moderate/bans").words


def test_a_ban_is_lifted_from_its_list(service: Service, desk: Desk) -> None:
    flagged(service, "One.")
    desk.act(desk.open(), "/moderate/ban", by="author", days="", reason="")
    after = desk.act(desk.open("/moderate/bans"), "/moderate/bans")
    assert "Ban lifted" in after.words and "Nobody is banned." in after.words
    assert "lifted" in desk.open("/moderate/bans", over="yes").words


def test_a_section_goes_slow_and_open_again(service: Service, desk: Desk) -> None:
    flagged(service, "One.")
    after = desk.act(desk.open(), "/moderate/section", state="slow", minutes="5")
    assert "Section slow: one comment in 5 min" in after.words
    assert service.rows("SELECT state, pace FROM section WHERE comments > 0") == [("slow", 5)]
    desk.act(after, "/moderate/undo")
    assert service.rows("SELECT state, pace FROM section WHERE comments > 0") == [("open", 0)]


def test_many_are_counted_before_and_undone_after(service: Service, desk: Desk) -> None:
    flagged(service, *(f"Comment {number}." for number in range(7)))
    asked = desk.act(desk.open(), "/moderate/bulk", what="all", action="hide")
    assert "Hide 7 comments?" in asked.words
    after = desk.act(asked, "/moderate/bulk", reason="spam")
    assert "Hidden: 7 comments, spam" in after.words and "Nothing waits for you." in after.words
    again = desk.act(after, "/moderate/undo")
    assert "Taken back: 7 comments" in again.words and len(again.ids) == 7


def test_a_selection_is_what_was_ticked(service: Service, desk: Desk) -> None:
    flagged(service, "Zero.", "One.", "Two.")
    page = desk.open()
    asked = desk.submit("/moderate/bulk", page.form("/moderate/bulk") | {"pick": page.ids[:2], "action": "approve"})
    assert "Approve 2 comments?" in asked.words
    picked = re.findall(r'name="pick" value="([^"]+)"', _last(desk, page))
    after = desk.submit("/moderate/bulk", asked.form("/moderate/bulk") | {"pick": picked})
    assert after.ids == page.ids[2:]


def _last(desk: Desk, page: object) -> str:
    seen = desk.open()
    fields = seen.form("/moderate/bulk") | {"pick": seen.ids[:2], "action": "approve"}
    return desk.ask("POST", "/moderate/bulk", data=fields).text


def test_the_lists_are_narrowed_by_what_a_link_or_a_search_says(service: Service, desk: Desk, reader: Reader) -> None:
    flagged(service, "Hundred % sure.", "Hundred and one.")
    reader.post("Not flagged.")
    assert len(desk.open(text="100").ids) == 0
    assert len(desk.open(text="% sure").ids) == 1
    assert len(desk.open(text="viktor").ids) == 2
    assert len(desk.open(view="all").ids) == 3
    assert len(desk.open(view="hidden").ids) == 0
    assert len(desk.open(reason="flags").ids) == 2
    assert len(desk.open(reason="appeal").ids) == 0
    by_author = next(link for link in desk.open().links if "author=" in link)
    assert len(desk.open(by_author).ids) == 2


def test_what_is_typed_is_text(service: Service, desk: Desk) -> None:
    flagged(service, "See **this**.")
    html = desk.ask("GET", "/moderate", params={"text": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in html


def test_another_sites_queue_stays_its_own(service: Service, desk: Desk) -> None:
    (comment,) = flagged(service, "Ours.")
    there = Desk(service, "Olga", site=OTHER)
    assert there.open(view="all").ids == []
    assert "There is nothing of that name here any more." in there.open(status=404, item=str(comment["id"])).words
    log = there.open("/moderate/log", comment=str(comment["id"]))
    assert "No decision yet" in log.words


def test_the_log_tells_every_decision_and_takes_it_back(service: Service, desk: Desk) -> None:
    (comment,) = flagged(service, "One.")
    desk.act(desk.open(), "/moderate/decide", having={"action": "hide"}, reason="spam", note="the third time")
    log = desk.open("/moderate/log")
    assert "hidden : spam" in log.words and "the third time" in log.words and "Ines" in log.words
    after = desk.act(log, "/moderate/undo")
    assert state_of(service, comment)[0] == "published"
    assert "what it took back" in after.words


def test_the_metrics_are_for_who_bears_the_token(service: Service, desk: Desk) -> None:
    flagged(service, "One.", "Two.")
    desk.act(desk.open(), "/moderate/decide", having={"action": "hide"}, reason="spam")
    assert service.visitor().ask("GET", "/metrics").status_code == 404
    object.__setattr__(service.resources.settings, "metrics_token", "let me in")
    assert service.visitor().ask("GET", "/metrics", headers={"Authorization": "Bearer no"}).status_code == 404
    told = service.visitor().ask("GET", "/metrics", headers={"Authorization": "Bearer let me in"}).text
    assert 'postil_waiting{site="https://blog.example"} 1.0' in told
    assert 'postil_decisions_total{move="hide",site="https://blog.example"} 1.0' in told
    assert 'postil_hidden_total{reason="spam",site="https://blog.example"} 1.0' in told


def test_of_two_who_look_at_one_comment_the_second_is_told(service: Service, desk: Desk) -> None:
    """To hide what is public is a move like any: what stops it is the decision that the form does not know of."""
    (comment,) = flagged(service, "It is fine.")
    jo = Desk(service, "Jo")
    hers, his = desk.open(), jo.open()
    desk.act(hers, "/moderate/decide", action="approve")

    told = jo.act(his, "/moderate/decide", 409, having={"action": "hide"}, reason="spam")

    assert "Ines was quicker" in told.words
    assert state_of(service, comment) == ("published", None)
    again = jo.open("/moderate", view="all", item=str(comment["id"]))
    jo.act(again, "/moderate/decide", having={"action": "hide"}, reason="spam")
    assert state_of(service, comment) == ("hidden", "spam")
