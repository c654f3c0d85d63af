"""Passwords and second steps, as they are kept and compared."""

import asyncio
from statistics import median
from time import perf_counter

import pyotp
import pytest

from postil.auth import passwords
from postil.auth.devices import device
from postil.auth.passwords import Passwords, check_new, is_totp, new_totp, totp_step, totp_uri
from postil.errors import Invalid, Unavailable

ADA, SECRET = "ada@example.org", "of this database"
GOOD = "correct horse battery"
NOW = 1_800_000_000.0


def cheap() -> Passwords:
    return Passwords(time_cost=1, memory_kib=8)


async def test_a_password_is_kept_as_argon2id_and_found_again() -> None:
    hasher = Passwords()
    kept = await hasher.hash(GOOD, ADA, SECRET)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert GOOD not in kept
    assert await hasher.matching(GOOD, ADA, SECRET, [kept, None]) == [True, False]
    assert await hasher.matching(GOOD + " ", ADA, SECRET, [kept]) == [False]
    assert await hasher.matching(GOOD, ADA, SECRET, []) == []


async def test_equal_passwords_of_two_people_are_kept_differently() -> None:
    hasher = cheap()
    kept = [await hasher.hash(GOOD, address, SECRET) for address in (ADA, "cora@example.org")]
    kept.append(await hasher.hash(GOOD, ADA, "of another database"))

    assert len(set(kept)) == 3


async def test_a_letter_is_the_same_letter_on_every_keyboard() -> None:
    hasher = cheap()
    kept = await hasher.hash("cafe\u0301 au lait", ADA, SECRET)

    assert await hasher.matching("caf\u00e9 au lait", ADA, SECRET, [kept]) == [True]


async def test_a_hash_outlives_another_cost_and_another_secret_and_is_then_made_anew() -> None:
    old = await cheap().hash(GOOD, ADA, SECRET)
    hasher = Passwords(time_cost=2, memory_kib=16)
    new = await hasher.hash(GOOD, ADA, SECRET)

    assert await hasher.matching(GOOD, ADA, "restored elsewhere", [old, new]) == [True, True]
    assert await hasher.matching("something else", ADA, SECRET, [old, new]) == [False, False]
    assert (hasher.is_stale(old), hasher.is_stale(new)) == (True, False)


async def test_nobody_s_address_takes_as_long_as_one_with_many_accounts() -> None:
    hasher = Passwords()
    kept = [await hasher.hash(GOOD, ADA, SECRET)] * 9

    async def seconds(accounts: list[str]) -> float:
        begun = perf_counter()
        await hasher.matching("a wrong guess", ADA, SECRET, accounts)
        return perf_counter() - begun

    await seconds([])
    pairs = [(await seconds([]), await seconds(list(kept))) for _ in range(7)]
    nobody, many = (median(each) for each in zip(*pairs, strict=True))
    assert 0.4 < nobody / many < 2.5, (nobody, many)


async def test_what_is_too_much_at_once_is_turned_away() -> None:
    hasher = Passwords()
    asked = [asyncio.create_task(hasher.hash(GOOD, ADA, SECRET)) for _ in range(passwords.MOST_WAITING + 3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(answer, Unavailable) for answer in answers) == 3
    assert len({answer for answer in answers if isinstance(answer, str)}) == 1


@pytest.mark.parametrize("bad", ["", "ninechars", "x" * 1025])
def test_what_is_no_password(bad: str) -> None:
    with pytest.raises(Invalid):
        check_new(bad)


@pytest.mark.parametrize("good", ["ten-- signs", "          ", "ä" * 1024])
def test_a_password_may_be_made_of_anything(good: str) -> None:
    check_new(good)


def test_six_digits_are_good_for_a_step_to_either_side_and_once() -> None:
    secret = new_totp()
    codes, at = pyotp.TOTP(secret), int(NOW // 30)

    for step in (at - 1, at, at + 1):
        assert totp_step(secret, codes.generate_otp(step), NOW) == step
    assert totp_step(secret, codes.generate_otp(at), NOW, last=at - 1) == at
    for last in (at, at + 1):
        assert totp_step(secret, codes.generate_otp(at), NOW, last=last) is None
    for stale in (at - 2, at + 2):
        assert totp_step(secret, codes.generate_otp(stale), NOW) is None
    assert totp_step(secret, f" {codes.generate_otp(at)[:3]} {codes.generate_otp(at)[3:]}\n", NOW) == at


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\u0661" * 6, "-12345", "1e5000"])
def test_what_is_not_six_digits_is_no_step(typed: str) -> None:
    assert totp_step(new_totp(), typed, NOW) is None


def test_an_authenticator_is_told_whose_secret_it_is() -> None:
    secret = new_totp()
    read = pyotp.parse_uri(totp_uri(secret, "Ada: the first", "A blog"))

    assert is_totp(secret) and not is_totp(secret.lower()) and not is_totp("A" * 31 + "1")
    assert (read.secret, read.issuer) == (secret, "A blog")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36 Edg/129.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/129 Safari/537", "Chrome on macOS"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_shortly_and_in_our_words(said: str, known: str) -> None:
    assert device(said) == known
