"""Sections are found where people would look for them: on real pages, and on small ones full of traps."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from postil.article import read_article

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "client_widget" / "src"
OWN = ROOT / "tests" / "data" / "articles"
SHARED = ROOT.parent / "shared" / "articles"
VECTORS = json.loads((ROOT / "tests" / "data" / "outline_vectors.json").read_text("utf-8"))
FINGERPRINTS = json.loads((ROOT / "tests" / "data" / "fingerprint_vectors.json").read_text("utf-8"))

MODULES = ("sections.js", "fingerprint.js")

Found = dict[str, Any]
Find = Callable[..., Found]

# Says what was found in words that survive the way to Python; `rows` puts rows in, as the loader does.
PROBE = """async (options) => {
  const { findSections, outlineOf } = await import("/sections.js");
  const { root, title, sections } = findSections(document, options);
  const { hash, sections: outline } = await outlineOf(sections);
  const rows = sections.map(({ element, end }) => {
    const row = document.createElement("postil-row");
    row.attachShadow({ mode: "open" }).append("ROW");
    if (end) end.after(row); else root.append(row);
    return row;
  });
  const order = (a, b) => !!(a.compareDocumentPosition(b) & 4);
  const placed = sections.every(({ element }, i) =>
    (!element || order(element, rows[i])) && (!sections[i + 1] || order(rows[i], sections[i + 1].element)));
  const again = findSections(document, options);
  return {
    title, hash, outline: JSON.parse(JSON.stringify(outline)), placed,
    same: (await outlineOf(again.sections)).hash === hash,
    above: rows.map((row) => (row.previousSibling?.textContent ?? "").trim()),
    shown: rows.map((row) => row.checkVisibility()),
    kinds: sections.map(({ introduction }) => !!introduction),
  };
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """One for all: nothing here outlives a navigation."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def find(page: Page) -> Find:
    """Open a page that may ask for nothing but our module, and look for its sections."""

    def look(html: bytes | str, **options: str) -> Found:
        body = html.encode() if isinstance(html, str) else html
        answers = {
            "https://page.test/": (body, "text/html"),
            **{f"https://page.test/{name}": ((SOURCES / name).read_bytes(), "text/javascript") for name in MODULES},
        }

        def answer(route: Route) -> None:
            known = answers.get(route.request.url)
            if known is None:
                route.abort()
                return
            route.fulfill(body=known[0], content_type=f"{known[1]}; charset=utf-8")

        page.unroute_all()
        page.route("**/*", answer)
        page.goto("https://page.test/", wait_until="domcontentloaded")
        found: Found = page.evaluate(PROBE, options)
        return found

    return look


def headings(found: Found) -> list[tuple[int, str]]:
    return [(s["level"], s["heading"]) for s in found["outline"] if s["level"]]


def ids(found: Found) -> list[str]:
    return [s.get("id", "") for s in found["outline"] if s["level"]]


def wanted(page: dict[str, Any]) -> list[tuple[int, str]]:
    return [(s["level"], s["heading"]) for s in page["discussed"]]


def expected(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    file = folder / "expected.json"
    pages: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return list(pages.items())


@pytest.mark.parametrize(("name", "page_says"), expected(OWN), ids=[name for name, _ in expected(OWN)])
def test_every_trap_is_passed(find: Find, name: str, page_says: dict[str, Any]) -> None:
    found = find((OWN / name).read_bytes())
    assert headings(found) == wanted(page_says), page_says["note"]
    assert ids(found) == [s["id"] for s in page_says["discussed"]]
    assert found["kinds"][0] == page_says["introduction"]
    assert found["title"] == page_says["title"]
    assert not {heading for _, heading in headings(found)} & set(page_says["not_sections"])
    assert found["placed"] and all(found["shown"]) and found["same"]


SHARED_PAGES = expected(SHARED)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_PAGES, reason="../shared is not here")
@pytest.mark.parametrize(("name", "page_says"), SHARED_PAGES, ids=[name for name, _ in SHARED_PAGES])
def test_real_pages_yield_the_sections_that_people_see(find: Find, name: str, page_says: dict[str, Any]) -> None:
    found = find((SHARED / name).read_bytes())
    assert headings(found) == wanted(page_says), page_says["note"]
    for given, said in zip(ids(found), page_says["discussed"], strict=True):
        assert given == (said["id"] or given)
    assert found["title"] == page_says["title"]["heading"]
    assert found["kinds"][0] == (name != "public/sphinx-rtd.html")  # the one page that begins with a heading
    assert found["placed"] and found["same"]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_PAGES, reason="../shared is not here")
def test_a_plain_text_essay_is_discussed_part_by_part(find: Find) -> None:
    found = find(read_article(SHARED / "essay.txt", "https://page.test").html)
    assert headings(found) == [
        (2, "The Initial Encounters and Public Perception"),
        (2, "Key Moments and Diplomatic Maneuvers"),
        (2, "Implications for Global Politics"),
        (2, "The Enduring Questions and Future Outlook"),
    ]
    assert found["kinds"][0]


ARTICLE = """<!doctype html><title>T</title><main><h1>T</h1><p>Introduction.</p>
<h2 id="a">A</h2><p>a</p><h3>A1</h3><p>a1</p><h2 id="b">B</h2><p>b</p><h3>B1</h3><p>b1</p></main>
<div class="other"><h4>C</h4><p>c</p><h4>D</h4><p>d</p></div>"""


def test_the_owner_names_the_headings(find: Find) -> None:
    assert headings(find(ARTICLE, headings="h2,h3")) == [(2, "A"), (3, "A1"), (2, "B"), (3, "B1")]


def test_the_owner_names_the_root(find: Find) -> None:
    assert headings(find(ARTICLE, root=".other")) == [(4, "C"), (4, "D")]
    marked = ARTICLE.replace('class="other"', "data-postil-root")
    assert headings(find(marked)) == [(4, "C"), (4, "D")]


def test_a_root_that_is_not_there_is_guessed(find: Find) -> None:
    assert headings(find(ARTICLE, root=".nowhere")) == [(2, "A"), (2, "B")]


def test_the_owner_has_headings_and_boxes_ignored(find: Find) -> None:
    assert headings(find(ARTICLE.replace('id="b"', "data-postil-ignore"))) == [(3, "A1"), (3, "B1")]


def test_the_owners_keys_reach_the_outline(find: Find) -> None:
    keyed = ARTICLE.replace('id="b"', 'data-postil-section="bee"').replace(
        "<p>Introduction.", '<p data-postil-section="start">Introduction.'
    )
    assert [s.get("key") for s in find(keyed)["outline"]] == ["start", None, "bee"]
    whole = "<main data-postil-root data-postil-section=all><p>Nothing but words.</p></main>"
    [section] = find(whole)["outline"]
    assert (section["heading"], section["level"], section["key"]) == ("", 0, "all")


def test_an_empty_page_is_one_thread(find: Find) -> None:
    found = find("<!doctype html><title>Empty</title>")
    assert found["outline"] == [{"heading": "", "level": 0}]
    assert found["title"] == "Empty"


def test_a_row_stands_at_the_end_of_its_section(find: Find) -> None:
    assert find(ARTICLE)["above"] == ["Introduction.", "a1", "b1"]
    tail = "<section><p>The end of A, in the wrapper of B: more than a kicker would be.</p><h2>B</h2>b</section>"
    found = find(f"<title>T</title><main><h2>A</h2><p>a</p>{tail}<footer>f</footer></main>")
    assert found["above"][0].startswith("The end of A")
    bare = find("<title>T</title><main><h2>A</h2><p>a</p><hr><a id=b></a><h2>B</h2>last<p></p><aside>x</aside></main>")
    assert bare["above"] == ["a", "last"]
    assert ids(bare) == ["", "b"]


def test_lists_and_tables_keep_their_own_children(find: Find, page: Page) -> None:
    for item, group in (("li", "ul"), ("td", "table><tr")):
        parts = "".join(f"<{item}><h3>{name}</h3><p>{name.lower()}</p></{item}>" for name in "ABC")
        found = find(f"<title>T</title><main><h1>T</h1><{group}>{parts}</main>")
        assert (headings(found), found["above"]) == ([(3, "A"), (3, "B"), (3, "C")], ["a", "b", "c"])
        parents = page.evaluate(
            "[...document.querySelectorAll('postil-row')].map((row) => row.parentElement.localName)"
        )
        assert parents == [item] * 3


def test_headings_inside_headings_do_no_harm(find: Find) -> None:
    chapters = '<div class="c"><h2>A</h2><p>a</p></div><div class="c"><h2>B</h2><p>b</p></div>'
    assert len(headings(find(f"<title>T</title><main>{chapters}</main>", headings=".c,h2"))) == 4


def test_the_thread_of_a_whole_page_stands_inside_its_lone_wrapper(find: Find) -> None:
    found = find(
        "<title>T</title><main><div><p>One.</p><p>Two.</p><div class=share>Share</div></div><nav>n</nav></main>"
    )
    assert found["above"] == ["Two."]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('Plain <em>words</em> and <code>code</code><a href="#x">¶</a>', "Plain words and code"),
        ('Icon <a class="headerlink" href="#x">\uf0c1</a>', "Icon"),
        ('Zero width<a class="hash-link" href="#x">\u200b</a>', "Zero width"),
        ('History<span class="mw-editsection">[<a href="/edit">edit</a>]</span>', "History"),
        ('<a href="#c">Learning C#</a>', "Learning C#"),
        ('<a class="anchor" href="#all">All in the anchor</a>', "All in the anchor"),
        ('With a note<sup id="fnref1"><a href="#fn1">1</a></sup>', "With a note"),
        ("<button>Opens on a click</button>", "Opens on a click"),
        (" Much\n   room&nbsp;here ", "Much room here"),
        ("מבוא و مقدمة 歴史 🚀", "מבוא و مقدمة 歴史 🚀"),
    ],
)
def test_a_headings_words_leave_the_generators_marks_out(find: Find, markup: str, text: str) -> None:
    found = find(f"<title>T</title><main><h2>{markup}</h2><p>one</p><h2>Second</h2><p>two</p></main>")
    assert headings(found)[0] == (2, text)


def test_long_pages_ids_and_headings_are_bounded(find: Find) -> None:
    parts = "".join(f"<h2 id='{i}{'x' * 200}'>{i} {'🚀' * 400}</h2><p>words</p>" for i in range(600))
    outline = find(f"<title>T</title><main><p>Introduction.</p>{parts}</main>")["outline"]
    assert len(outline) == 500
    assert max(len(s["heading"]) for s in outline) == 300
    assert not any("id" in s for s in outline)


def test_words_that_only_tell_of_a_box_hide_nothing(find: Find) -> None:
    for name in ("has-toc", "comments-open", "no-sidebar", "shareholder", "protocol"):
        boxed = ARTICLE.replace("<p>Introduction.</p>", f'<p>Introduction.</p><div class="{name}">') + "</div>"
        assert headings(find(boxed)) == [(2, "A"), (2, "B")], name


@pytest.mark.parametrize("name", ["toc", "post-comments", "related_posts", "share", "tocBox toc-list", "footnotes"])
def test_boxes_that_hang_about_the_article_are_skipped(find: Find, name: str) -> None:
    box = f'<div class="{name}"><h2>No</h2><p>x</p><h2>Section</h2><p>y</p></div></main>'
    assert headings(find(ARTICLE.replace("</main>", box))) == [(2, "A"), (2, "B")]


def test_an_outline_has_the_same_name_in_the_browser_as_on_the_server(find: Find, page: Page) -> None:
    find(ARTICLE)
    hashes = page.evaluate(
        """async (vectors) => {
      const { hashOf } = await import("/sections.js");
      return Promise.all(vectors.map(({ sections }) => hashOf(sections)));
    }""",
        VECTORS,
    )
    assert hashes == [v["hash"] for v in VECTORS]


def test_a_text_has_the_same_fingerprint_in_the_browser_as_on_the_server(find: Find, page: Page) -> None:
    find(ARTICLE)
    found = page.evaluate(
        """async (texts) => {
      const { fingerprint } = await import("/fingerprint.js");
      return texts.map(fingerprint);
    }""",
        [vector["text"] for vector in FINGERPRINTS],
    )
    said = [{name: vector[name] for name in ("print", "first", "last") if vector["print"]} for vector in FINGERPRINTS]
    assert found == said


def words(found: Found) -> list[str]:
    return [s.get("first", "") for s in found["outline"]]


def test_a_section_says_all_from_its_heading_to_the_next(find: Find) -> None:
    assert words(find(ARTICLE)) == ["introduction", "a a a", "b b b"]
    wrapped = "<title>T</title><main><div><h2>A</h2></div><div>one <b>two</b></div><section><h2>B</h2>three</section>"
    assert words(find(wrapped)) == ["one two", "three"]


def test_what_is_skipped_or_changes_by_itself_is_not_said(find: Find) -> None:
    unsaid = (
        "<time>May</time>",
        "<sup><a href=#n>n</a></sup>",
        "<p data-postil-ignore>No</p>",
        "<aside>No</aside>",
        "<div class=share>No</div>",
        "<script>no()</script>",
        "<p hidden>No</p>",
        "<span class=mw-editsection>[edit]</span>",
        "12 ٣",
    )
    for markup in unsaid:
        more = ARTICLE.replace("<p>a</p>", f"<p>a</p>{markup}").replace("Introduction.", f"Introduction. {markup}")
        assert words(find(more))[1:] == ["a a a", "b b b"], markup
        assert find(more)["hash"] == find(ARTICLE)["hash"], markup
    assert find(ARTICLE.replace("<p>a</p>", "<p>a</p><p>Yes</p>"))["hash"] != find(ARTICLE)["hash"]


def test_a_visit_after_a_visit_finds_the_same_outline(find: Find) -> None:
    counted = "<main><h1>T</h1><p>Read {0} times, today is the {0}th.</p><h2 id=p{0}>A {0}</h2>a<h2>B</h2>b</main>"
    first, second = (find(counted.format(count)) for count in (46, 1312))
    assert first["hash"] == second["hash"]
    assert headings(first) != headings(second)


def test_an_article_of_ten_thousand_words_is_read_at_once(find: Find, page: Page) -> None:
    text = " ".join(f"word{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}{'uvwxyz'[n % 6]}" for n in range(1000))
    find("<title>T</title><main>" + f"<h2>A</h2><p>{text}</p>" * 10 + "</main>")
    took = page.evaluate("""async () => {
      const { findSections, outlineOf } = await import("/sections.js");
      let least = Infinity;
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        await outlineOf(findSections(document).sections);
        least = Math.min(least, performance.now() - start);
      }
      return least;
    }""")
    assert took < 100, f"{took} ms"  # some 5 on a quiet machine; a blow-up with the length takes seconds
