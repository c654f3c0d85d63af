"""The widget's files: fresh where they must be, for ever where they can be, and no other file of the disk."""

from pathlib import Path

import brotli
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.web.test_codings import UNPACK

from postil.web import problems
from postil.web.codings import choose
from postil.web.static import Widget, widget_folder

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "widget"
    folder.mkdir()
    (folder / "postil.js").write_text("import(new URL('/w/__POSTIL_VERSION__/panel.js', base))")
    (folder / "panel.js").write_text("import './thread.js' // " + "x" * 1000)
    (folder / "thread.js").write_text("export default 'grüße'")
    (folder / "notes.txt").write_text("not served")
    (tmp_path / "secret.js").write_text("not served")
    return folder


@pytest.fixture
def widget(folder: Path) -> Widget:
    return Widget(folder)


def serve(widget: Widget) -> TestClient:
    app = Starlette(routes=widget.routes(), exception_handlers=problems.HANDLERS)
    return TestClient(app, headers={"accept-encoding": "identity"})


@pytest.fixture
def client(widget: Widget) -> TestClient:
    return serve(widget)


def test_the_loader_revalidates_and_knows_the_version(client: TestClient, widget: Widget) -> None:
    answer = client.get("/postil.js")
    assert answer.text == f"import(new URL('/w/{widget.version}/panel.js', base))"
    assert answer.headers["cache-control"] == "no-cache"


def test_a_module_of_this_version_is_kept_for_ever(client: TestClient, widget: Widget) -> None:
    answer = client.get(f"/w/{widget.version}/thread.js")
    assert (answer.text, answer.headers["cache-control"]) == ("export default 'grüße'", FOR_EVER)


def test_a_module_of_an_older_version_is_served_and_not_kept(client: TestClient) -> None:
    answer = client.get("/w/0123456789ab/thread.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_another_page_may_import_it(client: TestClient, widget: Widget) -> None:
    for path in ("/postil.js", f"/w/{widget.version}/panel.js"):
        headers = client.get(path).headers
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["vary"] == "Accept-Encoding"


def test_any_changed_file_makes_a_new_version(folder: Path, widget: Widget) -> None:
    (folder / "thread.js").write_text("export default 'hello'")
    changed = Widget(folder)
    assert changed.version != widget.version
    assert changed.files["postil.js"].etag != widget.files["postil.js"].etag
    assert changed.files["panel.js"].etag == widget.files["panel.js"].etag
    assert Widget(folder).version == changed.version


@pytest.mark.parametrize("accepts", ["gzip", "br, gzip;q=0.8", "*", "gzip;q=0", "gzip; q=0.0", "br", "br;q=0, gzip"])
@pytest.mark.parametrize("has_brotli", [False, True])
def test_it_is_compressed_for_whoever_takes_it(folder: Path, accepts: str, has_brotli: bool) -> None:
    if has_brotli:
        (folder / "panel.js.br").write_bytes(brotli.compress((folder / "panel.js").read_bytes()))
    widget = Widget(folder)
    asked = serve(widget).stream("GET", f"/w/{widget.version}/panel.js", headers={"accept-encoding": accepts})
    with asked as answer:
        raw = b"".join(answer.iter_raw())
    coding = answer.headers.get("content-encoding", "")
    assert coding == choose(accepts, ("br", "gzip") if has_brotli else ("gzip",))
    assert int(answer.headers["content-length"]) == len(raw)
    assert UNPACK[coding](raw) == widget.files["panel.js"].content


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
@pytest.mark.parametrize("accepts", ["br", "gzip", "identity"])
def test_what_is_known_is_not_sent_again(client: TestClient, form: str, accepts: str) -> None:
    etag = client.get("/postil.js", headers={"accept-encoding": accepts}).headers["etag"]
    answer = client.get("/postil.js", headers={"if-none-match": form.format(etag), "accept-encoding": accepts})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert client.get("/postil.js", headers={"if-none-match": '"other"'}).status_code == 200


def test_the_two_forms_have_tags_of_their_own(client: TestClient) -> None:
    tags = {client.get("/postil.js", headers={"accept-encoding": a}).headers["etag"] for a in ("gzip", "identity")}
    assert len(tags) == 2


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "secret.js",
        "../secret.js",
        "..%2fsecret.js",
        "..%252fsecret.js",
        "%2e%2e/secret.js",
        "..%5csecret.js",
        "....//secret.js",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "panel.js/",
        "panel.js%00.txt",
        "PANEL.JS",
        "",
        ".",
        "..",
    ],
)
def test_no_other_file_is_found(client: TestClient, widget: Widget, name: str) -> None:
    answer = client.get(f"/w/{widget.version}/{name}", follow_redirects=False)
    assert "not served" not in answer.text
    assert answer.status_code in (404, 307)  # 307: the router's own slash; the application turns it off


def test_a_range_is_not_cut(client: TestClient, widget: Widget) -> None:
    ranges = "bytes=" + ",".join(f"{n}-" for n in range(2000))
    answer = client.get(f"/w/{widget.version}/panel.js", headers={"range": ranges})
    assert (answer.status_code, answer.content) == (200, widget.files["panel.js"].content)


def test_the_checkouts_widget_is_found() -> None:
    assert (widget_folder() / "postil.js").exists()
    assert "panel.js" in Widget().files
