"""How a command loads what it needs."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """What is imported in here stays as long as the process. Nothing of it is garbage, so nobody looks: a sixth of the
    time it takes.
    """
    gc.disable()
    # pydantic would read the metadata of every installed package for plugins. Nothing of ours has any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
