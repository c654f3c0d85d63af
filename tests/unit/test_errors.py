"""The exception tree: stable codes, sentences that help, and no HTTP."""

import inspect

import pytest

from postil import errors

CODES = {
    "Invalid": "invalid",
    "TooLong": "too_long",
    "NameRefused": "name_refused",
    "FetchRefused": "fetch_refused",
    "NotFound": "not_found",
    "Unauthorized": "unauthorized",
    "BadSignature": "bad_signature",
    "Forbidden": "forbidden",
    "OriginRefused": "origin_refused",
    "Banned": "banned",
    "Blocked": "blocked",
    "TooSoon": "too_soon",
    "SecondStep": "second_step",
    "EditWindowClosed": "edit_window_closed",
    "Conflict": "conflict",
    "NonceReused": "nonce_reused",
    "WrongSection": "wrong_section",
    "ParentGone": "parent_gone",
    "StateConflict": "state_conflict",
    "OutlineUnknown": "outline_unknown",
    "Superseded": "superseded",
    "Locked": "locked",
    "TooMany": "too_many",
    "Unavailable": "unavailable",
}


def classes() -> dict[str, type[errors.PostilError]]:
    found = [value for name, value in vars(errors).items() if inspect.isclass(value) and name[0] != "_"]
    return {c.__name__: c for c in found if issubclass(c, errors.PostilError) and c is not errors.PostilError}


def test_every_code_is_the_published_one() -> None:
    assert {name: cls.code for name, cls in classes().items()} == CODES


def test_every_class_and_code_is_drawn_at_the_top() -> None:
    drawing = errors.__doc__ or ""
    missing = [n for n, c in classes().items() if n not in drawing or (c.code not in drawing and n != "Conflict")]
    assert missing == []


@pytest.mark.parametrize("cls", classes().values(), ids=lambda cls: cls.__name__)
def test_every_error_says_what_to_do(cls: type[errors.PostilError]) -> None:
    assert cls.sentence.endswith(".") and len(cls.sentence) > 20
    assert cls.sentence != errors.PostilError.sentence


def test_an_error_carries_what_a_client_may_act_on() -> None:
    assert errors.Invalid("source").extra == {"field": "source"}
    assert errors.NameRefused().extra == {"field": "name"}
    assert errors.EditWindowClosed(1_700_000_000).extra == {"closed_at": 1_700_000_000}
    assert errors.TooMany(30).extra == {"retry_after": 30}
    assert errors.NotFound().extra == {}


def test_a_wait_is_never_zero() -> None:
    assert errors.TooMany(0).retry_after == 1


def test_a_detail_of_ones_own_replaces_the_sentence() -> None:
    assert str(errors.Locked("Closed for the night.")) == "Closed for the night."
    assert str(errors.Locked()) == errors.Locked.sentence
