"""Handlers that are loaded when somebody first asks for them: those of the service's own pages, which no reader of an
article sees. No start waits for them, and a service whose desk is empty does not hold them.

    Route("/moderate", seldom("queue.read"), name="queue.read")
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from starlette.requests import HTTPConnection

from postil import late


def seldom(handler: str) -> Callable[[Any], Awaitable[Any]]:
    """A handler by the names of its module in postil.web and of its function there."""
    module, _, name = handler.partition(".")

    async def loaded(connection: HTTPConnection) -> Any:
        await late.load(f"postil.web.{module}")
        found = getattr(import_module(f"postil.web.{module}"), name)
        connection.scope["endpoint"] = found  # which the log names, where it fails
        return await found(connection)

    return loaded
