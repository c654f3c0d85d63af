"""The command line: what it says, how it ends, and that it does end."""

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import chdir, nullcontext
from pathlib import Path
from queue import Empty, Queue
from urllib.request import Request, urlopen

import click
import pytest
from click.testing import CliRunner, Result
from tests.databases import ON_POSTGRESQL, dump, on_postgresql, rows, sqlite_url, write

from postil.cli import main
from postil.commands.base import Examples
from postil.commands.importing import importing
from postil.outline import OutlineSection, outline_hash

OUTLINE = [OutlineSection(heading="One", level=2)]

OF_FILES = pytest.mark.sqlite_only("its file and copies of it")

# A process whose database was not closed may never end; one that ends takes a second.
PATIENCE = 60.0


class Shell:
    """A folder of data, and `postil` run in it: here, or as a process where its end is what matters. `database` is
    the URL of another one than the folder's own.
    """

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.database = database or sqlite_url(folder / "data")
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("POSTIL_")},
            "POSTIL_DATA": str(folder / "data"),
            "POSTIL_DATABASE_URL": database,
            "POSTIL_URL": "https://talk.example",
        }

    def run(self, *arguments: str) -> Result:
        with chdir(self.folder):
            return CliRunner(env=self.environment).invoke(main, arguments)

    def said(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert (done.exit_code, done.stderr) == (0, "")
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """The one sentence of a command that fails on purpose: an exception would be a traceback."""
        done = self.run(*arguments)
        assert done.exit_code != 0
        assert isinstance(done.exception, SystemExit), done.exception
        return done.stderr.strip().splitlines()[-1]

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "postil.cli", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )

    def start(self, *arguments: str) -> "Started":
        command = [sys.executable, "-u", "-m", "postil.cli", *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Started(process)


class Started:
    """A process that goes on, and the lines it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: Queue[str] = Queue()
        self.log = ""  # known when it has ended
        self.reading = threading.Thread(target=self._read)
        self.reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, pattern: str) -> re.Match[str]:
        """The first line in which `pattern` is found."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, until - time.monotonic()))
            except Empty:
                pytest.fail(f"“{pattern}” was never said")
            if found := re.search(pattern, line):
                return found

    def stop(self) -> int:
        """Ctrl-C; the exit status, and what was said on the way out must not be a traceback."""
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.reading.join()
        assert self.process.stdout is not None and self.process.stderr is not None
        self.log = self.process.stderr.read()
        assert "Traceback" not in self.log
        self.process.stdout.close()
        self.process.stderr.close()
        return status


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """An SQLite file is made by the first command; a database of PostgreSQL's is there, and migrated."""
    with on_postgresql() if ON_POSTGRESQL else nullcontext("") as database:
        yield Shell(tmp_path, database)


def test_a_command_ends_as_a_process_too(shell: Shell) -> None:
    done = shell.process("site", "add", "https://blog.example")
    assert (done.returncode, done.stderr) == (0, "")
    refused = shell.process("site", "add", "nonsense")
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1, "one sentence, no traceback"


def test_a_new_site_gets_the_two_lines_to_paste(shell: Shell) -> None:
    said = shell.said("site", "add", "https://blog.example", "https://www.blog.example", "--premoderate")

    assert '<script async src="https://talk.example/postil.js"></script>\n<noscript>' in said
    listed = shell.said("site", "list")
    assert "https://blog.example" in listed
    assert "https://www.blog.example" in listed
    assert "wait for a moderator" in listed


def test_without_a_site_the_list_says_how_to_add_one(shell: Shell) -> None:
    assert "postil site add" in shell.said("site", "list")


def test_what_is_no_origin_is_refused_in_one_sentence(shell: Shell) -> None:
    assert "Write scheme and host" in shell.refused("site", "add", "blog.example/path")


def test_an_origin_belongs_to_one_site(shell: Shell) -> None:
    shell.said("site", "add", "https://blog.example")
    assert "another site" in shell.refused("site", "add", "https://other.example", "https://blog.example")
    assert "other.example" not in shell.said("site", "list"), "half a site was left behind"


def test_a_sites_policy_can_be_changed_and_changed_back(shell: Shell) -> None:
    shell.said("site", "add", "https://blog.example")
    shell.said("site", "set", "https://blog.example", "--premoderate", "--origin", "https://www.blog.example")
    assert "comments wait for a moderator" in (listed := shell.said("site", "list"))
    assert "https://www.blog.example" in listed
    shell.said("site", "set", "https://www.blog.example", "--postmoderate", "--edit-window", "1")
    assert "comments wait" not in shell.said("site", "list")


def test_the_policy_of_no_site_is_refused_in_one_sentence(shell: Shell) -> None:
    assert "No site has the origin" in shell.refused("site", "set", "https://other.example", "--premoderate")


def test_a_moderator_gets_a_link_that_is_not_kept(shell: Shell) -> None:
    shell.said("site", "add", "https://blog.example")

    link = shell.said("site", "moderator", "https://blog.example", "Ada", "--owner").strip()

    code = re.fullmatch(r"https://talk\.example/sign-in#([-\w]{40,})", link)
    assert code, link
    assert code[1] not in "\n".join(dump(shell.database))
    assert code[1].encode() not in b"".join(path.read_bytes() for path in (shell.folder / "data").glob("postil.db*"))
    assert "owner: Ada" in shell.said("site", "list")


def test_an_address_is_kept_and_one_that_is_none_is_refused(shell: Shell) -> None:
    shell.said("site", "add", "https://blog.example")
    shell.said("site", "moderator", "https://blog.example", "Ada", "--address", "Ada@blog.example")
    assert "moderator: Ada  (ada@blog.example, invited)" in shell.said("site", "list")

    assert "address" in shell.refused("site", "moderator", "https://blog.example", "Bea", "--address", "Bea")
    assert "Bea" not in shell.said("site", "list")


def test_a_reset_forgets_password_and_second_step_and_prints_a_link(shell: Shell) -> None:
    shell.said("site", "add", "https://blog.example")
    invite = ("site", "moderator", "https://blog.example", "Ada", "--owner")
    shell.said(*invite)
    write(shell.database, "UPDATE moderator SET password_hash = 'kept', totp_secret = 'kept'")
    shell.said(*invite)
    assert rows(shell.database, "SELECT password_hash, totp_secret FROM moderator") == [("kept", "kept")]
    assert "second step" in shell.said("site", "list")

    link = shell.said(*invite, "--reset")

    assert rows(shell.database, "SELECT password_hash, totp_secret FROM moderator") == [(None, None)]
    assert re.fullmatch(r"https://talk\.example/sign-in#[-\w]{40,}\n", link)
    assert "second step" not in shell.said("site", "list")


def test_a_dismissed_moderator_is_listed_no_more(shell: Shell) -> None:
    shell.said("site", "add", "https://blog.example")
    shell.said("site", "moderator", "https://blog.example", "Ada")
    shell.said("site", "moderator", "https://blog.example", "Ada", "--dismiss")
    assert "Ada" not in shell.said("site", "list")


def test_a_moderator_of_no_site_is_refused_in_one_sentence(shell: Shell) -> None:
    assert "postil site list" in shell.refused("site", "moderator", "https://blog.example", "Ada")


@OF_FILES
def test_a_backup_is_restored_under_a_new_epoch(shell: Shell) -> None:
    shell.said("site", "add", "https://blog.example")
    before = epoch(shell)
    copy = shell.said("backup", "--to", "kept.db").strip()
    shell.said("site", "add", "https://later.example")

    shell.said("restore", copy)

    assert "later.example" not in shell.said("site", "list")
    assert "blog.example" in shell.said("site", "list")
    assert epoch(shell) != before


def epoch(shell: Shell) -> str:
    return str(rows(shell.database, "SELECT epoch FROM lineage")[0][0])


@OF_FILES
def test_a_backup_of_nothing_says_what_to_do(shell: Shell) -> None:
    assert "postil serve" in shell.refused("backup")


@OF_FILES
def test_what_is_no_backup_is_refused(shell: Shell) -> None:
    (shell.folder / "letter.txt").write_text("Dear reader, " * 100)
    shell.said("site", "add", "https://blog.example")
    assert shell.refused("restore", "letter.txt").startswith("Error: ")
    assert "blog.example" in shell.said("site", "list")


@OF_FILES
def test_migrating_makes_the_file(shell: Shell) -> None:
    assert "current" in shell.said("migrate")
    assert (shell.folder / "data" / "postil.db").exists()


def test_the_api_is_printed_as_one_document(shell: Shell) -> None:
    assert json.loads(shell.said("openapi"))["openapi"] == "3.1.0"


def test_a_taken_port_is_said_in_one_sentence(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for command in ("serve", "demo"):
            said = shell.refused(command, "--port", str(port))
            assert f"127.0.0.1:{port}" in said
            assert "--port" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("POSTIL_PORT", "eighty"), ("POSTIL_FETCH_NETWORKS", "10.1.2.0/24"), ("POSTIL_TRUSTED_PROXIES", "1")],
)
def test_a_setting_of_the_wrong_kind_is_said_in_one_sentence(shell: Shell, name: str, value: str) -> None:
    shell.environment[name] = value
    said = shell.refused("serve")
    assert name in said


def test_the_service_starts_answers_and_stops(shell: Shell) -> None:
    started = shell.start("serve", "--port", "0")
    address = started.until(r"listens on (http://\S+);")[1]
    assert fetch(f"{address}/healthz") == b"ok\n"
    assert json.loads(fetch(f"{address}/readyz")) == {"ready": True}
    started.stop()


def test_what_is_imported_for_good_is_no_place_to_look_for_garbage() -> None:
    before = gc.get_freeze_count()
    with pytest.raises(ImportError), importing():
        assert not gc.isenabled()
        raise ImportError
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


@pytest.mark.parametrize(
    ("url", "warns"),
    [("http://talk.example", True), ("https://talk.example", False), ("http://localhost:8000", False)],
)
def test_a_service_where_nobody_can_sign_in_says_so_at_the_start(shell: Shell, url: str, warns: bool) -> None:
    shell.environment["POSTIL_URL"] = url
    started = shell.start("serve", "--port", "0")
    address = started.until(r"listens on (http://\S+);")[1]
    assert fetch(f"{address}/healthz") == b"ok\n"
    started.stop()
    assert (f"POSTIL_URL is {url}: moderators can sign in by https only, or on localhost." in started.log) is warns


def fetch(url: str, body: object = None, **headers: str) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, headers | {"Content-Type": "application/json"}), timeout=PATIENCE) as answer:
        content: bytes = answer.read()
        return content


@pytest.fixture
def demo(shell: Shell) -> Iterator[tuple[Shell, str, Started]]:
    started = shell.start("demo", "--port", "0")
    yield shell, started.until(r"discuss\s+(http://\S+?)/?\s")[1], started
    started.stop()


def test_watching_prints_what_happens_as_it_happens(demo: tuple[Shell, str, Started]) -> None:
    shell, address, _ = demo
    watching = shell.start("watch", f"{address}/", "--service", address)
    try:
        watching.until('"watching"')
        draft = {
            "page": {"url": f"{address}/"},
            "outline": {"hash": outline_hash(OUTLINE), "sections": [{"heading": "One", "level": 2}]},
            "index": 0,
            "name": "Ada",
            "source": "Seen from outside",
            "nonce": "12345678",
        }
        fetch(f"{address}/v1/comments", draft, Origin=address, **{"Postil-Author": "a" * 43})
        watching.until('"counts"')
    finally:
        watching.stop()


def test_a_demo_shows_its_snippet_and_goes_on_with_its_data(shell: Shell) -> None:
    for _ in range(2):
        started = shell.start("demo", "--port", "0")
        address = started.until(r"discuss\s+(http://\S+?)/?\s")[1]
        started.until(r"/sign-in#")
        snippet = started.until(r"<script async.*")[0]
        assert snippet.encode() in fetch(f"{address}/")
        page = json.loads(fetch(f"{address}/v1/page?url={address}/"))
        started.stop()
    assert (shell.folder / "postil-data" / "postil.db").exists()
    assert page["comments"] >= 5


def test_the_check_leaves_nothing_behind(shell: Shell) -> None:
    said = shell.said("demo", "--check")
    assert said.startswith("ok: ")
    assert len(said.splitlines()) == 1
    assert list(shell.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["essay.txt", "essay.md", "essay.html"])
def test_any_article_can_be_shown(shell: Shell, name: str) -> None:
    texts = {
        "essay.txt": "A title\n\nAda Lovelace\n\nSome words.\n\nA heading\n\nMore words.\n\nAnother\n\nThe end.",
        "essay.md": "# A title\n\nSome words.\n\n## A heading\n\nMore words.\n\n## Another\n\nThe end.",
        "essay.html": "<title>A title</title><article><h2>A heading</h2><p>Words</p><h2>Two</h2><p>End</p></article>",
    }
    (shell.folder / name).write_text(texts[name])
    assert shell.said("demo", "--check", "--article", name).startswith("ok: ")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = {" ".join(path): command for path, command in commands(main)}


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_ends_with_examples(name: str) -> None:
    command = COMMANDS[name]
    assert isinstance(command, Examples)
    assert f"postil {name}" in command.examples
    said = command.get_help(click.Context(command, info_name=f"postil {name}"))
    assert said.rstrip().endswith(command.examples.strip().splitlines()[-1].strip())
    assert all(option.help for option in command.params if isinstance(option, click.Option))
