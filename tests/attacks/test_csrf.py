"""Another site's page tries to act in its visitor's name: by fetch, form, beacon, socket and message. Nothing changes,
and the same thing done from the registered site does."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests import databases, left_out
from tests.attacks.flood import local
from tests.attacks.witness import Witness
from tests.browser.stage import Articles, Reader, Stage, open_stage
from tests.conftest import ARGUMENTS
from tests.service import outlined

from postil import people, sites
from postil.viewer import Role

pytestmark = pytest.mark.browser

EVIL_PAGE = """<!doctype html><meta charset=utf-8><title>evil</title><script>
const heard = [];
addEventListener("message", ({ data }) => heard.push(data));
</script>"""

# What any page can have its visitor's browser send. Answers what each way saw: a status, or that it saw nothing.
WAYS = """async ({ service, url, body, comment, author, token }) => {
  const { source, ...rest } = body;
  const text = JSON.stringify(body);
  const ask = (path, more) => fetch(service + path, more).then((answer) => answer.status, () => "refused");
  const write = (method, path, headers, json) => ask(path, {
    method, headers: { ...headers, "Content-Type": "application/json" }, body: json && JSON.stringify(json),
  });
  const blind = (path, type, body) =>
    ask(path, { method: "POST", mode: "no-cors", headers: { "Content-Type": type }, body });
  const form = (path, enctype) => new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), { name: Math.random() });
    const form = document.createElement("form");
    Object.assign(form, { action: service + path, method: "post", enctype, target: frame.name });
    // As text/plain this is the very JSON, whose source is "forged=1".
    const name = `${JSON.stringify(rest).slice(0, -1)},"source":"forged`;
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: '1"}' }));
    document.body.append(frame, form);
    form.submit();
    setTimeout(() => done("sent"), 500);
  });
  const socket = () => new Promise((done) => {
    const made = new WebSocket(`${service.replace("http", "ws")}/v1/live`);
    made.onopen = () => (made.close(), done("open"));
    made.onerror = () => done("refused");
  });
  const hide = `/v1/comments/${comment}/hide`;
  const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];
  const seen = {};
  if (location.hostname === "evil.test") {
    for (const type of types) {
      seen[`no-cors post ${type}`] = await blind("/v1/comments", type, text);
      seen[`no-cors hide ${type}`] = await blind(hide, type, "{}");
      seen[`form post ${type}`] = await form("/v1/comments", type);
      seen[`form hide ${type}`] = await form(hide, type);
      navigator.sendBeacon(`${service}/v1/comments`, new Blob([text], { type }));
    }
    navigator.sendBeacon(`${service}/v1/comments`, new Blob([text], { type: "application/json" }));
    seen["get hide"] = await ask(`${hide}?_method=POST`, { mode: "no-cors" });
  }
  seen.socket = await socket();
  seen.post = await write("POST", "/v1/comments", {}, body);
  seen["post as author"] = await write("POST", "/v1/comments", { "Postil-Author": author }, body);
  seen.edit = await write("PATCH", `/v1/comments/${comment}`, { "Postil-Author": author }, { source: "forged" });
  seen.hide = await write("POST", hide, { Authorization: `Bearer ${token}` }, {});
  seen.remove = await write("DELETE", `/v1/comments/${comment}`, { "Postil-Author": author });
  return seen;
}"""

# All sorts of messages, the true one among them.
FUZZ = """async ([name, grant]) => {
  const pick = (...from) => from[Math.floor(Math.random() * from.length)];
  const odd = () => pick(null, undefined, 0, NaN, "", "grant", [], {}, grant.code, grant.nonce, { toString: 1 });
  const shapes = [
    odd, () => grant, () => JSON.stringify(grant), () => ({ postil: "grant", grant }), () => ({ postil: odd() }),
    () => ({ ...grant, nonce: odd() }), () => ({ ...grant, code: odd() }), () => ({ ...grant, origin: odd() }),
  ];
  for (let n = 0; n < 1000; n++) window[name].postMessage(pick(...shapes)(), "*");
  window[name].postMessage(grant, "*");
}"""


@dataclass
class Scene:
    stage: Stage
    evil: str

    @property
    def http(self) -> httpx2.Client:
        return httpx2.Client(base_url=local(self.stage), trust_env=False)

    def comment(self, url: str, author: str) -> str:
        body = {"page": {"url": url}, **words("Mine."), **outlined(1)}
        with self.http as http:
            answer = http.post("/v1/comments", json=body, headers={"Origin": self.stage.site, "Postil-Author": author})
        return str(answer.json()["comment"]["id"])

    def grant(self) -> str:
        """A code that is good for the site's page, for a minute."""
        with self.http as http:
            code = self.stage.sign_in_link(f"Mod {secrets.token_hex(3)}").split("#")[1]
            signed = http.post("/v1/sign-in", json={"code": code}, headers={"Origin": self.stage.service}).json()
            headers = {"Origin": self.stage.service, "Authorization": f"Bearer {signed['token']}"}
            return str(http.post("/v1/grants", json={"origin": self.stage.site}, headers=headers).json()["code"])

    def token(self) -> str:
        with self.http as http:
            answer = http.post("/v1/grants/redeem", json={"code": self.grant()}, headers={"Origin": self.stage.site})
        return str(answer.json()["token"])

    def written(self) -> list[str]:
        """The whole database."""
        return databases.dump(self.stage.resources.settings.database)


def words(source: str) -> dict[str, str]:
    return {"name": "Ann", "nonce": secrets.token_urlsafe(12), "source": source}


@pytest.fixture(scope="module")
def scene(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    stage, evil = open_stage(tmp_path_factory.mktemp("csrf")), Articles()
    evil.pages["/"] = EVIL_PAGE
    yield Scene(stage, f"http://evil.test:{evil.port}")
    evil.close()
    stage.close()


@pytest.fixture
def witness(scene: Scene, context: BrowserContext) -> Witness:
    return Witness(context, home=[scene.stage.service, scene.stage.site, scene.evil, neighbour(scene)])


def test_another_site_s_page_changes_nothing_even_with_tokens(scene: Scene, witness: Witness) -> None:
    url, author = scene.stage.article(), secrets.token_urlsafe(32)
    comment, token = scene.comment(url, author), scene.token()
    body = {"page": {"url": url}, **outlined(1), **words("forged")}
    told = {
        "service": scene.stage.service,
        "url": url,
        "comment": comment,
        "author": author,
        "token": token,
        "body": body,
    }

    page = witness.context.new_page()
    page.goto(scene.evil)
    before = scene.written()
    seen: dict[str, Any] = page.evaluate(WAYS, told)
    page.close()

    assert scene.written() == before
    assert set(seen.values()) == {0, "sent", "refused"}
    arrived = [status for status, address in witness.answers if address.startswith(scene.stage.service)]
    assert len(arrived) > 15
    assert all(400 <= status < 500 for status in arrived), witness.answers
    print(f"{len(seen)} ways, {len(arrived)} of their requests arrived")

    reader = Reader(witness.context, "Ann")
    reader.visit(url)
    control = reader.page.evaluate(WAYS, told)
    assert control == {"socket": "open", "post": 401, "post as author": 201, "edit": 200, "hide": 200, "remove": 200}
    assert scene.written() != before


def test_messages_of_others_make_nobody_a_moderator(scene: Scene, witness: Witness) -> None:
    url = scene.stage.article()
    scene.comment(url, secrets.token_urlsafe(32))
    evil = witness.context.new_page()
    evil.goto(scene.evil)
    reader = Reader(witness.context, "Mira")
    reader.page.close()
    with evil.expect_popup() as opened:
        evil.evaluate("(url) => { window.article = open(url); }", url)
    reader.page = opened.value
    reader.page.on("pageerror", lambda error: reader.failures.append(str(error)))
    reader.rows.first.wait_for()
    reader.discuss("Method")
    reader.panel.locator("[data-action=menu]").click()
    with reader.page.expect_popup() as popup:
        reader.panel.locator("[data-action=moderate]").click()
    asking = popup.value
    asking.locator("#code").wait_for()
    nonce = asking.evaluate("() => new URLSearchParams(location.search).get('nonce')")

    # Everything is right about the last one but who sends it: a live code, and the nonce.
    evil.evaluate(FUZZ, ["article", {"postil": "grant", "code": scene.grant(), "nonce": nonce}])
    reader.page.wait_for_timeout(500)

    assert granted(reader.page) is None
    assert redeemed(witness) == []
    assert reader.failures == []

    asking.locator("#code").fill(scene.stage.sign_in_link("Mira"))
    with asking.expect_event("close"):
        asking.locator("[data-form=link] button").click()
    expect(reader.panel.locator("[data-action=hide]").first).to_be_attached()
    assert granted(reader.page)["name"] == "Mira"
    assert redeemed(witness) == [200]


def test_a_signed_in_moderator_vouches_to_no_other_site(scene: Scene, witness: Witness) -> None:
    mira, evil = witness.context.new_page(), witness.context.new_page()
    mira.goto(scene.stage.sign_in_link("Vera"))
    expect(mira.get_by_role("status")).to_contain_text("Vera")
    kept = witness.context.cookies()
    evil.goto(scene.evil)

    with evil.expect_popup() as asked:
        evil.evaluate("(url) => { window.popup = open(url); }", vouching(scene, scene.evil))
    expect(asked.value.locator("[data-state=refused]")).to_be_attached()
    evil.evaluate(FUZZ, ["popup", {"postil": "grant", "code": "a" * 32, "nonce": "n"}])
    with evil.expect_popup() as vouched:
        evil.evaluate("(url) => { open(url, 'other'); }", vouching(scene, scene.stage.site))
    if not vouched.value.is_closed():
        vouched.value.wait_for_event("close")

    grants = [status for status, address in witness.answers if address.endswith("/v1/grants")]
    assert grants[-1] == 200  # a code was made for the site; it went to the site's origin, and nobody there
    assert all(400 <= status < 500 for status in grants[:-1])
    assert evil.evaluate("() => heard") == []
    assert witness.context.cookies() == kept


def test_all_works_with_third_party_cookies_blocked_since_only_our_own_pages_have_one(
    scene: Scene, chromium: Browser, tmp_path: Path
) -> None:
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps({"profile": {"cookie_controls_mode": 1}}))
    context = chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=left_out.program("chromium"), args=ARGUMENTS, viewport={"width": 1360, "height": 900}
    )
    try:
        reader = Reader(context, "Mina")
        reader.page.goto(scene.stage.sign_in_link("Mina Moderates"))
        expect(reader.page.get_by_role("status")).to_contain_text("Mina Moderates")
        reader.visit(scene.stage.article())
        reader.discuss("Method")
        reader.post("No biscuits.")
        reader.panel.locator("[data-action=menu]").click()
        with reader.page.expect_popup():
            reader.panel.locator("[data-action=moderate]").click()
        expect(reader.panel.locator("[data-action=hide]").first).to_be_attached()
        reader.page.reload()
        reader.discuss("Method")
        expect(reader.panel.locator("[data-action=hide]").first).to_be_attached()

        assert [kept["name"] for kept in context.cookies()] == ["__Host-postil"]
        assert context.cookies(scene.stage.site) == []
        assert (reader.failures, reader.violations) == ([], [])
    finally:
        context.close()


# What a page elsewhere can have a signed-in moderator's browser do with his cookie.
FORGE = """async ({ service, comment, person, token, home }) => {
  const form = (path, fields) => new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), { name: `f${Math.random()}` });
    const made = Object.assign(document.createElement("form"), { action: service + path, method: "post" });
    made.target = frame.name;
    for (const [name, value] of Object.entries(fields))
      made.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    document.body.append(frame, made);
    made.submit();
    setTimeout(done, 400);
  });
  const fields = { token, person, role: "owner", _method: "DELETE" };
  const ask = (path, more) => fetch(service + path, { credentials: "include", ...more }).catch(() => {});
  await form("/moderate/people/role", fields);
  await ask("/moderate/people/role", { method: "POST", mode: "no-cors", body: new URLSearchParams(fields) });
  if (home) return;
  await form("/sign-out", fields);
  await form(`/v1/comments/${comment}/hide`, fields);
  await form(`/v1/session?_method=DELETE`, fields);
  const json = { "Content-Type": "application/json", "X-HTTP-Method-Override": "POST" };
  await ask(`/v1/comments/${comment}/hide`, { method: "POST", headers: json, body: "{}" });
  await ask(`/v1/comments/${comment}/hide`, { method: "POST", mode: "no-cors", body: "{}" });
  await ask("/v1/grants", { method: "POST", headers: json, body: JSON.stringify({ origin: location.origin }) });
  await ask(`/v1/comments/${comment}/hide`, { headers: { "X-HTTP-Method-Override": "POST" } });
  for (const path of ["/moderate/people/role", "/sign-out", `/v1/comments/${comment}/hide`]) {
    Object.assign(new Image(), { src: `${service}${path}?${new URLSearchParams(fields)}` });
  }
  await new Promise((done) => setTimeout(done, 400));
}"""


@pytest.mark.parametrize("attacker", ["another site", "a neighbour"])
def test_a_moderator_s_cookie_is_of_no_use_to_pages_elsewhere(
    scene: Scene, witness: Witness, attacker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the token of a form known even, and from a name under our own too, where the cookie goes along."""
    stage, context = scene.stage, witness.context
    comment = scene.comment(stage.article(), secrets.token_urlsafe(32))
    olga = context.new_page()
    olga.goto(owner_link(stage, f"Olga {secrets.token_hex(3)}"))
    expect(olga.get_by_role("status")).to_contain_text("Olga")
    person = owner_of(stage, f"Cora {secrets.token_hex(3)}")
    olga.goto(f"{stage.service}/moderate/people")
    told = {
        "service": stage.service,
        "comment": comment,
        "person": person,
        "token": olga.locator("[name=token]").first.get_attribute("value"),
        "home": False,
    }
    evil = context.new_page()
    evil.goto(scene.evil if attacker == "another site" else neighbour(scene))

    before = scene.written()
    evil.evaluate(FORGE, told)
    assert scene.written() == before

    # The control: the very request is good where nobody looks from where it comes, if the browser sends the cookie.
    if attacker == "a neighbour":
        monkeypatch.setattr("postil.web.door._is_from_us", lambda _request: True)
        monkeypatch.setattr("postil.web.middleware.registered_origin", _anybody)
        evil.evaluate(FORGE, {**told, "home": True})
        monkeypatch.undo()
    else:
        olga.evaluate(FORGE.replace("made.target = frame.name", 'made.target = "_blank"'), {**told, "home": True})
    for _ in range(400):  # a form is sent in the browser's own time
        if scene.written() != before:
            return
        olga.wait_for_timeout(50)
    raise AssertionError("the control wrote nothing")


def neighbour(scene: Scene) -> str:
    return scene.evil.replace("evil.test", "evil.talk.localhost")


async def _anybody(*_asked: object) -> None:
    return None


def owner_link(stage: Stage, name: str) -> str:
    return f"{stage.service}/sign-in#{stage.loop.run(_invited(stage, name, Role.OWNER))[1]}"


def owner_of(stage: Stage, name: str) -> str:
    """Somebody to be made an owner: his account's id."""
    return stage.loop.run(_invited(stage, name, Role.MODERATOR))[0]


async def _invited(stage: Stage, name: str, role: Role) -> tuple[str, str]:
    async with stage.resources.database.begin() as tx:
        site = await sites.site_of(tx, stage.site)
        assert site is not None
        moderator, code = await people.invite(tx, site.id, name, role)
        return moderator.id, code


def vouching(scene: Scene, origin: str) -> str:
    return f"{scene.stage.service}/sign-in?origin={origin}&nonce=n"


def granted(page: Page) -> Any:
    return json.loads(page.evaluate("() => sessionStorage['postil:grant'] ?? 'null'"))


def redeemed(witness: Witness) -> list[int]:
    return [status for status, address in witness.answers if address.endswith("/grants/redeem")]
