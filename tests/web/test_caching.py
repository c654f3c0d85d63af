"""What is kept is bounded, and the least used goes first."""

from postil.web.caching import Kept, Prepared, prepare
from postil.web.codings import CODINGS


def test_what_is_kept_is_given_back() -> None:
    kept = Kept[Prepared]()
    assert kept.get("a") is None
    first = kept.keep("a", prepare(b"x" * 1000))
    assert kept.get("a") is first
    assert all(0 < len(first.form(coding)) < len(first.content) for coding in CODINGS)


def test_the_least_used_is_dropped_when_the_room_is_used_up() -> None:
    kept = Kept[Prepared](most=250)
    for key in ("a", "b"):
        kept.keep(key, Prepared(b"x" * 100, key))
    kept.get("a")
    kept.keep("c", Prepared(b"x" * 100, "c"))
    assert kept.get("b") is None
    assert kept.get("a") is not None
    assert kept.get("c") is not None
    assert kept.size == 200


def test_keeping_a_key_again_takes_no_more_room() -> None:
    kept = Kept[Prepared]()
    for _ in range(3):
        kept.keep("a", Prepared(b"x" * 100, "a"))
    assert kept.size == 100


def test_what_is_larger_than_all_the_room_is_answered_and_not_kept() -> None:
    kept = Kept[Prepared](most=50)
    assert kept.keep("a", Prepared(b"x" * 100, "a")).content
    assert kept.get("a") is None
    assert kept.size == 0
