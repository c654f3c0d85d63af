"""`postil demo` on real articles: each is found to have the sections it has, and can be discussed in every one."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from sqlmodel import col
from tests.browser.stage import Loop, Reader
from tests.databases import fresh

from postil import rulebook
from postil.app import make_app
from postil.demo.demonstration import Demonstration, prepare
from postil.models import Site
from postil.resources import make
from postil.rules import Effect, Kind
from postil.serving import config, listen
from postil.serving import prepare as prepare_service
from postil.settings import Settings

pytestmark = pytest.mark.browser

SHARED = Path(__file__).parents[3] / "shared" / "articles"
OWN = Path(__file__).parents[1] / "data" / "articles"
EXPECTED: dict[str, Any] = json.loads((SHARED / "expected.json").read_text()) if SHARED.is_dir() else {}
FILES = {
    "shipped": None,
    **{path.name: path for path in sorted(OWN.glob("*.html"))[:2]},
    **{name: SHARED / name for name in EXPECTED},
    **({"essay.txt": SHARED / "essay.txt"} if SHARED.is_dir() else {}),
}


class Theatre:
    """One service that shows every article as the demo does."""

    def __init__(self, folder: Path, database: str) -> None:
        self.loop = Loop()
        listening = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(data=folder, url=url, database_url=database, rate_limits=False)
        self.resources = make(settings)
        self.demos: dict[str, Demonstration] = {}

        async def begin() -> uvicorn.Server:
            await prepare_service(self.resources)
            for name, file in FILES.items():
                self.demos[name] = await prepare(self.resources.database, settings, file)
            await self._trust_quick_hands()
            more = [route for demo in self.demos.values() for route in demo.routes]
            app = make_app(self.resources, secret=self.resources.database.lineage.secret.encode(), more=more)
            return uvicorn.Server(config(app, settings))

        self.server = self.loop.run(begin())
        self.serving = self.loop.start(self.server.serve(sockets=[listening]))

    async def _trust_quick_hands(self) -> None:
        """A driven browser types faster than people: the rule that holds such comments is off."""
        async with self.resources.database.begin() as tx:
            for site in await tx.scalars(select(col(Site.id))):
                (rule,) = [rule for rule in await rulebook.rules_of(tx, site) if rule.kind == Kind.SPEED]
                await rulebook.write_rule(
                    tx,
                    site,
                    Kind.SPEED,
                    name=rule.name,
                    effect=Effect(rule.effect),
                    settings=rule.settings,
                    number=rule.number,
                    is_on=False,
                )

    def close(self) -> None:
        self.server.should_exit = True
        self.serving.result(20)
        self.loop.run(self.resources.database.close())
        self.loop.stop()


@pytest.fixture(scope="module")
def theatre(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    folder = tmp_path_factory.mktemp("theatre")
    with fresh(folder) as database, closing(Theatre(folder, database)) as theatre:
        yield theatre


@pytest.mark.parametrize("name", FILES)
def test_every_article_can_be_discussed(theatre: Theatre, chromium: Browser, name: str) -> None:
    url = theatre.demos[name].url
    ann, ben = Reader(chromium.new_context(), "Ann"), Reader(chromium.new_context(), "Ben")
    for reader in (ann, ben):
        reader.context.set_default_timeout(15_000)
        reader.visit(url)
    labels = [row.inner_text().replace("\n", " ") for row in ann.rows.get_by_role("button").all()]
    for section in EXPECTED.get(name, {}).get("discussed", []):
        assert any(section["heading"] in label for label in labels), section["heading"]
    assert len(labels) - len(EXPECTED.get(name, {}).get("discussed", labels)) in (0, 1), "the introduction at most"

    for reader in (ann, ben):
        reader.rows.last.get_by_role("button").click()
        reader.panel.locator("dialog[open]").wait_for()
    ann.post("Here it ends.")
    ben.pill.click()
    expect(ben.comment("Here it ends.")).to_be_visible()
    assert ann.failures == ben.failures == []
    for reader in (ann, ben):
        reader.context.close()


def test_the_shipped_article_is_a_long_essay_that_people_already_talk_about(
    theatre: Theatre, somebody: Callable[..., Reader]
) -> None:
    ann = somebody("Ann")
    ann.visit(theatre.demos["shipped"].url)
    expect(ann.rows).to_have_count(6)  # the introduction and five headed sections
    expect(ann.page.locator("[data-postil-views]")).not_to_have_text("0")
    expect(ann.page.locator("postil-row .count:visible").nth(3)).to_contain_text("comment")


def test_the_link_of_the_demo_makes_this_browser_a_moderator(theatre: Theatre, somebody: Callable[..., Reader]) -> None:
    mira = somebody("Mira")
    mira.page.goto(theatre.demos["shipped"].sign_in)
    expect(mira.page.get_by_role("status")).to_contain_text("Mira")
    mira.page.goto("about:blank")
    mira.page.goto(theatre.demos["shipped"].sign_in)
    expect(mira.page.get_by_role("status")).to_contain_text("Mira", timeout=10_000)  # spent, but this browser is known
