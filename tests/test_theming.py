"""docs/theming.md and the widget say the same: variables with what they are by themselves, and parts."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "theming.md").read_text("utf-8")
WIDGET = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "client_widget" / "src").glob("*.js")))
# In words, as it is not a value but another variable or the page's own.
IN_WORDS = {"--postil-focus", "--postil-font", "--postil-heading-font"}
# The loader makes these parts from one list of class names.
OF_ROWS = {"row", "faces", "count", "say", "new", "bubble"}


def documented() -> dict[str, str]:
    return dict(re.findall(r"^\| `(--postil-[a-z-]+)` \|[^|]+\| `?([^|`]+)`? \|$", PAGE, re.M))


def used() -> dict[str, set[str]]:
    """Each variable that an owner may set, and what it is where he does not."""
    own = set(re.findall(r"(--postil-[a-z-]+):", WIDGET))
    found: dict[str, set[str]] = {}
    for match in re.finditer(r"var\((--postil-[a-z-]+)(?:,((?:[^()]|\([^()]*\))*))?\)", WIDGET):
        if match[1] not in own:
            found.setdefault(match[1], set()).add(match[2] or "")
    return found


def test_every_variable_that_is_used_is_described_and_every_other_way() -> None:
    assert set(documented()) == set(used())


def test_a_variable_is_by_itself_what_the_page_says() -> None:
    for name, values in used().items():
        if name not in IN_WORDS:
            assert values - {""} == {documented()[name]}, name


def test_every_part_is_described_and_every_other_way() -> None:
    parts = {part for value in re.findall(r'\bpart: "([a-z -]+)"', WIDGET) for part in value.split()}
    described = re.search(r"^## Parts\n(.*)", PAGE, re.M | re.S)
    assert described
    rows = [line.split("|")[2] for line in described[1].splitlines() if line.startswith("| `postil-")]
    assert {part for row in rows for part in re.findall(r"`([a-z-]+)`", row)} == parts | OF_ROWS
    for part in OF_ROWS:
        assert f'"{part}"' in WIDGET


def test_a_theme_sets_nothing_that_is_not_a_variable() -> None:
    themes = sorted((ROOT / "docs" / "themes").glob("*.css"))
    assert len(themes) == 4
    for path in themes:
        assert set(re.findall(r"(--postil-[a-z-]+):", path.read_text())) <= set(documented()), path.name
        assert f"(themes/{path.name})" in PAGE
        assert f"(pictures/theme-{path.stem}.png)" in PAGE
