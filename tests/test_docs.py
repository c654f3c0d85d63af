"""The pages say all there is: every setting, route, error, command, message and attribute has its line."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import click
import pytest
from starlette.routing import Route, WebSocketRoute

from postil.article import snippet
from postil.cli import main
from postil.errors import PostilError
from postil.live import wire
from postil.settings import Settings
from postil.web import live, problems, transport
from postil.web.api import Operation
from postil.web.limits import LIMITS
from postil.web.routes import routes
from postil.web.static import Widget

ROOT = Path(__file__).parents[1]
WIDGET = "\n".join(path.read_text() for path in sorted((ROOT / "client_widget" / "src").glob("*.js")))
# Not listed by `git ls-files`: a page that somebody is writing counts from its first line on.
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def page(name: str) -> str:
    return (ROOT / name).read_text()


def row(text: str, first: str) -> str:
    """The row of a table that begins with `first` as code."""
    found = [line for line in text.splitlines() if line.startswith(f"| `{first}` |")]
    assert found, f"no row begins with | `{first}` |"
    return found[0]


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_a_setting_has_its_row(name: str) -> None:
    said = row(page("docs/settings.md"), f"POSTIL_{name.upper()}")
    default = Settings.model_fields[name].default
    shown = (
        str(default).lower() if isinstance(default, bool) else f"{default:g}" if isinstance(default, float) else default
    )
    assert f"`{shown}`" in said or (default == "" and "empty" in said)


def doors() -> Iterator[str]:
    """A page's row tells of its form too; a form without a page of its own has a row."""
    shown = {route.path for route in routes(Widget()) if isinstance(route, Route) and "GET" in (route.methods or ())}
    for route in routes(Widget()):
        if isinstance(route, Operation):
            yield f"{route.method.upper()} {route.path}"
        elif isinstance(route, WebSocketRoute) or (isinstance(route, Route) and route.path in shown):
            yield f"GET {route.path}"
        elif isinstance(route, Route):
            yield f"POST {route.path}"


@pytest.mark.parametrize("door", list(doors()))
def test_a_route_has_its_row(door: str) -> None:
    row(page("docs/api.md"), door)


def errors(parent: type[PostilError] = PostilError) -> Iterator[type[PostilError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from errors(child)


CODES = {error.code: error for error in errors() if error.__module__.startswith("postil.") or error is PostilError}


@pytest.mark.parametrize("code", sorted(CODES))
def test_an_error_has_its_row_with_its_status(code: str) -> None:
    said = row(page("docs/api.md"), code)
    assert f"| {problems.status_of(CODES[code])} |" in said


@pytest.mark.parametrize("name", list(LIMITS))
def test_a_limit_has_its_row_with_its_rates(name: str) -> None:
    said = row(page("docs/api.md"), name)
    for rate in LIMITS[name].rates.split(";"):
        amount, per = rate.split("/")
        assert f"{amount} a {per}" in said


def commands(group: click.Group, path: str = "postil") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(main))


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_has_its_part_with_every_option(name: str) -> None:
    part = re.search(rf"^## `{name}\b.*?(?=^## |\Z)", page("docs/cli.md"), re.MULTILINE | re.DOTALL)
    assert part, f"docs/cli.md has no part “## `{name} …`”"
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            assert f"`{parameter.opts[0]}" in part[0]
        else:
            assert (parameter.metavar or parameter.human_readable_name) in part[0].splitlines()[0]


def message_types() -> set[str]:
    found = set()
    for shape in vars(wire).values():
        kind = getattr(shape, "model_fields", {}).get("type")
        if kind is not None and get_origin(kind.annotation) is Literal:
            found |= set(get_args(kind.annotation))
    return found


@pytest.mark.parametrize("kind", sorted(message_types()))
def test_a_message_has_its_part(kind: str) -> None:
    assert f'"type": "{kind}"' in page("docs/live.md")


@pytest.mark.parametrize("code", [live.TRY_AGAIN, live.POLICY, live.RESTART, live.REVOKED, transport.TOO_BIG])
def test_a_close_code_has_its_row(code: int) -> None:
    row(page("docs/live.md"), str(code))


def attributes() -> set[str]:
    """What the widget reads from a page: options of its script tag, and marks on the article."""
    shapes = (ROOT / "client_widget" / "types.d.ts").read_text("utf-8")
    options = re.search(r"options: \{(.*?)\};", shapes, re.S)
    assert options, "sections.js does not read its options as it used to"
    marks = set(re.findall(r"data-postil-[a-z-]+", WIDGET))
    camel = {
        re.sub(r"[A-Z]", lambda big: f"-{big[0].lower()}", name) for name in re.findall(r"dataset\.(postil\w+)", WIDGET)
    }
    return {f"data-{name}" for name in re.findall(r"(\w+)\?:", options[1])} | marks | {f"data-{name}" for name in camel}


@pytest.mark.parametrize("name", sorted(attributes()))
def test_an_attribute_of_the_widget_has_its_row(name: str) -> None:
    row(page("docs/widget.md"), name)


def test_the_snippet_is_the_one_that_is_handed_out() -> None:
    for name in ("README.md", "docs/widget.md"):
        lines = [line.strip() for line in page(name).splitlines()]
        first, second = snippet("https://talk.example.com").splitlines()
        assert lines[lines.index(first) + 1] == second


def test_every_command_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    for path in PAGES:
        text = path.read_text()
        assert set(re.findall(r"\bmake ([a-z]+)`", text)) <= targets, path
        assert {words.strip() for words in re.findall(r"`postil ((?:(?:site|page) )?[a-z]+)", text)} <= {
            name.removeprefix("postil ") for name in COMMANDS
        }, path


def test_the_readme_opens_with_a_picture_and_the_two_commands() -> None:
    opening = page("README.md").split("\n## ")[0] + page("README.md").split("\n## ")[1]
    assert re.search(r"!\[[^\]]+\]\(docs/pictures/[\w-]+\.png\)", opening)
    assert "make demo" in opening
    assert "make test" in opening


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads(page("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    for line in [*project["dependencies"], *(line for extra in extras for line in extra)]:
        row(page("docs/dependencies.md"), re.split(r"[^\w.-]", line)[0])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), target


def test_pages_use_the_words_of_the_house() -> None:
    """One word for one thing; these are what others call ours."""
    for path in PAGES:
        found = re.findall(r"\b(upvotes?|downvotes?|shadow-?ban\w*|admins?)\b", path.read_text(), re.IGNORECASE)
        assert not found, f"{path.name}: {found}"
