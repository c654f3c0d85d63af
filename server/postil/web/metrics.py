"""What a monitor wants to know, in Prometheus' own form. Told to who bears POSTIL_METRICS_TOKEN, and to nobody else."""

import hmac
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from postil import record
from postil.errors import NotFound, Unauthorized
from postil.record import Totals
from postil.web import door
from postil.web.live import Sockets

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def read(request: Request) -> Response:
    """What waits and what was decided, of every site. Without the setting there is no such page."""
    await door.hit(request, "read")
    held = door.resources(request)
    if not held.settings.metrics_token:
        raise NotFound()
    try:
        sent = door.bearer(request.headers.get("authorization")) or ""
    except Unauthorized:
        sent = ""
    if not hmac.compare_digest(sent.encode(), held.settings.metrics_token.encode()):
        raise NotFound()
    async with held.database.read() as snapshot:
        totals, now = await record.totals(snapshot), snapshot.now
    sockets: Sockets = request.app.state.sockets
    return Response(_encoded(totals, now, sockets.open.total()), media_type=MEDIA_TYPE, headers=_PRIVATE)


_PRIVATE = {"Cache-Control": "no-store"}


class _Told:
    """A collector that says what it was given, once."""

    def __init__(self, metrics: Iterable["Metric"]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator["Metric"]:
        yield from self.metrics


def _encoded(totals: list[Totals], now: int, sockets: int) -> bytes:
    # Imported here: most services are asked by no monitor, and a start should not wait for it.
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(_metrics(totals, now, sockets)))
    return generate_latest(registry)


def _metrics(totals: list[Totals], now: int, sockets: int) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    waiting = GaugeMetricFamily("postil_waiting", "Items that wait for a moderator.", labels=["site"])
    oldest = GaugeMetricFamily("postil_oldest_waiting_seconds", "How long the oldest waits.", labels=["site"])
    moves = CounterMetricFamily("postil_decisions", "Decisions by move.", labels=["site", "move"])
    reasons = CounterMetricFamily("postil_hidden", "Comments hidden by a moderator.", labels=["site", "reason"])
    for each in totals:
        waiting.add_metric([each.site], each.waiting)
        oldest.add_metric([each.site], max(0, now - each.oldest) if each.oldest is not None else 0)
        for move, count in sorted(each.moves.items()):
            moves.add_metric([each.site, move], count)
        for reason, count in sorted(each.reasons.items()):
            reasons.add_metric([each.site, reason], count)
    yield from (waiting, oldest, moves, reasons)
    yield GaugeMetricFamily("postil_sockets", "Sockets that are open in this process.", value=sockets)
