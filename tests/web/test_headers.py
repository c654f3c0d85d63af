"""What the middleware adds to the lines of an answer is what Starlette's own headers, asked one by one, would have."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import MutableHeaders

from postil.web.middleware import _EVERYWHERE, _INERT, _OPEN, _PAGE, Line, added, secured

NAMES = ["vary", "content-type", "referrer-policy", "content-security-policy", "access-control-allow-origin", "etag"]
VALUES = ["", "text/html; charset=utf-8", "application/json", "Accept", "*", "\u00e9"]
LINES = st.lists(
    st.tuples(
        st.sampled_from(NAMES).map(str.encode), st.sampled_from(VALUES).map(lambda value: value.encode("latin-1"))
    ),
    max_size=6,
)
EXTRA = st.sampled_from(
    [{}, {"Vary": "Origin"}, {"Access-Control-Allow-Origin": "https://a.example", "Vary": "Origin"}]
)


@given(LINES)
def test_an_answer_is_secured_as_line_by_line(lines: list[Line]) -> None:
    headers = MutableHeaders(raw=list(lines))
    for name, value in _EVERYWHERE.items():
        headers.setdefault(name, value)
    is_page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", _PAGE if is_page else _INERT)
    assert sorted(secured(lines)) == sorted(headers.raw)


@given(LINES, EXTRA | st.just(_OPEN))
def test_headers_are_added_as_one_by_one(lines: list[Line], extra: dict[str, str]) -> None:
    headers = MutableHeaders(raw=list(lines))
    headers.update({name: value for name, value in extra.items() if name != "Vary"})
    if "Vary" in extra:
        headers.add_vary_header(extra["Vary"])
    assert sorted(added(lines, extra)) == sorted(headers.raw)
