"""The widget as a wheel carries it, joined and minified."""

import fcntl
import importlib.util
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

ROOT = Path(__file__).parents[1]


@cache
def bundling() -> Any:
    """What makes it, which is no module of the package."""
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "client_widget" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bundled(shared: Path) -> Path:
    """A folder with it. It takes seconds, so of several processes that share a folder one makes it for all."""
    made = shared / "bundled"
    with (shared / "bundled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder = Path(mkdtemp(dir=shared))
            bundling().write(folder)
            folder.rename(made)
    return made
