"""Edits that wait: refused, replaced, approved, taken back; and what the flags do beside them."""

import pytest
from tests.service import Json, Moderator, Reader, Service, refused, text_of


@pytest.fixture
def owner(premoderated: Service) -> Moderator:
    return premoderated.moderator("Olga", owner=True)


@pytest.fixture
def author(premoderated: Service) -> Reader:
    return premoderated.reader("Author")


def public(service: Service, comment: Json) -> str:
    return text_of(service.visitor().comment(comment["id"])["comment"])


def approved(author: Reader, owner: Moderator, source: str = "One.") -> Json:
    comment = author.post(source)
    owner.approve(comment)
    return comment


def test_an_edit_after_a_refused_one_waits_as_another(premoderated: Service, author: Reader, owner: Moderator) -> None:
    comment = approved(author, owner)
    author.edit(comment, "Two.")
    refusal = owner.refuse(comment, edition=1)
    assert text_of(author.mine(comment)) == "One." and "held" not in author.mine(comment)

    author.edit(comment, "Three.")

    assert public(premoderated, comment) == "One."
    waiting = owner.comment(comment["id"])["comment"]["held"]
    assert (text_of(waiting), waiting["edition"]) == ("Three.", 2)
    with refused(409, "state_conflict"):
        owner.approve(comment, edition=1)
    with refused(409, "state_conflict"):
        owner.undo(refusal)
    owner.approve(comment, edition=2)
    assert public(premoderated, comment) == "Three."


def test_a_refusal_is_taken_back(premoderated: Service, author: Reader, owner: Moderator) -> None:
    comment = approved(author, owner)
    author.edit(comment, "Two.")
    refusal = owner.refuse(comment, edition=1)

    owner.undo(refusal)

    assert public(premoderated, comment) == "One."
    owner.approve(comment, edition=1)
    assert public(premoderated, comment) == "Two."


def test_to_undo_that_a_flagged_text_was_kept_leaves_its_words(
    premoderated: Service, author: Reader, owner: Moderator
) -> None:
    """The approval of the edit, and the later one that answers the flags, name the same edition."""
    comment = approved(author, owner)
    author.edit(comment, "Two.")
    published = owner.approve(comment, edition=1)
    premoderated.reader("Sam").flag(comment)
    kept = owner.approve(comment, edition=1)

    owner.undo(kept)

    assert public(premoderated, comment) == "Two."
    assert owner.comment(comment["id"])["comment"]["flags"] == 1
    owner.undo(published)
    assert public(premoderated, comment) == "One."
    assert text_of(owner.comment(comment["id"])["comment"]["held"]) == "Two."


def test_approving_again_what_was_taken_back_can_be_taken_back_again(
    premoderated: Service, author: Reader, owner: Moderator
) -> None:
    comment = approved(author, owner)
    author.edit(comment, "Two.")
    for _ in range(3):
        decided = owner.approve(comment, edition=1)
        assert public(premoderated, comment) == "Two."
        owner.undo(decided)
        assert public(premoderated, comment) == "One."


def test_flags_that_came_after_a_decision_stay_when_it_is_undone(
    premoderated: Service, author: Reader, owner: Moderator
) -> None:
    comment = approved(author, owner)
    premoderated.reader("Sam").flag(comment)
    kept = owner.approve(comment)
    premoderated.reader("Tess").flag(comment)

    owner.undo(kept)

    assert premoderated.rows("SELECT flags FROM comment") == [(2,)]
    owner.hide(comment, reason="spam")
    assert premoderated.rows("SELECT flags_right, flags_wrong FROM author WHERE name = ''") == [(1, 0), (1, 0)]
