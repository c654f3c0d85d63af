"""What can go wrong, as a tree. Each leaf has a stable code and a sentence that says what to do.

PostilError                    code
├── Invalid                    invalid              a field's value cannot be used
│   ├── TooLong                too_long             a field has more characters than it may
│   ├── Blocked                blocked              a rule of the site refuses such a text
│   ├── NameRefused            name_refused         a name that belongs to, or looks like, somebody else's
│   └── FetchRefused           fetch_refused        a page that the server will not or cannot fetch
├── NotFound                   not_found            never issued, or not for this viewer: the same answer
├── Unauthorized               unauthorized         no token, or one that is unknown, spent or expired
│   ├── SecondStep             second_step          the account wants six digits too, and these were none or wrong
│   └── BadSignature           bad_signature        what a build sent is not signed, by no key of ours, or long ago
├── Forbidden                  forbidden            known, and not allowed
│   ├── OriginRefused          origin_refused       not a page of this site
│   ├── Banned                 banned               may not write here; until: epoch seconds, absent: for good
│   └── EditWindowClosed       edit_window_closed   closed_at: when, in epoch seconds
├── Conflict                   (abstract)
│   ├── NonceReused            nonce_reused         the same nonce with another body
│   ├── WrongSection           wrong_section        the parent stands in another section
│   ├── ParentGone             parent_gone          the parent is a tombstone that the viewer sees
│   ├── StateConflict          state_conflict       not a move from the comment's present state
│   ├── OutlineUnknown         outline_unknown      the outline's hash was not seen yet, or no longer is kept
│   └── Superseded             superseded           the page was published, or fetched, after this was signed
├── Locked                     locked               the section takes no comments
├── TooMany                    too_many             retry_after: seconds
│   └── TooSoon                too_soon             a slow section: one comment of an author in so many minutes
└── Unavailable                unavailable          retry_after: seconds

None of them knows HTTP: `postil.web.problems` gives each its status. Clients compare codes, never sentences.
"""

from typing import ClassVar


class PostilError(Exception):
    """Anything refused on purpose. `detail` is shown to whoever asked: no secret in it, no markup."""

    code: ClassVar[str] = "internal"
    sentence: ClassVar[str] = "Something went wrong on our side. Try again in a moment."

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.sentence
        super().__init__(self.detail)

    @property
    def extra(self) -> dict[str, str | int]:
        """What a client may act on beside the code."""
        return {}


class Invalid(PostilError):
    code = "invalid"
    sentence = "This value cannot be used. Change it and send it again."

    def __init__(self, field: str, detail: str | None = None) -> None:
        super().__init__(detail)
        self.field = field

    @property
    def extra(self) -> dict[str, str | int]:
        return {"field": self.field}


class TooLong(Invalid):
    code = "too_long"
    sentence = "This is longer than it may be. Shorten it and send it again."


class NameRefused(Invalid):
    code = "name_refused"
    sentence = "This name is taken by somebody who answers for the site, or looks like theirs. Choose another."

    def __init__(self, detail: str | None = None, field: str = "name") -> None:
        super().__init__(field, detail)


class Blocked(Invalid):
    code = "blocked"
    sentence = "This site does not take such a text. Say it in other words."

    def __init__(self, detail: str | None = None, field: str = "source") -> None:
        super().__init__(field, detail)


class FetchRefused(Invalid):
    code = "fetch_refused"
    sentence = "This page could not be fetched. See that its address is the site's own, and that it answers with HTML."

    def __init__(self, detail: str | None = None, field: str = "url") -> None:
        super().__init__(field, detail)


class NotFound(PostilError):
    code = "not_found"
    sentence = "There is nothing here. It may have been taken away: reload the page."


class Unauthorized(PostilError):
    code = "unauthorized"
    sentence = "Sign in first, or sign in again: the token is missing, expired or revoked."


class SecondStep(Unauthorized):
    code = "second_step"
    sentence = "This account has a second step: type the six digits that its authenticator shows."


class BadSignature(Unauthorized):
    code = "bad_signature"
    sentence = "This is not signed with a key of the site's. Look which key the build uses, and sign the bytes as sent."


class Forbidden(PostilError):
    code = "forbidden"
    sentence = "You may not do this here. Ask an owner of the site."


class OriginRefused(Forbidden):
    code = "origin_refused"
    sentence = "This page's address is not one of the site's. Its owner can add it with `postil site add`."


class Banned(Forbidden):
    code = "banned"
    sentence = "A moderator of this site has taken your leave to write here. You can still read."

    def __init__(self, detail: str | None = None, until: int | None = None) -> None:
        super().__init__(detail)
        self.until = until

    @property
    def extra(self) -> dict[str, str | int]:
        return {} if self.until is None else {"until": self.until}


class EditWindowClosed(Forbidden):
    code = "edit_window_closed"
    sentence = "The time to edit this comment is over. Post a reply instead."

    def __init__(self, closed_at: int, detail: str | None = None) -> None:
        super().__init__(detail)
        self.closed_at = closed_at

    @property
    def extra(self) -> dict[str, str | int]:
        return {"closed_at": self.closed_at}


class Conflict(PostilError):
    code = "conflict"
    sentence = "Something changed meanwhile. Reload, look, and try again."


class NonceReused(Conflict):
    code = "nonce_reused"
    sentence = "This nonce already posted another comment. Send the new one with a nonce of its own."


class WrongSection(Conflict):
    code = "wrong_section"
    sentence = "The comment you answer stands in another section. Reply to it there."


class ParentGone(Conflict):
    code = "parent_gone"
    sentence = "The comment you answer is gone. Post yours as a new one, or answer another."


class StateConflict(Conflict):
    code = "state_conflict"
    sentence = "The comment is no longer in a state that allows this. Look at it again."


class OutlineUnknown(Conflict):
    code = "outline_unknown"
    sentence = "This outline is not known here. Send it whole, with its sections."


class Superseded(Conflict):
    code = "superseded"
    sentence = "The page was published or refreshed since this was signed. If it is what the page says, sign it again."


class Locked(PostilError):
    code = "locked"
    sentence = "This section is locked: it can be read, and takes no comments."


class _Later(PostilError):
    """Refused now, welcome in `retry_after` seconds (at least one)."""

    def __init__(self, retry_after: int = 1, detail: str | None = None) -> None:
        super().__init__(detail)
        self.retry_after = max(1, retry_after)

    @property
    def extra(self) -> dict[str, str | int]:
        return {"retry_after": self.retry_after}


class TooMany(_Later):
    code = "too_many"
    sentence = "That was too much at once. Wait a little, then try again."


class TooSoon(TooMany):
    code = "too_soon"
    sentence = "This section goes slowly: wait a little before you write in it again."


class Unavailable(_Later):
    code = "unavailable"
    sentence = "We cannot answer just now. Try again in a moment."
