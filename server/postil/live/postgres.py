"""The bus by way of PostgreSQL: LISTEN and NOTIFY, on connections of its own beside those of the database."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import psycopg

from postil.live.bus import CarriedBus, Line, Lost

CHANNEL = "postil"
CONNECT_SECONDS = 5


class _PostgresLine:
    """Two connections: the driver cannot say anything on one that it listens to."""

    def __init__(self, ears: psycopg.AsyncConnection, mouth: psycopg.AsyncConnection) -> None:
        self.ears, self.mouth = ears, mouth

    async def say(self, texts: Sequence[str]) -> None:
        # Never in the transaction that made the change: PostgreSQL lets those that notify commit one at a time.
        tell = "SELECT pg_notify(%s, said) FROM unnest(%s::text[]) AS said"
        with _lost_where_away():
            await self.mouth.execute(tell, (CHANNEL, list(texts)))

    async def heard(self) -> AsyncIterator[str]:
        with _lost_where_away():
            async for notify in self.ears.notifies():
                yield notify.payload


@contextmanager
def _lost_where_away() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Lost(str(error).strip()) from error


def postgres_bus(url: str) -> CarriedBus:
    """A bus for all processes that name the same database."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Line]:
        with _lost_where_away():
            ears = await _connection(url)
        try:
            with _lost_where_away():
                await ears.execute(f"LISTEN {CHANNEL}")
                mouth = await _connection(url)
            try:
                yield _PostgresLine(ears, mouth)
            finally:
                await _hang_up(mouth)
        finally:
            await _hang_up(ears)

    return CarriedBus(connect)


async def _connection(url: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)


async def _hang_up(connection: psycopg.AsyncConnection) -> None:
    await connection.close()
