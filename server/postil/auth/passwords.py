"""Passwords (argon2id) and second steps (TOTP, RFC 6238).

One sign-in costs one hash, whoever asks and however many accounts an address has: the salt is made of the address, so
that the accounts of one person who uses one password have one hash, and an address that nobody has costs the same.
"""

import asyncio
import base64
import hmac
import time
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from postil.errors import Invalid, TooLong, Unavailable

# Whoever signs in waits until argon2 and pyotp are loaded: most services are asked by readers alone.
if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from pyotp import TOTP

# Length is what makes a password hard to guess; rules about signs in it make people write it down (NIST SP 800-63B).
LEAST, MOST = 10, 1024
# OWASP's least for argon2id: 19 MiB and two passes, a twentieth of a second of one core.
TIME_COST, MEMORY_KIB, LANES = 2, 19 * 1024, 1
# Two at once hold 40 MB and leave other cores to readers. Where so many wait, “try again” is the better answer.
AT_ONCE, MOST_WAITING = 2, 32

STEP_SECONDS = 30
# A clock may be half a minute off, and typing takes its time.
WINDOW = 1
DIGITS = 6


class Passwords:
    """Makes and compares hashes, in threads of their own. Other costs than ours are for tests."""

    def __init__(self, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB, lanes: int = LANES) -> None:
        self._costs = (time_cost, memory_kib, lanes)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher(*self._costs)

    async def hash(self, password: str, address: str, secret: str) -> str:
        """What is kept of a password. `secret` is this database's own, so that salts cannot be made beforehand."""
        return await self._run(_bytes(password), "", salt_of(address, secret))

    async def matching(self, password: str, address: str, secret: str, kept: Sequence[str | None]) -> list[bool]:
        """Which of the kept hashes are of this password. Without any it takes as long as with one."""
        heads = list(dict.fromkeys(_head(each) for each in kept if each)) or [""]
        made = {head: await self._run(_bytes(password), head, salt_of(address, secret)) for head in heads}
        return [bool(each) and hmac.compare_digest(made[_head(each or "")], each or "") for each in kept]

    def is_stale(self, kept: str) -> bool:
        """Whether a hash was made at another cost than ours: make it anew while the password is at hand."""
        return self._hasher.check_needs_rehash(kept)

    async def _run(self, password: bytes, head: str, salt: bytes) -> str:
        if self._waiting >= MOST_WAITING:
            raise Unavailable(retry_after=2)
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(self._hash, password, head, salt)
        finally:
            self._waiting -= 1

    def _hash(self, password: bytes, head: str, salt: bytes) -> str:
        """As `head` says, which is a kept hash without its end; at our own cost where it says nothing."""
        from argon2 import extract_parameters
        from argon2.low_level import hash_secret

        if not head:
            return self._hasher.hash(password, salt=salt)
        used = extract_parameters(f"{head}$AA")
        kept = _unpadded(head.rpartition("$")[2])
        made = hash_secret(
            password, kept, used.time_cost, used.memory_cost, used.parallelism, self._hasher.hash_len, used.type
        )
        return made.decode()


def check_new(password: str) -> None:
    """Invalid, TooLong: what cannot be a new password."""
    if len(password) < LEAST:
        raise Invalid("password", f"A password has at least {LEAST} characters. A few words in a row do well.")
    if len(password) > MOST:
        raise TooLong("password")


def salt_of(address: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"password\0{address}".encode(), "sha256")[:16]


def _bytes(password: str) -> bytes:
    """One spelling: keyboards differ in how they make the same letter. Longer ones than may be are nobody's."""
    return unicodedata.normalize("NFKC", password[: MOST + 1]).encode("utf-8", "replace")


def _head(kept: str) -> str:
    return kept.rpartition("$")[0]


def _unpadded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def new_totp() -> str:
    """A secret for an authenticator, in base32."""
    import pyotp

    return pyotp.random_base32()


def is_totp(secret: str) -> bool:
    return len(secret) == 32 and secret.isascii() and all(each in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" for each in secret)


def totp_uri(secret: str, name: str, site: str) -> str:
    """What an authenticator reads from the picture."""
    return _codes(secret).provisioning_uri(name=name.replace(":", " "), issuer_name=site.replace(":", " "))


def totp_step(secret: str, digits: str, now: float | None = None, last: int | None = None) -> int | None:
    """The step whose digits these are, later than `last`, which was used; None where they are of none near now."""
    typed = "".join(digits.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    at = int((time.time() if now is None else now) // STEP_SECONDS)
    codes = _codes(secret)
    found = [
        step
        for step in range(at - WINDOW, at + WINDOW + 1)
        if hmac.compare_digest(codes.generate_otp(step), typed) and (last is None or step > last)
    ]
    return found[0] if found else None


def _codes(secret: str) -> "TOTP":
    import pyotp

    return pyotp.TOTP(secret)
