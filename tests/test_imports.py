"""The house's arrows: rooms import downwards only, and each library has one home (docs/architecture.md)."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "server" / "postil"

# What is done in a discussion, by readers and by moderators, and what of it is seen.
DISCUSSIONS = {
    *{"discussion", "moderation", "reading", "windows", "ready", "steps", "stamps", "recent", "sites", "people"},
    *{"appeals", "bans", "editions", "flagging", "logbook", "overlay", "ageing"},
    *{"reviewing", "inspection", "record", "claiming", "bulk"},
}

# From the top down. A module may import from its own floor and from those below; cycles are refused everywhere.
FLOORS: list[set[str]] = [
    {"cli"},
    {"commands"},
    {"demo", "watching", "sending", "workers"},
    {"serving"},
    {"app"},
    {"web"},
    {"resources"},
    {"live"},  # a socket ends with the session that opened it, so live asks auth whether one still holds
    {"auth"},
    {"publishing", "asking", "outside", "posting"},
    {"anchoring", "moving", "promotion"},
    {*DISCUSSIONS, "reference", "placing", "migrate"},
    {"judging", "learning", "rulebook", "rehearsal", "networks", "queueing", "changing", "upsert"},
    {"places"},
    {"db"},
    {"sqlite", "postgresql"},
    {"driver", "glance"},
    {"models"},
    {
        *{
            "answers",
            "article",
            "canonical",
            "cursors",
            "errors",
            "ids",
            "markup",
            "names",
            "outline",
            "policy",
            "settings",
            "languages",
            "late",
            "rendered",
        },
        *{"states", "tree", "urls", "viewer", "fingerprint", "likeness", "matching", "assignment"},
        *{"document", "dom", "apart", "fetching", "signing", "rules", "marking"},
        *{"words", "shown", "kin", "kinds", "checks"},
    },
    {""},  # the package itself: its version
]

# What asks and changes the database in sessions.
VERBS = {
    *DISCUSSIONS,
    *{"anchoring", "changing", "places", "placing", "reference", "promotion", "moving", "asking", "outside"},
    *{"judging", "learning", "rulebook", "rehearsal", "networks", "queueing"},
}
# Which modules may import a library; a room stands for all in it. What is not named here may be imported by nobody.
HOMES: dict[str, set[str]] = {
    "alembic": {"migrate"},
    "argon2": {"auth.passwords"},
    "bleach": {"markup"},
    "brotli": {"web.codings"},
    "click": {"cli", "commands"},
    "confusable_homoglyphs": {"names"},
    "dotenv": {"settings"},
    "httpcore2": {"fetching", "sending"},
    "idna": {"urls"},
    "jinja2": {"web.screens"},
    "limits": {"web"},
    "markdown_it": {"markup", "article"},
    "nh3": {"markup"},
    "prometheus_client": {"web.metrics"},
    "psycopg": {"live.postgres", "postgresql", "stamps"},
    "pydantic": {"answers", "commands", "live", "settings", "web"},
    "pyotp": {"auth.passwords"},
    "redis": {"live.redis"},
    "segno": {"web.people"},
    "sqlalchemy": {
        *{"models", "db", "glance", "sqlite", "postgresql", "driver", "migrate", "upsert"},
        *VERBS,
        *{"auth", "live", "resources"},  # sessions are read and swept where they are checked
        "web.health",  # asks whether the database answers at all
    },
    "sqlite3": {"glance", "migrate", "commands", "driver", "sqlite"},
    "sqlmodel": {
        *{"models", "upsert", "auth", "live", "resources"},
        *VERBS,
    },
    "starlette": {"web", "app", "serving", "demo"},  # the last two put the demo's own pages beside the service's
    "turbohtml": {"dom"},
    "uvloop": {"serving"},
    "uvicorn": {"serving", "demo", "web.transport", "web.wicket"},
    "websockets": {"watching", "demo", "web.transport"},  # clients; and the server's end, where uvicorn is too patient
}


@cache
def imports(source: str) -> frozenset[str]:
    """Every module that a source imports, also inside functions; `from postil import a` is postil.a."""
    return frozenset(_imports(source))


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "we import by full name"
            whole = (
                node.module == "postil" or (PACKAGE / node.module.removeprefix("postil.").replace(".", "/")).is_dir()
            )
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if whole else [node.module]


def modules() -> dict[str, str]:
    """Source by name, such as `web.pages`; a package goes by its folder's name, the topmost by none."""
    named = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        named[".".join(part for part in parts if part != "__init__")] = path.read_text()
    return named


MODULES = modules()


def inner(name: str) -> str:
    """`postil.web.pages` -> `web.pages`; a name that was imported out of a module -> that module."""
    own = name.removeprefix("postil").removeprefix(".")
    while own not in MODULES:
        own = own.rpartition(".")[0]
    return own


def floor_of(module: str) -> int:
    room = module.partition(".")[0]
    found = [number for number, floor in enumerate(FLOORS) if room in floor]
    assert found, f"{module} has no floor yet: give it one in FLOORS"
    return found[0]


def upward(module: str, source: str) -> list[str]:
    """What a module imports from above its own floor."""
    ours = {inner(name) for name in imports(source) if name.partition(".")[0] == "postil"}
    return sorted(name for name in ours if floor_of(name) < floor_of(module))


def homeless(module: str, source: str) -> list[str]:
    """Libraries that a module imports and that do not live there."""
    libraries = {name.partition(".")[0] for name in imports(source)} - {"postil"}
    guarded = {name for name in libraries if name in HOMES or name not in sys.stdlib_module_names}
    own = {module, module.partition(".")[0]}
    return sorted(name for name in guarded if not own & HOMES.get(name, set()))


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down_only(module: str) -> None:
    assert upward(module, MODULES[module]) == []


@pytest.mark.parametrize("module", MODULES)
def test_each_library_stays_in_its_home(module: str) -> None:
    assert homeless(module, MODULES[module]) == []


def test_an_arrow_that_points_up_is_seen() -> None:
    assert upward("reading", "from postil.web import pages") == ["web.pages"]
    assert upward("outline", "def late():\n    from postil import db") == ["db"]


def test_a_library_away_from_home_is_seen() -> None:
    assert homeless("web.service", "import bleach\nfrom starlette.requests import Request") == ["bleach"]
    assert homeless("tree", "import redis") == ["redis"]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: {inner(name) for name in imports(source) if name.startswith("postil.")} - {module}
        for module, source in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" > ".join(error.args[1]))


def test_every_home_is_lived_in() -> None:
    """A row that nobody needs any more would let somebody in unseen."""
    for library, homes in HOMES.items():
        users = {
            name for name, source in MODULES.items() if library in {each.partition(".")[0] for each in imports(source)}
        }
        idle = {home for home in homes if not any(home in (user, user.partition(".")[0]) for user in users)}
        assert not idle or library == "confusable_homoglyphs", f"{library} is not imported in {idle}"


def declared(*extras: str) -> set[str]:
    """Import names of what pyproject.toml asks for by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    names = {re.split(r"[^\w.-]", line)[0].lower().replace("-", "_") for line in wanted}
    called = {"markdown_it_py": "markdown_it", "argon2_cffi": "argon2", "python_dotenv": "dotenv"}
    return names | {called[name] for name in names & called.keys()}


def test_what_is_imported_was_asked_for() -> None:
    """A library that only comes along with another one leaves with it."""
    assert {name for name in HOMES if name not in sys.stdlib_module_names} <= declared("fast", "postgres", "redis")
    tests = {name for path in (ROOT / "tests").rglob("*.py") for name in imports(path.read_text())}
    foreign = (
        {name.partition(".")[0] for name in tests} - sys.stdlib_module_names - {"postil", "tests", "bench", "docs"}
    )
    assert foreign <= declared("test", "postgres", "redis") | {"pydantic_core"}
