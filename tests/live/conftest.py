from collections.abc import AsyncIterator

import pytest
from tests.live.server import Service, serving


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving() as running:
        yield running
