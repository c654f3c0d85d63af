"""What PostgreSQL needs: a snapshot for what is read, and for a change the rows as they are once it has their lock."""

from contextlib import AbstractAsyncContextManager, nullcontext

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine


class Postgresql:
    """How the doors of db.py stand on PostgreSQL."""

    def make_engine(self, url: URL) -> AsyncEngine:
        # What a statement was given is somebody's name or text: it belongs in no log.
        how = "REPEATABLE READ"
        return create_async_engine(url, hide_parameters=True, pool_size=10, max_overflow=10, isolation_level=how)

    def writing(self, engine: AsyncEngine) -> AsyncEngine:
        return engine.execution_options(isolation_level="READ COMMITTED")

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Writers wait for each other at the rows that they lock (changing.changing), nowhere else."""
        return nullcontext()

    async def check(self, connection: AsyncConnection) -> None:
        """Raise unless it answers."""
        await connection.execute(text("SELECT 1"))
