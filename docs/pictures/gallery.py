"""Takes a picture of every state of the widget, light, dark, narrow and from right to left. `make gallery`.

    .venv/bin/python -m docs.pictures.gallery [--only PATTERN] [--looks light,dark,narrow,rtl]

The pictures and a contact sheet, index.html, are put into build/gallery/. A state that cannot be reached is named at
the end, and the exit code is 1.
"""

import argparse
import fnmatch
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from time import monotonic

from docs.pictures.take import chromium
from playwright.sync_api import Browser, sync_playwright
from tests.browser.stage import Reader, Stage, open_stage
from tests.browser.states import ENGLISH, HEBREW, STATES, Scene
from tests.conftest import ARGUMENTS

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "gallery"
WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 360, "height": 740}
LOOKS = ("light", "dark", "narrow", "rtl")


@contextmanager
def scene(stage: Stage, browser: Browser, lang: str) -> Iterator[Scene]:
    """Whoever comes into it leaves at its end."""
    readers: list[Reader] = []

    def make(name: str) -> Reader:
        context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
        context.set_default_timeout(8_000)
        readers.append(Reader(context, name))
        return readers[-1]

    here = Scene(stage, make, lang, HEBREW if lang == "he" else ENGLISH)
    try:
        yield here
    finally:
        here.end()
        for reader in readers:
            reader.context.close()


def rest(reader: Reader) -> None:
    """Wait until nothing moves any more."""
    reader.page.wait_for_function(
        "document.getAnimations({ subtree: true }).every(each => each.playState != 'running')"
    )
    reader.page.wait_for_timeout(150)


def shoot(reader: Reader, name: str, look: str, out: Path) -> None:
    """The state as it stands, in another light or on another screen."""
    page = reader.page
    page.emulate_media(color_scheme="dark" if look == "dark" else "light")
    page.set_viewport_size(NARROW if look == "narrow" else WIDE)  # type: ignore[arg-type]
    if name.startswith("rows"):
        reader.rows.first.scroll_into_view_if_needed()
    rest(reader)
    page.screenshot(path=out / f"{name}-{look}.png")


def take(stage: Stage, browser: Browser, name: str, looks: Iterable[str], out: Path) -> None:
    for lang, kinds in (("en", ("light", "dark", "narrow")), ("he", ("rtl",))):
        wanted = [look for look in kinds if look in looks]
        if not wanted:
            continue
        with scene(stage, browser, lang) as here:
            reader = STATES[name](here)
            for look in wanted:
                shoot(reader, name, look, out)


def sheet(out: Path) -> None:
    """All pictures on one page, a state a row."""
    rows = []
    for name in STATES:
        pictures = [f"{name}-{look}.png" for look in LOOKS if (out / f"{name}-{look}.png").exists()]
        shown = "".join(f'<a href="{each}"><img src="{each}" alt="{each}" loading="lazy"></a>' for each in pictures)
        if shown:
            rows.append(f'<section id="{name}"><h2>{escape(name)}</h2>{shown}</section>')
    style = "body{font:15px system-ui;margin:24px}img{height:320px;border:1px solid #ccc;margin:0 8px 8px 0}"
    head = f'<meta charset="utf-8"><title>Gallery</title><style>{style}</style>'
    (out / "index.html").write_text(f'<!doctype html><html lang="en">{head}{"".join(rows)}', "utf-8")


def unseen(out: Path) -> list[str]:
    """The states that there is no picture of."""
    return [name for name in STATES if not any((out / f"{name}-{look}.png").exists() for look in LOOKS)]


def gallery(only: str = "*", looks: Iterable[str] = LOOKS, out: Path = OUT) -> list[str]:
    """Take the pictures. Returns the states that could not be reached, each with the reason."""
    out.mkdir(parents=True, exist_ok=True)
    missed = []
    names = [name for name in STATES if fnmatch.fnmatch(name, only)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stage = open_stage(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for at, name in enumerate(names, 1):
            began = monotonic()
            try:
                take(stage, browser, name, looks, out)
                said = f"{monotonic() - began:.1f} s"
            except Exception as error:  # the others are wanted all the same
                said = f"not reached: {str(error).splitlines()[0]}"
                missed.append(f"{name}: {error}")
            print(f"{at:3} of {len(names)}  {name:28} {said}", flush=True)
        browser.close()
        stage.close()
    sheet(out)
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="names of states, with * and ?")
    parser.add_argument("--looks", default=",".join(LOOKS), help="of light, dark, narrow, rtl")
    given = parser.parse_args()
    missed = gallery(given.only, given.looks.split(","))
    print(f"See {(OUT / 'index.html').relative_to(ROOT)}.")
    if missed or unseen(OUT):
        sys.exit("\n".join(["Not reached:", *missed, "Without a picture: " + (", ".join(unseen(OUT)) or "none")]))


if __name__ == "__main__":
    main()
