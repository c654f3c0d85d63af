"""What a run had to leave out, and how to get it: said at its very end, and a failure where CI is "true".

`program("strace")` is the path of a program that Debian has; a test that cannot have it is skipped, and counted here.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from glob import glob

import pytest

# How each program is called, and what goes untested without it. Each is the name of its Debian package too.
PROGRAMS = {
    "chromium": (("chromium", "chromium-browser"), "browser"),
    "strace": (("strace",), "durability"),
    "postgresql": (("postgres",), "PostgreSQL"),
    "redis-server": (("redis-server",), "Redis"),
}
# Where Debian keeps servers that nobody starts by hand.
SERVERS = "/usr/lib/postgresql/*/bin"
# A skip that begins so is told with all others that do.
SHARED = "../shared is not here"
# The same on PostgreSQL, of tests marked `sqlite_only("what of SQLite's own it is about")`.
SQLITES = "About SQLite itself: "


def program(name: str) -> str:
    """The path of one of PROGRAMS; without it the test is skipped, but never in CI, where that would hide a hole."""
    names, _ = PROGRAMS[name]
    folders = os.pathsep.join([os.environ["PATH"], *glob(SERVERS)])
    path = next(filter(None, (shutil.which(each, path=folders) for each in names)), None)
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(_reason(name), pytrace=False)
    pytest.skip(_reason(name))


def leave_to_sqlite(items: Iterable[pytest.Item]) -> None:
    """Skip what is about SQLite itself, each for its own reason."""
    for item in items:
        if mark := item.get_closest_marker("sqlite_only"):
            item.add_marker(pytest.mark.skip(reason=f"{SQLITES}{mark.args[0]}"))


def _reason(name: str) -> str:
    return f"There is no {name} here: apt-get install {name}"


def sentences(reasons: list[str]) -> list[str]:
    """A line for each suite that was left out, from the reasons of all skips."""
    counts = Counter(reasons)
    said = [
        f"Left out: the {suite} suite ({count} tests), for want of {name}. To get it: apt-get install {name}"
        for name, (_, suite) in PROGRAMS.items()
        if (count := counts[_reason(name)])
    ]
    if counts[SHARED]:
        said.append(f"Left out: {counts[SHARED]} tests that read ../shared, which is only on the builders' machines.")
    about = {reason.removeprefix(SQLITES): n for reason, n in sorted(counts.items()) if reason.startswith(SQLITES)}
    said += [f"Left to SQLite: {count} tests about {what}." for what, count in about.items()]
    return said


def tell(reporter: pytest.TerminalReporter) -> None:
    skips = reporter.stats.get("skipped", [])
    reasons = [str(report.longrepr[2]).removeprefix("Skipped: ") for report in skips if report.longrepr]
    for sentence in sentences(reasons):
        reporter.write_line(sentence, yellow=True)
