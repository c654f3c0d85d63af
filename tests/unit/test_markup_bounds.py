"""What a comment may cost: bounds on all that grows, work that grows no faster than the source, and threads."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from postil import markup
from postil.markup import MAX_DEPTH, MAX_ELEMENTS, MAX_HTML, OFF_LOOP, alarms, depth, render, render_async, to_html
from postil.names import tidy
from postil.rendered import MAX_SOURCE, Rendered


@pytest.mark.parametrize(
    ("reason", "source"),
    [
        ("too-long", "a" * (MAX_SOURCE + 1)),
        ("too-deep", ">" * (MAX_DEPTH + 1) + "a"),
        ("too-deep", ">" * 5_000 + "a"),
        ("too-deep", "- " * 4_000 + "a"),
        ("too-deep", "**a " * 30 + "b** " * 30),
        ("too-many-elements", "a\n\n" * (MAX_ELEMENTS + 1)),
        ("too-many-brackets", "[" * MAX_SOURCE),
        ("too-big", "[a]: https://a.example/" + "x" * 1_500 + "\n\n" + "[a]" * 800),
    ],
)
def test_a_bomb_is_shown_as_text(reason: str, source: str) -> None:
    before = alarms[reason]

    html = render(source).html

    assert alarms[reason] == before + 1
    assert len(html) <= len("<p></p>") + 6 * len(source)
    assert len(html) < MAX_HTML


@pytest.mark.parametrize(
    "source",
    [
        "a" * MAX_SOURCE,
        ">" * (MAX_DEPTH - 1) + "a",
        "a\n\n" * 900,
        "    [[[[\n" * 1_000,
        '"' * MAX_SOURCE,
        "&" * MAX_SOURCE,
    ],
)
def test_what_keeps_within_the_bounds_keeps_its_markup(source: str) -> None:
    assert not render(source).fallback


def test_depth_is_never_counted_too_low() -> None:
    assert depth("<ul><li>a</li><li>b<br><hr></li></ul>") == 2
    assert depth("<p></em></em></em><p></em><p>") == 3


BOMBS = [
    "(",
    "a-",
    "[a](",
    "[",
    "![",
    "*a ",
    "_a",
    "`a",
    "~~a",
    "> ",
    "- ",
    "<",
    "&",
    "&#",
    "http://",
    "http://a.b/(",
    "a\n",
]
BOMBS += [
    "http://a.b ",
    "<http://a.b>",
    "[a]: b\n",
    "*_",
    "\\",
    "é\u0301",
    "http://a.b/))",
    "![]()",
    "- a\n",
    "1. a\n",
    "```\n",
]


@pytest.mark.parametrize("unit", BOMBS)
def test_twice_the_source_is_at_most_thrice_the_work(unit: str) -> None:
    """Counted in calls of Python functions, which a busy machine does not change."""
    short, long = (unit * (size // len(unit)) for size in (1_000, 2_000))
    render(short), render(long)  # what is cached is cached for both
    assert calls(short) < 200_000
    assert calls(long) <= 3 * calls(short) + 1_000


def test_quadratic_work_would_be_seen() -> None:
    """The control of the test above."""

    def quadratic(source: str) -> str:
        return source[: sum(ord(char) for n in range(0, len(source), 20) for char in source[:n:20]) // 10**9]

    assert calls("a" * 2_000, quadratic) > 3 * calls("a" * 1_000, quadratic) + 1_000


def calls(source: str, to_html: Callable[[str], str] = to_html) -> int:
    seen = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal seen
        seen += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(count)
    try:
        render(source, to_html=to_html)
    finally:
        sys.setprofile(previous)
    return seen


# Threads


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns fifty times as often as usual."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(interval)


async def test_a_long_comment_is_rendered_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def noticed(source: str) -> str:
        threads.append(threading.get_ident())
        return tidy(source)

    monkeypatch.setattr(markup, "tidy", noticed)
    short, long = await render_async("*a*"), await render_async("*a*\n" * OFF_LOOP)

    assert short.html == "<p><em>a</em></p>\n"
    assert long == render("*a*\n" * OFF_LOOP)
    assert threads[0] == threading.get_ident() != threads[1]


def test_threads_do_not_share_a_cleaner(eager_threads: None) -> None:
    sources = [f"**{n}** https://a.example/{n} " * 20 for n in range(4)]
    expected = [render(source) for source in sources]
    rendered: list[list[Rendered]] = [[] for _ in sources]

    def work(index: int) -> None:
        rendered[index] = [render(sources[index]) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(sources))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rendered == [[one] * 5 for one in expected]
