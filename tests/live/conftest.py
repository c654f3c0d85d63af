import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.live.server import Service, serving

from postil.db import Database
from postil.migrate import migrate


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file: each service begins with a copy."""
    file = tmp_path_factory.mktemp("live") / "empty.db"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")
        await migrate(database)
        await database.close()

    with asyncio.Runner() as runner:
        runner.run(make())
    return file


@pytest.fixture
async def service(empty: Path) -> AsyncIterator[Service]:
    async with serving(empty) as running:
        yield running
