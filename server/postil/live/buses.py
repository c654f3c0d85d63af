"""Which bus a URL names. A driver is imported only where it is wanted: both come with extras of their own."""

from urllib.parse import urlsplit

from postil.live.bus import Bus, MemoryBus

MEMORY, POSTGRES = "memory://", "postgres://"


class NoBus(ValueError):
    """The bus that was asked for cannot be had; the sentence tells why."""


def open_bus(url: str, database: str) -> Bus:
    """The bus at a URL, or the one that suits the service's own `database`: a file has one process, a server may have
    many. NoBus where it cannot be had.
    """
    match urlsplit(url or (MEMORY if database.startswith("sqlite") else POSTGRES)).scheme:
        case "memory":
            return MemoryBus()
        case "unix":
            from postil.live.machine import machine_bus

            return machine_bus(urlsplit(url).path)
        case "postgres" | "postgresql":
            return _postgres(url, database)
        case "redis" | "rediss":
            return _redis(url)
        case other:
            raise NoBus(f"POSTIL_BUS says “{other}://”: it is memory://, postgres:// or redis://….")


def _postgres(url: str, database: str) -> Bus:
    of_its_own = urlsplit(url).netloc or urlsplit(url).query
    if not of_its_own and not database.startswith("postgres"):
        raise NoBus(
            "POSTIL_BUS=postgres:// is the database itself, and that is SQLite. Name a server, or use redis://."
        )
    try:
        from postil.live.postgres import postgres_bus
    except ImportError as error:
        raise NoBus("POSTIL_BUS=postgres:// needs psycopg: pip install 'postil[postgres]'") from error
    scheme, _, rest = (url if of_its_own else database).partition("://")
    return postgres_bus(f"{scheme.partition('+')[0]}://{rest}")


def _redis(url: str) -> Bus:
    try:
        from postil.live.redis import redis_bus
    except ImportError as error:
        raise NoBus("POSTIL_BUS=redis:// needs redis: pip install 'postil[redis]'") from error
    return redis_bus(url)
