"""Another site's page would write in a guest's name, with his cookie and the form's own seal. Nothing changes, and the
same form sent by his own hand does."""

from collections.abc import Iterator
from html import escape

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from tests.attacks.flood import local
from tests.attacks.witness import Witness
from tests.browser.stage import Articles, Stage, open_stage
from tests.service import outlined

pytestmark = pytest.mark.browser

EVIL = """<!doctype html><meta charset=utf-8><title>evil</title>
<form method=post action="{action}" {more}><input name=seal value="{seal}"><input name=do value=post>
<input name=name value=Nora><input name=source value=forged><input name=reason value=spam><button>Win</button></form>"""
FRAME = """<!doctype html><meta charset=utf-8><title>evil</title><iframe src="{src}"></iframe>"""


@pytest.fixture(scope="module")
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = open_stage(tmp_path_factory.mktemp("guests"))
    yield stage
    stage.close()


@pytest.fixture
def evil() -> Iterator[Articles]:
    articles = Articles()
    yield articles
    articles.close()


def test_another_site_s_page_writes_nothing_in_a_guest_s_name(
    stage: Stage, evil: Articles, context: BrowserContext
) -> None:
    url = stage.article()
    with httpx2.Client(base_url=local(stage), trust_env=False) as http:
        draft = {"page": {"url": url}, **outlined(1), "name": "Ann", "nonce": "n" * 12, "source": "Hello."}
        headers = {"Origin": stage.site, "Postil-Author": "a" * 43}
        comment = http.post("/v1/comments", json=draft, headers=headers).json()["comment"]["id"]

        def said() -> list[str]:
            window = http.get(f"/v1/comments/{comment}/around").json()
            return [each["html"] for each in window["comments"]]

        home = f"http://evil.test:{evil.port}"
        neighbour = f"http://evil.talk.localhost:{evil.port}"
        witness = Witness(context, home=[stage.service, stage.site, home, neighbour])
        page = context.new_page()
        form = f"{stage.service}/t/c/{comment}/reply"
        page.goto(form)
        page.get_by_label("Your reply").fill("By my own hand.")
        page.get_by_label("Your name").fill("Nora")
        page.get_by_role("button", name="Post").click()
        expect(page.locator("article:target")).to_contain_text("By my own hand.")
        before = said()
        for verb in ("reply", "flag", "support"):
            action = f"{stage.service}/t/c/{comment}/{verb}"
            page.goto(action)
            seal = escape(page.locator("[name=seal]").get_attribute("value") or "")
            for number, more in enumerate(("", "enctype=text/plain", "rel=noreferrer")):
                evil.pages[f"/{verb}-{number}"] = EVIL.format(action=action, seal=seal, more=more)
                for site in (home, neighbour):
                    page.goto(f"{site}/{verb}-{number}")
                    with page.expect_response(action) as answered:
                        page.get_by_role("button").click()
                    assert answered.value.status == 403, (verb, more, site)
        assert said() == before

        evil.pages["/frame"] = FRAME.format(src=form)
        page.goto(f"{home}/frame")
        assert page.frames[1].url != form or "Your reply" not in page.frames[1].content()
        assert witness.answers, "the browser was heard all the while"
