"""The widget as a wheel carries it: the same modules, joined into what a reader's browser asks for, and minified.

A checkout serves the sources as they lie. A wheel is made for readers: one request for the loader, one for the panel.
What the panel asks for later (moderators' part, say) is a file of its own, which has from the panel, and from other
such files, what both need: no part of the widget is sent twice.
Hatchling calls Bundle when it builds the wheel; `python client_widget/bundle.py FOLDER` writes the files by hand.
"""

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import ascii_letters
from typing import Any

SOURCES = Path(__file__).parent / "src"
# What a page asks for by name; all else is joined into these.
ENTRIES = ("panel.js", "elements.js", "sign-in.js", "anchors.js", "queue.js")
LOADER = "postil.js"
# For who writes TypeScript; served to nobody.
TYPES = Path(__file__).parent / "postil.d.ts"
VERSION_MARK = "__POSTIL_VERSION__"
# After so many nothing is won.
ITERATIONS = 15

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.M)
# Not `import("./panel.js").Panel`, which is a type in a comment.
_LATER = re.compile(r'\bimport\("\./([\w-]+\.js)"\)(?!\.(?!then\())')
_INLINE = re.compile(r"const \{[^}]*\} = await import\(`\$\{modules\}([\w-]+\.js)`\);")
_NAMED = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.M)
_PATTERN = re.compile(r"^(?:const|let) [\[{]([^\]}]*)[\]}]", re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|class|function))", re.M)
_CONST = re.compile(r"\bconst(?= [\w{\[$])")
_EXPORTED = re.compile(r"^export (?:async )?(?:const|let|class|function) (\w+)", re.M)


class CannotBundle(ValueError):
    """The sources are not of the plain form that can be joined; the sentence says where."""


def bundle(folder: Path = SOURCES) -> dict[str, str]:
    """Every file that a wheel serves: name -> minified text."""
    sources = {path.name: path.read_text() for path in folder.glob("*.js")}
    joined: dict[str, str] = {}
    for entry in ENTRIES:
        joined[entry] = _as_module(entry, sources)
        for apart in _apart(entry, sources):
            joined[apart] = _as_part(apart, entry, sources)
    joined[LOADER] = _INLINE.sub(
        lambda found: _flat(list(dict.fromkeys(_needed(found[1], sources))), sources), sources[LOADER]
    )
    files = {name: _minified(text) for name, text in joined.items()}
    return files | {f"lang/{path.name}": _compact(path) for path in (folder / "lang").glob("*.json")}


def _as_module(entry: str, sources: dict[str, str]) -> str:
    """A module that exports what `entry` does, and what the parts that it asks for later take from it."""
    parts = list(dict.fromkeys(_needed(entry, sources)))
    names = _EXPORTED.findall(sources[entry])
    if not (letters := _letters(entry, sources)):
        return _exporting(parts, sources, names, ", ".join(names))
    shared = ", ".join(f"{letter}: {name}" for name, letter in letters.items())
    return _exporting(parts, sources, [*names, "shared"], ", ".join([*names, f"shared: {{ {shared} }}"]))


def _as_part(apart: str, entry: str, sources: dict[str, str]) -> str:
    """A module that is asked for later, and takes from the one that asks, and from others like it, what both need."""
    letters, shared, others = _letters(entry, sources), _shared(apart, entry, sources), _others(apart, entry, sources)
    names = _EXPORTED.findall(sources[apart])
    taken = "".join(f'import {{ {", ".join(some)} }} from "./{other}";\n' for other, some in others.items())
    given = ""
    if shared:
        taken += f'import {{ shared as module_shared }} from "./{entry}";\n'
        given = f"const {{ {', '.join(f'{letters[name]}: {name}' for name in shared)} }} = module_shared;\n"
    known = [*shared, *(name for some in others.values() for name in some)]
    return taken + _exporting(_own(apart, entry, sources), sources, names, ", ".join(names), given, known)


def _letters(entry: str, sources: dict[str, str]) -> dict[str, str]:
    """What a module hands to those that it asks for later: each name, and the short one under which it goes."""
    names = sorted({name for apart in _apart(entry, sources) for name in _shared(apart, entry, sources)})
    return {name: f"{ascii_letters[at % 52]}{at // 52 or ''}" for at, name in enumerate(names)}


def _exporting(
    parts: Sequence[str],
    sources: dict[str, str],
    names: Sequence[str],
    value: str,
    given: str = "",
    shared: Sequence[str] = (),
) -> str:
    """The parts in one function, where names can be made short, and stand before none of the browser's outside."""
    body = given + _flat(parts, sources, shared)
    if not names:
        return f"(() => {{\n{body}}})();\n"
    taken = ", ".join(f"{name}: module_{name}" for name in names)
    exported = ", ".join(f"module_{name} as {name}" for name in names)
    return f"const {{ {taken} }} = (() => {{\n{body}\nreturn {{ {value} }};\n}})();\nexport {{ {exported} }};\n"


def _apart(entry: str, sources: dict[str, str]) -> list[str]:
    """What a module, or what it is made of, asks for later."""
    return list(dict.fromkeys(name for part in _needed(entry, sources) for name in _LATER.findall(sources[part])))


def _own(apart: str, entry: str, sources: dict[str, str]) -> list[str]:
    """The modules that a part is made of: not those of the one that asks for it, nor what is a file of its own."""
    elsewhere = {*_needed(entry, sources), *_apart(entry, sources)} - {apart}
    return list(dict.fromkeys(_needed(apart, sources, elsewhere=frozenset(elsewhere))))


def _taken(apart: str, entry: str, sources: dict[str, str]) -> dict[str, list[str]]:
    """What a part's modules import from elsewhere: module -> names."""
    own, taken = _own(apart, entry, sources), dict[str, set[str]]()
    for names, module in (found for part in own for found in _IMPORT.findall(sources[part])):
        if module not in own:
            taken.setdefault(module, set()).update(name.strip() for name in names.split(","))
    return {module: sorted(names) for module, names in sorted(taken.items())}


def _shared(apart: str, entry: str, sources: dict[str, str]) -> list[str]:
    """The names that a part takes from modules which the one that asks for it has already."""
    has, taken = set(_needed(entry, sources)), _taken(apart, entry, sources)
    return sorted(name for module, names in taken.items() if module in has for name in names)


def _others(apart: str, entry: str, sources: dict[str, str]) -> dict[str, list[str]]:
    """The names that it takes from other files that are asked for later: file -> names."""
    has, taken = set(_needed(entry, sources)), _taken(apart, entry, sources)
    return {module: names for module, names in taken.items() if module not in has}


def _flat(parts: Sequence[str], sources: dict[str, str], given: Sequence[str] = ()) -> str:
    """
    Modules as statements for one function to hold: no name may stand at the top of two of them. One of the browser's
    (`open`) stands before that for all of them: who means the browser's writes `window.open`.
    """
    names = [*given, *(name for part in parts for name in named_at_top(sources[part]))]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CannotBundle(f"{', '.join(parts)}: {', '.join(twice)} stands in two of them. Rename one.")
    return "".join(_without_modules(sources[part]) for part in parts)


def named_at_top(source: str) -> list[str]:
    """What a module gives a name to, outside of its functions and classes."""
    patterns = ",".join(_PATTERN.findall(source)).split(",")
    return _NAMED.findall(source) + [each.split("=")[0].split(":")[-1].strip() for each in patterns if each.strip()]


def _needed(
    entry: str, sources: dict[str, str], above: tuple[str, ...] = (), elsewhere: frozenset[str] = frozenset()
) -> Iterator[str]:
    """A module after everything that it imports, but what is to be had `elsewhere`."""
    if entry in above:
        raise CannotBundle(f"{' imports '.join((*above, entry))}: a circle.")
    for _, name in _IMPORT.findall(sources[entry]):
        if name not in elsewhere:
            yield from _needed(name, sources, (*above, entry), elsewhere)
    yield entry


def _without_modules(source: str) -> str:
    source = _EXPORT.sub("", _IMPORT.sub("", source))
    if left := re.search(r"^(?:import|export)\b.*", source, re.M):
        raise CannotBundle(f"“{left[0]}” is not of the form that can be joined.")
    return source


def _compact(catalog: Path) -> str:
    return json.dumps(json.loads(catalog.read_text("utf-8")), ensure_ascii=False, separators=(",", ":"))


def _minified(source: str) -> str:
    import minify

    # One word for all that is named, so that more of it is said at once, and packs better. Who would write to a
    # constant was told so by the sources, which tests and tsc run as they lie.
    source = _CONST.sub("let", source)
    # Sheets and selectors are template literals, which no minifier of JavaScript looks into.
    text: str = minify.string("application/javascript", source)
    return re.sub(r"(?<=[,;{}>])\n\s*", "", text)


def write(folder: Path) -> None:
    """The files, and beside each what is sent of it: zopfli takes seconds to find what gzip does not."""
    import brotli
    import zopfli.gzip

    (folder / "lang").mkdir(exist_ok=True)
    for name, text in named(bundle()).items():
        (folder / name).write_text(text, "utf-8")
        (folder / f"{name}.gz").write_bytes(zopfli.gzip.compress(text.encode(), numiterations=ITERATIONS))
        (folder / f"{name}.br").write_bytes(brotli.compress(text.encode()))
    (folder / TYPES.name).write_text(TYPES.read_text("utf-8"), "utf-8")


def named(files: dict[str, str]) -> dict[str, str]:
    """The loader knows under which version the rest is served (web/static.py reads it there): the hash of all."""
    whole = "".join(f"{name}\0{text}\0" for name, text in sorted(files.items()))
    return files | {LOADER: files[LOADER].replace(VERSION_MARK, hashlib.sha256(whole.encode()).hexdigest()[:12])}


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, where hatchling is not
    BuildHookInterface = object


class Bundle(BuildHookInterface):  # type: ignore[misc,valid-type]
    """Hatchling's hook: the wheel's `postil/widget` is what bundle() makes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory()
        write(Path(self.folder.name))
        build_data["force_include"][self.folder.name] = "postil/widget"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.folder.cleanup()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
