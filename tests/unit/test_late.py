"""What is loaded late is not there when the service begins, and is there for whoever asks, without holding the loop."""

import asyncio
import json
import subprocess
import sys

import pytest

from postil import late
from postil.markup import render

LATE = {"bleach", "markdown_it", "nh3", "postil.markup"}
# What only some need, some day: other commands, moderators' pages, other databases and buses.
SELDOM = {
    *{"alembic", "httpcore2", "jinja2", "prometheus_client", "psycopg", "redis", "sqlalchemy.dialects.postgresql"},
    *{"argon2", "pyotp", "dotenv", "postil.reviewing"},
    *{f"postil.web.{name}" for name in ("queue", "deciding", "desk_live", "people", "rules", "signing_in", "threads")},
}

# As `postil serve` begins; then somebody posts.
BEGIN = """
import asyncio, json, sys
import postil.cli, postil.serving, postil.workers
from postil import late

before = sorted(sys.modules)
rendered = asyncio.run(late.render_async("*a*"))
print(json.dumps([before, rendered.html, sorted(sys.modules)]))
"""


def test_a_start_leaves_out_what_readers_do_not_need() -> None:
    made = subprocess.run([sys.executable, "-c", BEGIN], capture_output=True, check=True, text=True)
    before, html, after = json.loads(made.stdout)
    assert (LATE | SELDOM) & set(before) == set()
    assert html == render("*a*").html
    assert set(after) >= LATE


async def test_loading_leaves_the_event_loop_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    begun, held = asyncio.Event(), asyncio.Event()

    def slow(_name: str) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(held.wait(), loop).result()

    monkeypatch.setattr(late, "import_module", slow)
    monkeypatch.setattr(late, "_loaded", set())
    loading = asyncio.create_task(late.load("postil.markup"))
    await begun.wait()
    assert not loading.done()
    held.set()
    await loading


async def test_all_of_it_is_there_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "_loaded", set())
    await late.warm()
    assert late._loaded == set(late.LATE)
