"""Waiting, with a bound: what never comes ends its case alone, and says what was waited for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Nothing that is measured takes near as long, also on a machine on which much else runs.
PATIENCE = 120


class Overdue(TimeoutError):
    """Something has not come within its bound; the sentence says what."""


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """The block ends within so many seconds. Overdue where it does not."""
    bound = asyncio.timeout(seconds)
    try:
        async with bound:
            yield
    except TimeoutError as error:
        if not bound.expired():
            raise
        raise Overdue(f"waited {seconds:g} s for {what}") from error
