"""Times as moderators read them: how long ago in a few letters, and when exactly. Pure; all of it UTC."""

from datetime import UTC, datetime

_UNITS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("h", 3600), ("min", 60))


def span(seconds: int) -> str:
    """“2 min”, “3 h”, “14 months”; “now” for less than a minute."""
    for unit, size in _UNITS:
        if (count := seconds // size) >= 1 and (unit != "year" or count >= 2):
            plural = "s" if count > 1 and unit in ("year", "month", "day") else ""
            return f"{count} {unit}{plural}"
    return "now"


def ago(at: int, now: int) -> str:
    """The same in a sentence: “2 min ago”, “just now”."""
    said = span(now - at)
    return "just now" if said == "now" else f"{said} ago"


def exact(at: int) -> str:
    """“22 November 2026, 18:07 UTC”."""
    return f"{datetime.fromtimestamp(at, UTC):%-d %B %Y, %H:%M} UTC"


def day(at: int) -> str:
    """“22 November 2026”: it stays true of a page that is kept."""
    return f"{datetime.fromtimestamp(at, UTC):%-d %B %Y}"


def iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def clock(at: int, now: int) -> str:
    """The time of day for today, else the day: “18:07”, “3 Nov”, “3 Nov 2025”."""
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then:%-d %b}" if then.year == today.year else f"{then:%-d %b %Y}"


def month(at: int, now: int) -> str:
    """“in March”, “in March 2024”, “this month”."""
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    if (then.year, then.month) == (today.year, today.month):
        return "this month"
    return f"in {then:%B}" if then.year == today.year else f"in {then:%B %Y}"
