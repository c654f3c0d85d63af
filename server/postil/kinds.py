"""The kinds of rules: what each takes, and what it does in plain words; docs/moderation.md has a part on each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from postil.errors import Invalid
from postil.names import clean_text
from postil.rules import Effect, Kind, RuleDraft
from postil.urls import BadUrl, origin_of, page_url
from postil.words import LONGEST, MOST_WORDS, letters_in

MOST_HOSTS = 500
MOST_LINE = 200

BOTH = (Effect.HOLD, Effect.BLOCK)
HOLDS = (Effect.HOLD,)


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a rule. `shape`: number, share, lines, words, hosts, choice, yes, text, secret or url."""

    name: str
    label: str
    shape: str
    default: Any
    low: float = 0
    high: float = 0
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""

    @property
    def is_secret(self) -> bool:
        return self.shape == "secret"


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind of rule is called, what it is good for, the effects that it may have, and its settings."""

    title: str
    about: str
    effects: tuple[Effect, ...]
    settings: tuple[Setting, ...] = ()
    can_rehearse: bool = True


_APPROVED = Setting("approved", "Published comments after which somebody is no newcomer", "number", 3, 1, 100)
_FAILED = Setting(
    *("failed", "Where there is no answer", "choice", "pass"),
    choices=(("pass", "go on as if it was not asked"), ("hold", "hold the comment")),
)

FORMS: Mapping[Kind, Form] = {
    Kind.REVIEW: Form(
        "Who is held for review",
        "Comments of these people wait until a moderator has seen them.",
        HOLDS,
        (
            Setting(
                *("who", "Hold comments by", "choice", "nobody"),
                choices=(
                    ("nobody", "nobody"),
                    ("newcomers", "newcomers"),
                    ("guests", "guests (all that your site does not sign in)"),
                    ("everyone", "everyone but moderators"),
                ),
            ),
            _APPROVED,
        ),
    ),
    Kind.WORDS: Form(
        "Words",
        "Found also with look-alike letters, blanks, digits or repeated letters in them.",
        BOTH,
        (
            Setting(
                *("words", "Words, one a line", "words", ()),
                hint="A whole word each. With a star more may follow: idiot* finds idiotic too.",
            ),
        ),
    ),
    Kind.LINKS: Form(
        "Links",
        "Comments with many links, or with links to some places. Your own site's links do not count.",
        BOTH,
        (
            Setting("most", "Links that a comment may have", "number", 2, 0, 100),
            Setting("hosts_allowed", "Hosts that do not count, one a line", "hosts", ()),
            Setting("hosts_refused", "Hosts that are always caught, one a line", "hosts", ()),
            Setting("newcomers_only", "Only newcomers' comments", "yes", False),
            _APPROVED,
        ),
    ),
    Kind.REPEATS: Form(
        "Repeats",
        "The same text, or nearly, or the same links, posted again on any page by anybody.",
        BOTH,
        (
            Setting("times", "How often, the last one included", "number", 3, 2, 100),
            Setting("hours", "Within so many hours", "number", 24, 1, 720),
        ),
    ),
    Kind.FLAGS: Form(
        "Flags",
        "Takes a published comment out of sight until a moderator has looked. A reader's flag weighs from 0 to 1: "
        "nothing at first, and the more the oftener a moderator agreed with him.",
        HOLDS,
        (Setting("weight", "Weight of all its flags together", "share", 2.0, 0.1, 100),),
    ),
    Kind.TRAP: Form(
        "Hidden field",
        "Programs fill in a field that people do not see.",
        BOTH,
        can_rehearse=False,
    ),
    Kind.SPEED: Form(
        "Time to write",
        "Comments that were sent sooner than anybody writes them, where the browser tells.",
        HOLDS,
        (
            Setting("seconds", "Seconds that any comment takes", "number", 3, 1, 60),
            Setting("characters", "Characters that somebody types or pastes in a second", "number", 100, 5, 1000),
        ),
        can_rehearse=False,
    ),
    Kind.SPAM: Form(
        "Spam filter",
        "Learns from what your moderators hide as spam, and from what they keep.",
        HOLDS,
        (
            Setting("at", "Hold from this likeness to spam on (0.5 to 1)", "share", 0.9, 0.5, 1),
            Setting("after", "After so many of each were learned", "number", 20, 5, 1000),
        ),
    ),
    Kind.AKISMET: Form(
        "Akismet",
        "Asks Akismet, a service of others: text, name and address of the page go there.",
        HOLDS,
        (
            Setting("key", "Your key", "secret", ""),
            Setting("site_url", "Address of your site, as Akismet knows it", "url", ""),
            Setting("address", "Tell the beginning of the reader's address (his /24 or /48) too", "yes", False),
            _FAILED,
        ),
        can_rehearse=False,
    ),
    Kind.OUTSIDE: Form(
        "Outside check",
        "Asks a program of yours by a signed request; it can hold a comment, and nothing else.",
        HOLDS,
        (
            Setting("url", "Its address", "url", ""),
            Setting("secret", "The secret that requests are signed with", "secret", ""),
            Setting("seconds", "Seconds to wait for its answer", "share", 2.0, 0.1, 10),
            _FAILED,
        ),
        can_rehearse=False,
    ),
    Kind.AGE: Form(
        "Old discussions",
        "Sections take replies, and no new threads, when their page has had comments for so long.",
        HOLDS,
        (Setting("days", "Days after which a section closes", "number", 90, 1, 3650),),
        can_rehearse=False,
    ),
}


def settings_of(kind: Kind, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a rule, whole and checked, from what a form or a program sent. Invalid, with what to do."""
    if kind not in FORMS:
        raise Invalid("kind", "There is no such kind of rule.")
    fields = {setting.name: setting for setting in FORMS[kind].settings}
    if unknown := set(raw) - set(fields):
        raise Invalid(min(unknown), "This kind of rule has no such setting.")
    settings = {name: _checked(field, raw.get(name, field.default)) for name, field in fields.items()}
    if kind is Kind.WORDS and not settings["words"]:
        raise Invalid("words", "Write at least one word.")
    return settings


def whole(kind: Kind, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are kept, with the default of each that came later than they."""
    return {field.name: field.default for field in FORMS[kind].settings} | dict(settings)


def effect_of(kind: Kind, effect: str) -> Effect:
    """Invalid for an effect that this kind must not have: what is only likely is held, never refused."""
    if effect not in FORMS[kind].effects:
        raise Invalid("effect", "A rule of this kind can only hold a comment.")
    return Effect(effect)


def _checked(field: Setting, value: Any) -> Any:
    checked: Any = _CHECKS[field.shape](field, value)
    return checked


def _number(field: Setting, value: Any) -> int:
    number = _share(field, value)
    if number != int(number):
        raise Invalid(field.name, f"{field.label}: write a whole number.")
    return int(number)


def _share(field: Setting, value: Any) -> float:
    try:
        number = float(str(value).strip().replace(",", "."))
    except ValueError as error:
        raise Invalid(field.name, f"{field.label}: write a number.") from error
    if not field.low <= number <= field.high:
        raise Invalid(field.name, f"{field.label}: from {field.low:g} to {field.high:g}.")
    return number


def _lines(value: Any) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else list(map(str, value))
    kept = (clean_text(line, MOST_LINE) for line in lines)
    return list(dict.fromkeys(line for line in kept if line))


def _words(field: Setting, value: Any) -> list[str]:
    words = _lines(value)
    if len(words) > MOST_WORDS:
        raise Invalid(field.name, f"At most {MOST_WORDS:,} words; make a second rule for more.")
    for word in words:
        if not 2 <= letters_in(word) <= LONGEST or "*" in word.strip("*"):
            raise Invalid(field.name, f"“{word}”: a word has 2 to {LONGEST} letters, and stars only at its ends.")
    return words


def _hosts(field: Setting, value: Any) -> list[str]:
    hosts = _lines(value)
    if len(hosts) > MOST_HOSTS:
        raise Invalid(field.name, f"At most {MOST_HOSTS} hosts.")
    return list(dict.fromkeys(_host(field, host) for host in hosts))


def _host(field: Setting, text: str) -> str:
    try:
        origin = origin_of(text if "://" in text else f"https://{text.strip('.*/')}")
    except BadUrl as error:
        raise Invalid(field.name, f"“{text}” is no host. Write it as spam.example.") from error
    return origin.partition("://")[2].rpartition(":")[0] if origin.count(":") > 1 else origin.partition("://")[2]


def _choice(field: Setting, value: Any) -> str:
    if value not in dict(field.choices):
        raise Invalid(field.name, f"{field.label}: choose one of those that are offered.")
    return str(value)


def _yes(field: Setting, value: Any) -> bool:
    return value in (True, "yes", "on", "true", "1")


def _text(field: Setting, value: Any) -> str:
    text = clean_text(str(value), MOST_LINE)
    if not text:
        raise Invalid(field.name, f"{field.label}: this is missing.")
    return text


def _url(field: Setting, value: Any) -> str:
    try:
        return page_url(_text(field, value))
    except BadUrl as error:
        raise Invalid(field.name, f"{field.label}: {error}.") from error


_CHECKS: Mapping[str, Any] = {
    "number": _number,
    "share": _share,
    "words": _words,
    "hosts": _hosts,
    "choice": _choice,
    "yes": _yes,
    "text": _text,
    "secret": _text,
    "url": _url,
}


def in_words(kind: Kind, settings: Mapping[str, Any]) -> str:
    """What a rule does, as one line."""
    return str(_SAID[kind](whole(kind, settings)))


def _some(lines: Sequence[str], most: int = 4) -> str:
    more = len(lines) - most
    return ", ".join(lines[:most]) + (f" and {more} more" if more > 0 else "")


def _review_in_words(kept: Mapping[str, Any]) -> str:
    if kept["who"] == "newcomers":
        return f"comments of people with fewer than {kept['approved']} published"
    return {"nobody": "nobody's comments", "guests": "guests' comments"}.get(kept["who"], "every comment")


def _links_in_words(kept: Mapping[str, Any]) -> str:
    said = f"more than {kept['most']} links"
    if kept["newcomers_only"]:
        said += f" by people with fewer than {kept['approved']} published comments"
    return said + (f", or any to {_some(kept['hosts_refused'])}" if kept["hosts_refused"] else "")


_SAID: Mapping[Kind, Any] = {
    Kind.REVIEW: _review_in_words,
    Kind.WORDS: lambda kept: f"the words {_some(kept['words'])}",
    Kind.LINKS: _links_in_words,
    Kind.REPEATS: lambda kept: f"the same text {kept['times']} times within {kept['hours']} hours",
    Kind.FLAGS: lambda kept: f"comments whose flags weigh {kept['weight']:g} together",
    Kind.TRAP: lambda kept: "comments with the hidden field filled in",
    Kind.SPEED: lambda kept: f"comments written in less than {kept['seconds']} seconds",
    Kind.SPAM: lambda kept: f"what is {kept['at'] * 100:.0f} % like spam, after {kept['after']} of each were learned",
    Kind.AKISMET: lambda kept: "what Akismet calls spam",
    Kind.OUTSIDE: lambda kept: f"what {kept['url']} holds",
    Kind.AGE: lambda kept: f"closes sections after {kept['days']} days",
}


def _draft(kind: Kind, **settings: Any) -> RuleDraft:
    return RuleDraft(kind, FORMS[kind].title, settings_of(kind, settings))


# What a new site begins with. Nobody has to be seen first, and what is held is only what is likely nobody's opinion.
DEFAULTS: tuple[RuleDraft, ...] = (
    _draft(Kind.REVIEW, who="nobody"),
    _draft(Kind.TRAP),
    _draft(Kind.SPEED, seconds=2),
    _draft(Kind.REPEATS, times=3),
    _draft(Kind.LINKS, most=2, newcomers_only=True),
    _draft(Kind.FLAGS, weight=2.0),
    _draft(Kind.SPAM, at=0.9, after=20),
)
