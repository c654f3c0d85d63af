"""What an owner does at the command line: a key, publishing a build, looking again, moving, deciding."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.publications import ESSAY, Pages, doubted, html, outline, renamed, replaced
from tests.service import Json, Service, serving
from tests.test_cli import PATIENCE, Shell

from postil import sites
from postil.urls import page_key

BASE = "https://blog.example"
DOUBTED = doubted(1)


@pytest.fixture
def service() -> Iterator[Service]:
    """Its clock is the real one: what is signed at the command line is signed now."""
    with serving(sweep_seconds=0.2, fetch_networks=["127.0.0.0/8"]) as running:
        running.resources.database.clock = time.time
        yield running


@pytest.fixture
def shell(service: Service, tmp_path: Path) -> Shell:
    """`postil`, over the running service's own data and with its site's key."""
    made = Shell(tmp_path, service.resources.settings.database)
    key = service.change(lambda tx: sites.make_key(tx, BASE))
    made.environment |= {
        "POSTIL_DATA": str(service.folder),
        "POSTIL_URL": service.url,
        "POSTIL_SITE_KEY": key,
        "POSTIL_FETCH_NETWORKS": '["127.0.0.0/8"]',
    }
    return made


@pytest.fixture
def site(service: Service) -> Iterator[Pages]:
    """A site that is served from this machine."""
    with Pages() as pages:
        service.change(lambda tx: sites.change_policy(tx, BASE, origins=[pages.origin]))
        yield pages


def say(service: Service, url: str, parts: tuple[tuple[str, str], ...] = ESSAY) -> list[str]:
    """A comment in each section; the sections' ids."""
    reader = service.reader(origin=re.match(r"https?://[^/]+", url)[0])  # type: ignore[index]
    found = []
    for at in range(len(parts)):
        draft = {"page": {"url": url}, "outline": outline(parts), "index": at, "source": "So.", "name": "Rosa"}
        found.append(
            reader.send("POST", "/v1/comments", {**draft, "nonce": f"nonce-{at}-{len(url)}"})["comment"]["section"]
        )
    return found


def folder(shell: Shell, **files: bytes) -> Path:
    """A build's output: `a__b` is the file a/b.html."""
    for name, content in files.items():
        path = shell.folder / "public" / (name.replace("__", "/") + ".html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return shell.folder / "public"


def references(service: Service) -> dict[str, str]:
    return dict(service.rows("SELECT url, reference FROM page"))


# The key


def test_a_key_is_shown_once_with_how_to_use_it_and_another_ends_it(shell: Shell, service: Service) -> None:
    folder(shell, essay=html(ESSAY))
    shell.said("publish", "public", "--base", BASE)

    said = shell.said("site", "key", BASE)

    key = said.splitlines()[0]
    assert re.fullmatch(r"postil_[-\w]{43}", key)
    assert "POSTIL_SITE_KEY" in said and "postil publish public/" in said
    assert key not in shell.said("site", "list")
    refused = shell.run("publish", "public", "--base", BASE)
    assert refused.exit_code == 1
    assert "not signed with a key of the site's" in refused.stderr
    shell.environment["POSTIL_SITE_KEY"] = key
    shell.said("publish", "public", "--base", BASE)
    shell.said("site", "key", BASE, "--drop")
    assert "has no key yet" in shell.run("publish", "public", "--base", BASE).stderr
    assert "postil site list" in shell.refused("site", "key", "https://nobody.example")


def test_without_a_key_in_the_environment_it_says_how_to_get_one(shell: Shell) -> None:
    folder(shell, essay=html(ESSAY))
    del shell.environment["POSTIL_SITE_KEY"]
    assert "postil site key" in shell.refused("publish", "public", "--base", BASE)


# Publishing


def test_a_folder_is_published_at_the_paths_it_is_served_under(shell: Shell, service: Service) -> None:
    folder(shell, index=html(ESSAY), essays__index=html(ESSAY[:2]), **{"essays__on foot": html(ESSAY[1:])})

    said = shell.said("publish", "public", "--base", f"{BASE}/")

    assert set(references(service)) == {f"{BASE}/", f"{BASE}/essays/", f"{BASE}/essays/on%20foot.html"}
    assert said.splitlines()[-1] == "3 of 3 pages: 3 changed."
    assert shell.said("publish", "public", "--base", BASE).splitlines() == ["3 of 3 pages: 3 unchanged."]


def test_the_summary_says_what_became_of_threads(shell: Shell, service: Service) -> None:
    url = f"{BASE}/essay.html"
    folder(shell, essay=html(ESSAY))
    shell.said("publish", "public", "--base", BASE)
    say(service, url)
    folder(shell, essay=html(renamed(2, "What we found", DOUBTED)[1:]))

    said = shell.said("publish", "public", "--base", BASE)

    assert f"{url}  1 kept, 1 asked, 1 gone" in said
    assert "1 to be decided" in said and "/moderate/anchors" in said


def test_pages_without_the_script_tag_are_left_alone_unless_all_are_wanted(shell: Shell, service: Service) -> None:
    folder(shell, essay=html(ESSAY), imprint=html(ESSAY[:2], script=""))
    said = shell.said("publish", "public", "--base", BASE)
    assert set(references(service)) == {f"{BASE}/essay.html"}
    assert "1 without the script tag" in said
    shell.said("publish", "public", "--base", BASE, "--all")
    assert set(references(service)) == {f"{BASE}/essay.html", f"{BASE}/imprint.html"}


def canonical(url: str) -> str:
    return f'<link rel="canonical" href="{url}">'


def test_a_file_says_itself_where_it_is_served(shell: Shell, service: Service) -> None:
    folder(shell, essay=html(ESSAY, head=canonical(f"{BASE}/essay")), draft=html(ESSAY))
    shell.said("publish", "public/essay.html")
    assert set(references(service)) == {f"{BASE}/essay"}

    refused = shell.run("publish", "public/draft.html")
    assert refused.exit_code == 1
    assert "--base" in refused.stderr
    shell.said("publish", "public/draft.html", "--base", f"{BASE}/notes/")
    assert f"{BASE}/notes/draft.html" in references(service)


def test_of_several_copies_of_a_page_the_one_at_its_own_address_counts(shell: Shell, service: Service) -> None:
    own = canonical(f"{BASE}/essay.html")
    folder(shell, archive=html(replaced(0), head=own), essay=html(ESSAY, head=own), print=html(replaced(1), head=own))

    said = shell.said("publish", "public", "--base", BASE)

    assert references(service) == {f"{BASE}/essay.html": outline(ESSAY)["hash"]}
    assert "1 changed" in said and "2 another page's copy" in said


def test_a_url_is_fetched_by_the_build_itself(shell: Shell, service: Service, site: Pages) -> None:
    site.show("/essay", ESSAY)
    shell.environment["POSTIL_FETCH_NETWORKS"] = "[]"
    shell.said("publish", f"{site.origin}/essay")
    assert set(references(service)) == {f"{site.origin}/essay"}
    refused = shell.run("publish", f"{site.origin}/none")
    assert refused.exit_code == 1
    assert "404" in refused.stderr


def test_a_page_that_fails_is_named_with_its_reason_and_the_others_go_on(shell: Shell, service: Service) -> None:
    elsewhere = canonical("https://nobody.example/essay")
    public = folder(shell, a=html(ESSAY, head=elsewhere), b=html(ESSAY), c=html(ESSAY))
    (public / "b.html").chmod(0)
    (public / "b.html").unlink()
    (public / "b.html").symlink_to(public / "missing.html")

    done = shell.run("publish", "public/a.html", "public/c.html", "--base", "https://nobody.example")
    assert done.exit_code == 1
    assert done.stderr.count("No site here has this page's address") == 2
    done = shell.run("publish", "public", "--base", BASE)
    assert done.exit_code == 1
    assert "b.html" in done.stderr
    assert set(references(service)) == {f"{BASE}/a.html", f"{BASE}/c.html"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["nothing"], "no file, folder or URL"), (["."], "no .html file"), (["http:// x"], "blanks")],
)
def test_what_cannot_be_published_is_refused_in_one_sentence(shell: Shell, arguments: list[str], says: str) -> None:
    assert says in shell.refused("publish", *arguments)


def test_a_service_that_is_away_ends_it_with_what_to_do(shell: Shell) -> None:
    folder(shell, a=html(ESSAY), b=html(ESSAY))
    done = shell.run("publish", "public", "--base", BASE, "--service", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert done.stderr.strip().splitlines() == [
        "The service cannot be reached. See that --service or POSTIL_URL is its address, and that it runs. "
        "Run it again: what was published is quick."
    ]


def test_a_build_that_was_interrupted_is_run_again_without_harm(shell: Shell, service: Service) -> None:
    folder(shell, **{f"page{at}": html(renamed(0, f"Page of {chr(97 + at)}")) for at in range(20)})
    started = shell.start("publish", "public", "--base", BASE)
    while not service.rows("SELECT 1 FROM page"):
        pass
    status = started.stop()
    assert status in (130, 0)
    said = shell.said("publish", "public", "--base", BASE)
    assert len(references(service)) == 20
    assert "20 of 20 pages" in said


def test_a_terminal_is_shown_how_far_it_is(shell: Shell) -> None:
    folder(shell, a=html(ESSAY), b=html(ESSAY))
    ours, theirs = os.openpty()
    try:
        command = [sys.executable, "-m", "postil.cli", "publish", "public", "--base", BASE]
        more = {"cwd": shell.folder, "env": shell.environment | {"TERM": "xterm"}, "timeout": PATIENCE}
        subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True, **more)  # type: ignore[call-overload]
        shown = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Publishing" in shown and "2/2" in shown


# Looking again, moving, deciding


def test_a_page_is_looked_at_again(shell: Shell, service: Service, site: Pages) -> None:
    site.show("/essay", ESSAY)
    url = f"{site.origin}/essay"
    assert "changed" in shell.said("page", "refresh", url)
    say(service, url)
    site.show("/essay", renamed(1, "How"))
    assert shell.said("page", "refresh", url).strip() == f"{url}  1 kept"
    assert shell.said("page", "refresh", url).strip() == f"{url}  as it was"

    done = shell.run("page", "refresh", f"{site.origin}/none", url)
    assert done.exit_code == 1
    assert "404" in done.stderr and "as it was" in done.stdout


def test_whoever_watches_hears_of_what_is_done_at_the_command_line(shell: Shell, service: Service, site: Pages) -> None:
    site.show("/essay", ESSAY)
    url = f"{site.origin}/essay"
    shell.said("page", "refresh", url)
    say(service, url)
    site.show("/essay", DOUBTED)
    visitor = service.visitor(site.origin)
    with visitor.watching(url=url) as watching:
        shell.said("page", "refresh", url)
        watching.until("resync")
    with visitor.watching(url=url) as watching:
        shell.said("anchors", url, "--same", asked(shell, url))
        watching.until("resync")
    with visitor.watching(url=url) as watching:
        shell.said("page", "move", url, f"{url}-2")
        watching.until("resync")


def asked(shell: Shell, url: str) -> str:
    """The id of the one question about a page."""
    (id,) = re.findall(r"^([-\w]{11})  asked", shell.said("anchors", url).split("\nDecided")[0], re.MULTILINE)
    return str(id)


@pytest.fixture
def doubtful(shell: Shell, service: Service) -> tuple[str, list[str]]:
    """A page that asks one thing: its URL, and the sections of its threads."""
    url = f"{BASE}/essay.html"
    folder(shell, essay=html(ESSAY))
    shell.said("publish", "public", "--base", BASE)
    sections = say(service, url)
    folder(shell, essay=html(DOUBTED))
    shell.said("publish", "public", "--base", BASE)
    return url, sections


def standing(service: Service, url: str) -> Json:
    return service.visitor().send("POST", "/v1/outline", {"page": {"url": url}, "outline": outline(DOUBTED)})


def test_what_a_page_asks_is_listed_and_answered(
    shell: Shell, service: Service, doubtful: tuple[str, list[str]]
) -> None:
    url, sections = doubtful
    assert f"{url}  1 asked" in shell.said("anchors")
    listed = shell.said("anchors", url)
    assert "then  Method" in listed and "now   Method" in listed and "1 comment" in listed and "%" in listed
    assert standing(service, url)["outline"][1] is None

    said = shell.said("anchors", url, "--same", asked(shell, url))

    assert "Nothing is asked." in said
    assert standing(service, url)["outline"] == sections
    assert shell.said("anchors").strip() == "No page asks anything."

    same = re.findall(r"^([-\w]{11})  same .*can be undone", said, re.MULTILINE)
    shell.said("anchors", url, "--undo", *same)
    assert standing(service, url)["outline"][1] is None
    shell.said("anchors", url, "--merge", asked(shell, url), sections[2])
    assert standing(service, url)["joined"] == {"2": [sections[1]]}


def test_what_is_kept_apart_is_asked_no_more(shell: Shell, service: Service, doubtful: tuple[str, list[str]]) -> None:
    url, sections = doubtful
    shell.said("anchors", url, "--apart", asked(shell, url))
    assert [each["section"] for each in standing(service, url)["earlier"]] == [sections[1]]
    assert "Nothing is asked." in shell.said("anchors", url)


def test_decisions_that_cannot_be_are_refused_in_one_sentence(shell: Shell, doubtful: tuple[str, list[str]]) -> None:
    url, _ = doubtful
    id = asked(shell, url)
    assert "lists them" in shell.refused("anchors", url, "--same", "-----------")
    assert "Load the list again" in shell.refused("anchors", url, "--merge", id, "-----------")
    assert "Say which page" in shell.refused("anchors", "--same", id)
    assert "One decision" in shell.refused("anchors", url, "--same", id, "--apart", id)
    assert "Nobody has written" in shell.refused("anchors", f"{BASE}/none")
    assert "postil site list" in shell.refused("anchors", "https://nobody.example/")
    assert "absolute" in shell.refused("anchors", "essay.html")


def test_a_page_moves_with_its_threads_and_old_links_find_them(
    shell: Shell, service: Service, doubtful: tuple[str, list[str]]
) -> None:
    url, _ = doubtful
    shell.said("page", "move", url, f"{BASE}/on-foot")
    for each in (url, f"{BASE}/on-foot"):
        assert service.visitor().page(each)["comments"] == 3
    assert "already" in shell.refused("page", "move", url, f"{BASE}/on-foot")
    service.change(lambda tx: sites.add_site(tx, ["https://third.example"]))
    assert "another site's" in shell.refused("page", "move", url, "https://third.example/")


def test_a_page_that_seems_to_have_moved_is_said_with_the_command(shell: Shell, service: Service, site: Pages) -> None:
    site.show("/essay", ESSAY)
    url = f"{site.origin}/essay"
    shell.said("page", "refresh", url)
    say(service, url)
    site.answers["/essay"] = (404, {}, b"")
    view = {"page": {"url": f"{url}-2"}, "visit": "x" * 16, "outline": references(service)[url]}
    service.reader(origin=site.origin).send("POST", "/v1/views", view)

    assert f"{url}  seems to have moved" in shell.said("anchors")
    said = shell.said("anchors", url)
    (command,) = re.findall(r"postil (page move .*)", said)
    shell.said(*command.split())
    assert service.visitor().page(f"{url}-2")["comments"] == 3
    assert page_key(url) != page_key(f"{url}-2")
