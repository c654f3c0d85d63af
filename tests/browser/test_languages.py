"""The widget in other languages: their plural forms, and a language that nobody speaks, by which English shows."""

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from tests.browser.stage import Reader, Stage, open_stage
from tests.browser.states import STATES, Scene, Texts
from tests.browser.test_access import WIDE, settle
from tests.unit.test_catalogs import FORMS, is_plural

from postil.languages import Languages
from postil.policy import REASONS
from postil.web.static import Widget, widget_folder

pytestmark = pytest.mark.browser
Somebody = Callable[..., Reader]

NUMBERS = [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000]
PLURALS = """async ([modules, languages, numbers]) => {
  const { say, speak, t } = await import(`${modules}words.js`);
  const told = {};
  for (const language of languages) {
    await speak(modules, language);
    told[language] = {
      forms: new Intl.PluralRules(language).resolvedOptions().pluralCategories,
      said: numbers.map((n) => say(t.comments, { n })),
      same: numbers.map((n) => t.comments[new Intl.PluralRules(language).select(n)] !== undefined),
    };
  }
  return told;
}"""


def test_each_language_has_the_plural_forms_that_the_browser_asks_for(stage: Stage, somebody: Somebody) -> None:
    reader = somebody("Ann")
    reader.page.goto(stage.article())
    modules = f"{stage.service}/w/{Widget().version}/"
    told: dict[str, Any] = reader.page.evaluate(PLURALS, [modules, list(FORMS), NUMBERS])
    for language, forms in FORMS.items():
        assert set(told[language]["forms"]) == set(forms.split()), language
        assert all(told[language]["same"]), language
        assert all("{" not in said for said in told[language]["said"]), language
    assert told["de"]["said"][:3] == ["0 Kommentare", "1 Kommentar", "2 Kommentare"]
    assert told["ru"]["said"][:7] == [
        "0 комментариев", "1 комментарий", "2 комментария", "3 комментария", "5 комментариев", "11 комментариев",
        "21 комментарий",
    ]  # fmt: skip
    assert told["pl"]["said"][6] == "21 komentarzy"
    assert told["ar"]["said"][2] == "تعليقان"


# A language that nobody speaks: accents tell it from English, brackets where it was cut, its length what breaks.

ACCENTED = str.maketrans("aceinosuyAEIOU", "áčéíñóšúýÁÉÍÓÚ")


def pseudo(text: str) -> str:
    parts = [part if part.startswith("{") else part.translate(ACCENTED) for part in _parts(text)]
    return f"⟦{''.join(parts)}{'·' * max(1, round(len(text) * 0.4))}⟧"


def _parts(text: str) -> Iterator[str]:
    while text:
        before, brace, after = text.partition("{")
        name, _, text = after.partition("}")
        yield before
        if brace:
            yield f"{{{name}}}"


def translated(value: Any, forms: list[str]) -> Any:
    if isinstance(value, str):
        return pseudo(value)
    if is_plural(value):
        return {form: pseudo(value["other"]) for form in forms}
    return {key: translated(each, forms) for key, each in value.items()}


# Words that nobody of the house wrote: what is left in the Latin alphabet is.
GREEK = Texts(
    "Σε ποιον ανήκει το κέντρο της πόλης;",
    "της Άντας",
    {
        heading: "Ο πρώτος χειμώνας είναι ο πιο δύσκολος. " * 8
        for heading in ("Τα μαγαζιά", "Τα λεωφορεία", "Η πλατεία")
    },
    ("Έντεκα μήνες είναι ο μέσος όρος.", "Έχετε δίκιο.", "Ποια πόλη;", "Ο δρόμος άνοιξε αργότερα.", "Στον δρόμο μας."),
    ("Μαργαρίτα", "Λένα", "Θωμάς", "Άντα", "Νουρ"),
)
ENGLISH_LEFT = """() => {
  const hosts = [...document.querySelectorAll("postil-row, postil-panel, postil-earlier")];
  const all = hosts.flatMap((host) => [...host.shadowRoot.querySelectorAll("*")]);
  const said = all.filter((one) => !one.closest("time, .body, .trap, kbd")).flatMap((one) => [
    ...[...one.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data),
    ...["aria-label", "title", "placeholder", "aria-description"].map((name) => one.getAttribute(name) ?? ""),
  ]);
  return [...new Set(said.filter((text) => /[A-Za-z]{2,}/.test(text.replace(/⟦[^]*⟧|⟦[^⟧]*$|^[^⟦]*⟧/g, ""))))];
}"""
# Reasons are the site owner's own words.
OWNERS = {reason["text"] for reason in REASONS}
# Of all states those that together say nearly everything; test_access measures the others' looks.
SAID = [
    "rows-with-something-new", "empty", "unreachable", "thread", "collapsed", "tombstones", "news", "all-sections",
    "menu", "menu-of-a-comment", "composer-without-a-name", "too-soon", "locked", "banned", "reply", "report", "edit",
    "hidden", "appeal", "held-edit", "moderators-menu", "ban", "done",
]  # fmt: skip


@pytest.fixture(scope="module")
def foreign(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage on which German, and from right to left Hebrew, are the language that nobody speaks."""
    folder = tmp_path_factory.mktemp("foreign")
    shutil.copytree(widget_folder(), folder / "widget")
    lang = folder / "widget" / "lang"
    for name in ("de", "he"):
        for part in ("", ".more"):
            english = json.loads((lang / f"en{part}.json").read_text("utf-8"))
            (lang / f"{name}{part}.json").write_text(json.dumps(translated(english, FORMS[name].split())), "utf-8")
    stage = open_stage(folder, Widget(folder / "widget"))
    stage.server.config.app.state.languages = Languages(lang)  # type: ignore[union-attr]
    yield stage
    stage.close()


@pytest.fixture(params=["de", "he"])
def scene(foreign: Stage, somebody: Somebody, request: pytest.FixtureRequest) -> Iterator[Scene]:
    here = Scene(foreign, somebody, request.param, GREEK)
    yield here
    here.end()


@pytest.mark.parametrize("name", SAID)
def test_no_english_is_left_and_long_words_fit(scene: Scene, name: str) -> None:
    reader = STATES[name](scene)
    assert set(reader.page.evaluate(ENGLISH_LEFT)) <= OWNERS
    for width in (1360, 360, 320):
        reader.page.set_viewport_size({"width": width, "height": 740})
        settle(reader)
        assert reader.page.evaluate(WIDE) == [], width


def test_who_is_quicker_than_the_service_is_spoken_to_in_his_language(stage: Stage, somebody: Somebody) -> None:
    scene = Scene(stage, somebody, "he-IL")
    reader = scene.make("Noa")
    held: list[Route] = []
    reader.page.route("**/v1/outline", lambda route: held.append(route))
    reader.page.goto(scene.article())
    reader.rows.first.wait_for(state="attached")
    reader.page.evaluate("() => document.querySelector('postil-row').shadowRoot.querySelector('button').click()")
    while not held:
        reader.page.wait_for_timeout(20)
    held[0].continue_()
    expect(reader.panel.locator("dialog[open]")).to_have_attribute("dir", "rtl")
    expect(reader.panel.locator("dialog")).to_have_attribute("lang", "he")


def test_the_page_says_which_language_is_spoken_and_its_tag_may_be_longer(stage: Stage, somebody: Somebody) -> None:
    for tag, catalog, word in (("de-AT", "de", "Diesen Abschnitt diskutieren"), ("pt-BR", "pt", "Comentar esta seção")):
        scene = Scene(stage, somebody, tag)
        reader = scene.visit(scene.article())
        expect(reader.rows.first).to_contain_text(word)
        scene.open(reader)
        expect(reader.panel.locator("dialog")).to_have_attribute("lang", catalog)
