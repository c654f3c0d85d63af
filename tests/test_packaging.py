"""The wheel holds all that an installed Postil needs, and the exact versions agree with the ranges."""

import re
import subprocess
import sys
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+-]+)")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Built from the checkout without network, as a release would be."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.glob("postil-*.whl")
    return ZipFile(file)


def files(folder: str, *endings: str) -> set[str]:
    """The names of a folder's files in the checkout, from there."""
    base = ROOT / folder
    return {str(path.relative_to(base)) for path in base.rglob("*") if path.suffix in endings}


@pytest.mark.parametrize(
    "inside, folder, endings",
    [
        ("postil/", "server/postil", (".py", ".typed", ".html", ".css", ".md", ".json", ".svg")),
        ("postil/migrations/", "alembic", (".py", ".mako")),
    ],
    ids=["package", "migrations"],
)
def test_the_wheel_holds_every_file(wheel: ZipFile, inside: str, folder: str, endings: tuple[str, ...]) -> None:
    wanted = files(folder, *endings)
    assert wanted, "nothing was looked for"
    assert {inside + name for name in wanted} <= set(wheel.namelist())


def test_the_wheel_holds_a_widget_that_misses_no_module(wheel: ZipFile) -> None:
    """Joined and minified: what any of its files still imports by name lies beside it."""
    widget = {name.removeprefix("postil/widget/"): name for name in wheel.namelist() if "/widget/" in name}
    assert {"postil.js", "panel.js", "sign-in.js"} <= set(widget)
    texts = "\n".join(wheel.read(name).decode() for inside, name in widget.items() if inside.endswith(".js"))
    asked_for = set(re.findall(r"""(?:from\s*|import\(?\s*)["'`](?:\./|\$\{\w+\})([\w-]+\.js)""", texts))
    assert "panel.js" in asked_for
    assert asked_for <= set(widget)
    assert {f"lang/{name}" for name in files("client_widget/src/lang", ".json")} <= set(widget)


def test_the_wheel_holds_nothing_else(wheel: ZipFile) -> None:
    names = wheel.namelist()
    assert all(re.match(r"postil(-[^/]+\.dist-info)?/", name) for name in names)
    assert not [name for name in names if name.endswith((".pyc", ".db", ".ts", ".tmp")) and "/widget/" not in name]
    assert [name for name in names if name.endswith(".ts")] == ["postil/widget/postil.d.ts"]


def test_the_wheel_says_what_it_is(wheel: ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    said = Parser().parsestr(wheel.read(metadata).decode())
    assert said["Name"] == "postil"
    assert said["License-Expression"] == "MIT"
    assert "discuss each section" in said["Summary"]
    (scripts,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    assert "postil = postil.cli:main" in wheel.read(scripts).decode()


def test_constraints_are_exact_versions_and_no_addresses() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


def test_every_asked_for_library_has_its_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = {canonical(line) for line in [*project["dependencies"], *(line for extra in extras for line in extra)]}
    pinned = {canonical(line) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert wanted <= pinned, "run `make constraints`"


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def test_ranges_and_exact_versions_agree() -> None:
    """What is installed was chosen by both; pip would say where they fall apart."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_there_are_no_lock_files_and_no_second_alembic() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    tracked = done.stdout.splitlines()
    assert "pyproject.toml" in tracked
    refused = {"uv.lock", "poetry.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
    assert not [name for name in tracked if Path(name).name in refused]
