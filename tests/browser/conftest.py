from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser import bees as about_bees
from tests.browser.stage import Reader, Stage, open_stage

WIDE = {"width": 1360, "height": 900}
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The service and a site, for the whole run; each test takes an article of its own."""
    stage = open_stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture(params=["wide", "narrow"])
def screen(request: pytest.FixtureRequest) -> dict[str, int]:
    """A desk and a phone."""
    return WIDE if request.param == "wide" else NARROW


@pytest.fixture
def somebody(chromium: Browser) -> Iterator[Callable[..., Reader]]:
    """Make readers, each in a profile of his own. At the end nobody's page may have thrown or broken its policy."""
    readers: list[Reader] = []

    def make(name: str, screen: dict[str, int] = WIDE, **options: Any) -> Reader:
        context = chromium.new_context(viewport=screen, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        readers.append(Reader(context, name))
        return readers[-1]

    yield make
    for reader in readers:
        reader.context.close()
    assert [reader.failures for reader in readers if reader.failures] == []
    assert [reader.violations for reader in readers if reader.violations] == []


@pytest.fixture
def buzz(stage: Stage) -> str:
    """The URL of an article with two comments in each of its four sections; nobody has published it."""
    url = about_bees.edit(stage, stage.article(), about_bees.ARTICLE)
    for index, heading in enumerate(about_bees.ARTICLE):
        about_bees.say(stage, url, index, f"First about {heading}.")
        about_bees.say(stage, url, index, f"Second about {heading}.")
    return url


@pytest.fixture
def bees(stage: Stage, buzz: str) -> str:
    """The same, published."""
    about_bees.publish(stage, buzz)
    return buzz
