"""The checker of the crash tests finds each kind of harm it is there for."""

from tests.crash.history import Comment, History, complaints


def comment(id: str, html: str = "") -> Comment:
    return {"id": id, "html": html or id, "revision": 1}


def history(**acknowledged: list[str]) -> History:
    return History(acknowledged=dict(acknowledged))


def test_a_good_history_has_no_complaints() -> None:
    stored = [comment("a"), comment("b")]
    assert complaints(history(x=["a", "a"]), stored, [{"a": comment("a"), "b": comment("b")}]) == []


def test_a_lost_comment_is_found() -> None:
    assert complaints(history(x=["a"]), [], []) == ["x was acknowledged as a and is lost"]


def test_a_doubled_comment_is_found() -> None:
    assert "stands there 2 times" in complaints(history(), [comment("a", "t"), comment("b", "t")], [])[0]
    stored = [comment("a"), comment("b")]
    assert "several comments" in complaints(history(x=["a", "b"]), stored, [])[0]


def test_a_reader_who_missed_one_is_found() -> None:
    assert "differ in 1" in complaints(history(), [comment("a"), comment("b")], [{"a": comment("a")}])[0]


def test_a_reader_who_has_an_older_form_is_found() -> None:
    old = comment("a") | {"revision": 0}
    assert "differ in 1" in complaints(history(), [comment("a")], [{"a": old}])[0]
