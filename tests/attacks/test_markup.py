"""Thousands of hostile strings against the layers of `markup`, in a real browser."""

import html
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.attacks.corpora import EVERYTHING, HERE, addresses, strings
from tests.attacks.harness import Result, assault

from postil.markup import Refused, agree, alarms, clean, render, vet
from postil.names import tidy
from postil.rendered import MAX_SOURCE

pytestmark = pytest.mark.browser

folders = pytest.mark.parametrize("folder", [pytest.param(HERE, id="a fifth"), EVERYTHING])

# Its href is a character reference of 5,000 digits, over which bleach raises: refused, as render() would.
UNREADABLE = {"own:743c36c4c223"}


def attack(chromium: Browser, texts: dict[str, str], layer: Callable[[str], str]) -> Result:
    return assault(chromium, {key: layer(text) for key, text in texts.items()})


def all_harmless(result: Result) -> bool:
    assert result.attempts == []
    assert result.requests == []
    assert result.offences == {}
    return result.harmless


def test_raw_strings_do_attack_the_page(chromium: Browser) -> None:
    """The control: what stops nothing is seen to stop nothing."""
    result = assault(chromium, strings(HERE))

    assert len(result.attempts) > 500
    assert len(result.offences) > 500
    assert not result.harmless


@folders
def test_the_cleaner_alone_lets_nothing_through(chromium: Browser, folder: Path) -> None:
    readable = {key: text for key, text in strings(folder).items() if key not in UNREADABLE}
    bombs = {key for key, text in readable.items() if len(text) > MAX_SOURCE or text.count("<") > 1_000}

    result = attack(chromium, {key: readable[key] for key in readable.keys() - bombs}, lambda t: clean(tidy(t)))

    assert all_harmless(result)
    assert result.links > 100


@folders
def test_what_the_server_renders_lets_nothing_through(chromium: Browser, folder: Path) -> None:
    result = attack(chromium, strings(folder), lambda text: render(text).html)

    assert all_harmless(result)
    assert result.links > 100
    assert result.mutations == []


@folders
def test_no_layer_had_to_save_another(folder: Path) -> None:
    """A fallback for disagreement would mean that markdown and bleach together had let something through."""
    before = alarms.copy()
    for text in strings(folder).values():
        render(text)

    assert (alarms - before).keys() <= {"too-long", "too-deep", "too-many-elements", "too-many-brackets", "too-big"}


def test_the_cleaner_refuses_what_it_cannot_read() -> None:
    unreadable = strings(HERE)[UNREADABLE.copy().pop()]

    with pytest.raises(ValueError):
        clean(unreadable)
    assert "&lt;a href=" in render(unreadable).html


WAYS = {
    "link": "[x]({})",
    "angled": "[x](<{}>)",
    "titled": '[x]({} "title")',
    "autolink": "<{}>",
    "image": "![x]({})",
    "reference": "[x]\n\n[x]: {}",
    "bare": "see {} there",
    "fence": "```{}\ncode\n```",
}


def ways_in(urls: dict[str, str]) -> dict[str, str]:
    return {f"{key} {way}": text.format(url) for key, url in urls.items() for way, text in WAYS.items()}


@folders
def test_no_link_leads_astray(chromium: Browser, folder: Path) -> None:
    result = attack(chromium, ways_in(addresses(folder)), lambda text: render(text).html)

    assert all_harmless(result)
    assert result.links > 100


def disguised(count: int) -> dict[str, str]:
    """Addresses put together from what has fooled cleaners. Always the same ones."""
    pick = random.Random(1876).choice
    schemes = "javascript vbscript data blob file about intent tel ftp view-source http https mailto".split()
    noise = [
        "",
        "",
        "\t",
        "\n",
        " ",
        "\x00",
        "\x01",
        "\u200b",
        "\u202e",
        "\ufeff",
        "&#9;",
        "&Tab;",
        "&colon;",
        "`",
        "é",
    ]
    colons = [":", ":", "&#58;", "&#x3a;", "&colon;", "\uff1a", ":\u200d", "\t:", "://", ":\\\\", ":///", "//"]
    rests = [
        "alert(1)",
        "123",
        "`Привет 1`",
        "//host/%0aalert(1)",
        "text/html,<script>alert(1)</script>",
        "a@b.example",
    ]
    rests += [
        "user:pw@host.example",
        "host.example\\@evil.example",
        "[::1]/x",
        "0x7f.1",
        "//evil.example",
        "K\u212a.example",
    ]

    def one() -> str:
        scheme = "".join(pick(noise) + (c.upper() if pick("01") == "1" else c) for c in pick(schemes))
        plain = pick(schemes)
        return pick(noise) + pick([scheme, plain, plain]) + pick(noise) + pick(colons) + pick(noise) + pick(rests)

    return {f"disguised {n}": one() for n in range(count)}


@pytest.mark.parametrize("count", [1_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_no_disguise_gets_an_address_past_the_cleaner(chromium: Browser, count: int) -> None:
    hrefs = {key: f'<a href="{url}">x</a>' for key, url in disguised(count).items()}
    written = {key: f"[x](<{url}>) {url}" for key, url in disguised(count).items()}

    assert all_harmless(attack(chromium, hrefs, lambda text: clean(tidy(text))))
    assert all_harmless(attack(chromium, written, lambda text: render(text).html))


def test_the_browser_reads_every_vetted_address_as_it_was_vetted(chromium: Browser) -> None:
    found = [url for text in strings(HERE).values() for url in re.findall(r"(?:https?|mailto):\S+", text)]
    vetted = sorted({url for url in [*found, *disguised(20_000).values()] if vet(url)})
    links = {url: f'<a href="{html.escape(url)}" rel="nofollow ugc noopener noreferrer">x</a>' for url in vetted}

    result = assault(chromium, links)

    assert all_harmless(result)
    assert result.links == len(vetted) > 50


@folders
def test_the_second_parser_agrees_to_nothing_that_the_browser_would_object_to(chromium: Browser, folder: Path) -> None:
    """Fed raw strings, with neither markdown nor bleach before it."""
    agreed = {key: text for key, text in strings(folder).items() if agrees(tidy(text))}

    assert all_harmless(assault(chromium, agreed))
    assert 100 < len(agreed) < len(strings(folder)) / 2


def agrees(markup: str) -> bool:
    try:
        agree(markup)
    except Refused:
        return False
    return True
