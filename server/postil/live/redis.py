"""The bus by way of Redis: publish and subscribe, which keep nothing, and need not."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from postil.live.bus import SILENT_SECONDS, CarriedBus, Line, Lost

CHANNEL = "postil"
CONNECT_SECONDS = 5


class _RedisLine:
    def __init__(self, client: Redis, ears: PubSub) -> None:
        self.client, self.ears = client, ears

    async def say(self, texts: Sequence[str]) -> None:
        with _lost_where_away():
            for text in texts:
                await self.client.publish(CHANNEL, text)

    async def heard(self) -> AsyncIterator[str]:
        with _lost_where_away():
            while True:
                message = await self.ears.get_message(ignore_subscribe_messages=True, timeout=SILENT_SECONDS)
                if message is not None:
                    yield message["data"]


@contextmanager
def _lost_where_away() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise Lost(str(error)) from error


def redis_bus(url: str) -> CarriedBus:
    """A bus for all processes that name the same Redis."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Line]:
        made = Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=SILENT_SECONDS
        )
        async with made as client, client.pubsub() as ears:
            with _lost_where_away():
                await ears.subscribe(CHANNEL)
            yield _RedisLine(client, ears)

    return CarriedBus(connect)
