"""A build's signature: made and checked, stretched, forged, replayed."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postil.errors import BadSignature, Unauthorized
from postil.signing import new_key, sign, verify

KEY = "postil_k0"
NOW = 1_732_291_200
BODY = '{"title": "Grüße", "sections": []}'.encode()
SIGNED = sign(KEY, BODY, NOW)


def test_what_is_signed_is_the_time_and_the_bytes_of_the_body() -> None:
    """Said once in another way, for whoever signs without our code."""
    digest = hmac.digest(KEY.encode(), f"{NOW}.".encode() + BODY, "sha256").hex()
    assert SIGNED == f"t={NOW},v1={digest}"


def test_a_signature_is_the_same_in_a_year() -> None:
    """A vector from `openssl dgst -sha256 -hmac`: changing it breaks every build that is out there."""
    assert sign("postil_k0", b"{}", 1732291200) == (
        "t=1732291200,v1=8571902bda3389f48cffb75bf3ab38712ac05a140fae795f3e708a65193f035e"
    )


@given(key=st.text(min_size=1), body=st.binary(), now=st.integers(0, 10**12 - 1), late=st.integers(-300, 300))
def test_what_was_signed_verifies_for_five_minutes_either_way(key: str, body: bytes, now: int, late: int) -> None:
    assert verify([key], sign(key, body, now), body, now + late) == now


@given(at=st.integers(0, len(BODY) * 8 - 1))
def test_one_bit_of_the_body_breaks_it(at: int) -> None:
    changed = bytearray(BODY)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(BadSignature):
        verify([KEY], SIGNED, bytes(changed), NOW)


@pytest.mark.parametrize("body", [b"", BODY + b" ", b" " + BODY, BODY[:-1], b"." + BODY])
def test_a_longer_or_shorter_body_breaks_it(body: bytes) -> None:
    with pytest.raises(BadSignature):
        verify([KEY], SIGNED, body, NOW)


@given(at=st.integers(0, 63), digit=st.sampled_from("0123456789abcdef"))
def test_one_digit_of_the_signature_breaks_it(at: int, digit: str) -> None:
    start = SIGNED.index("v1=") + 3 + at
    forged = SIGNED[:start] + digit + SIGNED[start + 1 :]
    if forged == SIGNED:
        assert verify([KEY], forged, BODY, NOW) == NOW
    else:
        with pytest.raises(BadSignature):
            verify([KEY], forged, BODY, NOW)


def test_a_time_moved_on_breaks_it() -> None:
    """A replay cannot be made younger than it is."""
    with pytest.raises(BadSignature, match="key of the site"):
        verify([KEY], SIGNED.replace(str(NOW), str(NOW + 3600)), BODY, NOW + 3600)


def test_the_border_of_time_and_body_cannot_be_shifted() -> None:
    """`1.` + `2.x` and `1.2.` + `x` would be the same bytes if a time could hold a dot."""
    header = sign(KEY, b"2.x", 1)
    with pytest.raises(BadSignature, match="form"):
        verify([KEY], header.replace("t=1,", "t=1.2,"), b"x", 1)


@pytest.mark.parametrize("late", [301, -301, 86_400, -NOW])
def test_a_replay_outside_of_the_window_is_refused_and_says_so(late: int) -> None:
    with pytest.raises(BadSignature, match="300 seconds"):
        verify([KEY], SIGNED, BODY, NOW + late)


def test_who_has_no_key_is_not_told_about_the_clock() -> None:
    with pytest.raises(BadSignature, match="key of the site"):
        verify(["another"], SIGNED, BODY, NOW + 3600)


def test_the_window_can_be_narrowed() -> None:
    assert verify([KEY], SIGNED, BODY, NOW + 10, tolerance=10) == NOW
    with pytest.raises(BadSignature):
        verify([KEY], SIGNED, BODY, NOW + 11, tolerance=10)


DIGEST = SIGNED[-64:]


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        DIGEST,
        f"t={NOW}",
        f"v1={DIGEST}",
        f"v1={DIGEST},t={NOW}",
        f"t={NOW}, v1={DIGEST}",
        f"t={NOW};v1={DIGEST}",
        f" t={NOW},v1={DIGEST}",
        f"t={NOW},v1={DIGEST} ",
        f"t={NOW},v1={DIGEST}\n",
        f"t={NOW}\n,v1={DIGEST}",
        f"t={NOW},v1={DIGEST.upper()}",
        f"t={NOW},v1={DIGEST[:-1]}",
        f"t={NOW},v1={DIGEST}0",
        f"t={NOW},v1={DIGEST},v1={DIGEST}",
        f"t={NOW},v0={DIGEST}",
        f"t={NOW},v2={DIGEST}",
        f"T={NOW},V1={DIGEST}",
        f"t={NOW},t={NOW},v1={DIGEST}",
        f"t=,v1={DIGEST}",
        f"t=0{NOW},v1={DIGEST}",
        f"t=+{NOW},v1={DIGEST}",
        f"t=-{NOW},v1={DIGEST}",
        f"t={NOW}.0,v1={DIGEST}",
        f"t=1e9,v1={DIGEST}",
        f"t=1_732_291_200,v1={DIGEST}",
        f"t=١٧٣٢٢٩١٢٠٠,v1={DIGEST}",
        f"t={'9' * 13},v1={DIGEST}",
        f"t={'9' * 100_000},v1={DIGEST}",
        f"t={NOW},v1={'g' * 64}",
        f"t={NOW},v1={'é' * 64}",
        f"t={NOW},v1=",
        f"t={NOW},v1={DIGEST}" * 2,
        f"Bearer {SIGNED}",
        "\x00",
        "\udcff",
    ],
)
def test_a_header_of_another_form_is_refused(header: str) -> None:
    assert verify([KEY], SIGNED, BODY, NOW) == NOW  # what each of them was made of is good
    with pytest.raises(BadSignature, match="form"):
        verify([KEY], header, BODY, NOW)


@given(header=st.text())
def test_no_header_ends_in_another_error(header: str) -> None:
    with pytest.raises(BadSignature):
        verify([KEY], header, BODY, NOW)


def test_while_keys_change_both_are_taken_wherever_they_stand() -> None:
    old, new = new_key(), new_key()
    for keys in ([old, new], [new, old]):
        assert verify(keys, sign(old, BODY, NOW), BODY, NOW) == NOW
        assert verify(keys, sign(new, BODY, NOW), BODY, NOW) == NOW


def test_a_withdrawn_key_is_taken_no_more() -> None:
    old, new = new_key(), new_key()
    with pytest.raises(BadSignature):
        verify([new], sign(old, BODY, NOW), BODY, NOW)


def test_a_site_without_keys_takes_no_signature() -> None:
    with pytest.raises(BadSignature):
        verify([], SIGNED, BODY, NOW)
    with pytest.raises(BadSignature):
        verify([KEY], sign("", BODY, NOW), BODY, NOW)


@pytest.mark.parametrize("now", [-1, 10**12])
def test_a_time_that_could_not_be_checked_is_not_signed(now: int) -> None:
    with pytest.raises(ValueError, match="epoch"):
        sign(KEY, BODY, now)


def test_keys_are_long_marked_and_never_the_same() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(key.startswith("postil_") and len(key) == 7 + 43 and key.isascii() for key in keys)


def test_a_bad_signature_is_answered_as_one_without_a_token_is() -> None:
    assert issubclass(BadSignature, Unauthorized)
