"""python -m tests.schema: write down what the migrations make of an empty SQLite file, for those who begin with one."""

import asyncio
import tempfile
from pathlib import Path

from postil.db import Database
from postil.migrate import migrations, told, upgrade


async def write() -> None:
    with tempfile.TemporaryDirectory(prefix="postil-schema-") as folder:
        file = Path(folder) / "postil.db"
        database = Database(f"sqlite:///{file}")
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade)
        await database.close()
        (migrations() / "fresh.sql").write_text(told(file))


if __name__ == "__main__":
    asyncio.run(write())
