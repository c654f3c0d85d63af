"""What sections' public windows may be kept under at this moment, asked of PostgreSQL from the event loop itself.

One connection and one statement, prepared once: whoever asks while it is on its way goes along with the next one, all
in one. Nobody is told what was asked before he came: of what was committed and acknowledged by then, nothing is missed.
"""

import asyncio
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from psycopg import pq
from sqlalchemy import ARRAY, String, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from postil.models import Page, Section
from postil.windows import STAMPED, Stamp, stamp_of

Asked = asyncio.Future[Stamp | None]

CONNECT_SECONDS = 5
# A line that is silent for so long is given up, and whoever waits asks by a session, with its patience.
SILENT_SECONDS = 1.0
# A server that is away is not asked for each reader whether it is back.
AGAIN_SECONDS = 0.5
# Sections of one statement; who is beyond them waits for the next.
MOST_SECTIONS = 256

_NAME = b"stamps"
_ASKED = select(col(Section.id), *STAMPED).where(
    col(Section.page_id) == Page.id, col(Section.id) == func.any(bindparam("ids", type_=ARRAY(String)))
)
_SQL = str(_ASKED.compile(dialect=postgresql.dialect(paramstyle="numeric_dollar")))  # type: ignore[no-untyped-call]
# Planned once for any number of sections, and by the indexes however small the tables were then.
_PREPARING = (
    *("SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off", "SET enable_hashjoin = off"),
    *("SET enable_mergejoin = off", f"PREPARE {_NAME.decode()} (varchar[]) AS {_SQL}"),
)


class _Row(NamedTuple):
    """STAMPED, in its order."""

    page_id: str
    page_revision: int
    reference: str | None
    anchors: int
    public_revision: int


class Stamps:
    """For one event loop. It heals by itself: where the line is lost, whoever asks is told to ask by a session, and
    another line is made meanwhile.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._ear = -1  # its socket: of one that broke the driver does not say it any more
        self._connecting: asyncio.Task[None] | None = None
        self._again = 0.0
        self._waiting: dict[str, list[Asked]] = {}
        self._flying: dict[str, list[Asked]] = {}
        self._is_due = False
        self._result: pq.abc.PGresult | None = None
        self._silence: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Have a line, if there is one to be had now."""
        self._connect_again(asyncio.get_running_loop())
        if self._connecting is not None:
            await self._connecting

    def close(self) -> None:
        self._again = float("inf")
        if self._connecting is not None:
            self._connecting.cancel()
        self._lose()

    def ask(self, section: str) -> Asked:
        """Its stamp at a moment from now on; None for a section never issued, and where nobody can tell."""
        loop = asyncio.get_running_loop()
        asked: Asked = loop.create_future()
        if self._connection is None:
            self._connect_again(loop)
            asked.set_result(None)
            return asked
        self._waiting.setdefault(section, []).append(asked)
        if not (self._flying or self._is_due):
            # All that the loop reads in one turn ask together.
            self._is_due = True
            loop.call_soon(self._send)
        return asked

    # The line

    def _connect_again(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._connecting is None and loop.time() >= self._again:
            self._again = loop.time() + AGAIN_SECONDS
            self._connecting = loop.create_task(self._connect())
            self._connecting.add_done_callback(self._connected)

    async def _connect(self) -> None:
        with suppress(psycopg.Error, OSError):
            made = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=CONNECT_SECONDS, prepare_threshold=None
            )
            try:
                for statement in _PREPARING:
                    await made.execute(statement.encode())
            except BaseException:
                await made.close()
                raise
            self._ear, self._connection = made.pgconn.socket, made
            asyncio.get_running_loop().add_reader(self._ear, self._read)

    def _connected(self, task: asyncio.Task[None]) -> None:
        self._connecting = None
        if not task.cancelled():
            task.result()

    def _send(self) -> None:
        self._is_due = False
        if self._connection is None or not self._waiting:
            return
        taken = list(self._waiting)[:MOST_SECTIONS]
        self._flying = {section: self._waiting.pop(section) for section in taken}
        line = self._connection.pgconn
        self._silence = asyncio.get_running_loop().call_later(SILENT_SECONDS, self._lose)
        try:
            line.send_query_prepared(_NAME, [b"{%b}" % ",".join(map(_quoted, taken)).encode()])
            if line.flush():  # a kilobyte that the system does not take: nobody reads at the other end
                self._lose()
        except psycopg.Error:
            self._lose()

    def _read(self) -> None:
        assert self._connection is not None
        line = self._connection.pgconn
        try:
            line.consume_input()
            while not line.is_busy():
                result = line.get_result()
                if result is None:
                    return self._end()
                self._result = result
        except psycopg.Error:
            self._lose()

    def _end(self) -> None:
        if not self._flying:
            return  # a notice
        if self._result is None or self._result.status != pq.ExecStatus.TUPLES_OK:
            return self._lose()
        told, flying = _stamps(self._result), self._flying
        self._flying, self._result = {}, None
        self._hush()
        for section, askers in flying.items():
            _tell(askers, told.get(section))
        if self._waiting:
            self._send()

    def _lose(self) -> None:
        """Give up the line; who waits asks by a session."""
        self._hush()
        lost, self._connection = self._connection, None
        if lost is not None:
            asyncio.get_running_loop().remove_reader(self._ear)
            lost.pgconn.finish()
        waited = [*self._flying.values(), *self._waiting.values()]
        self._flying, self._waiting, self._result = {}, {}, None
        for askers in waited:
            _tell(askers, None)

    def _hush(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None


def _quoted(id: str) -> str:
    escaped = id.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _tell(askers: list[Asked], stamp: Stamp | None) -> None:
    for asked in askers:
        if not asked.done():
            asked.set_result(stamp)


def _stamps(result: pq.abc.PGresult) -> dict[str, Stamp]:
    return dict(_stamp(result, number) for number in range(result.ntuples))


def _stamp(result: pq.abc.PGresult, number: int) -> tuple[str, Stamp]:
    section, page, page_revision, reference, anchors, revision = (
        None if value is None else value.decode() for value in (result.get_value(number, at) for at in range(6))
    )
    assert section and page and page_revision and anchors and revision
    return section, stamp_of(_Row(page, int(page_revision), reference, int(anchors), int(revision)))
