"""uvicorn's HTTP, with a wicket beside the gate: an answer that is bytes already is written as it lies.

A task, two messages and a check of each header cost more than all else that such an answer needs. uvicorn answers
whatever is not plain: a connection that closes or is not being read, and further requests of one reading, so that
nobody holds the loop by sending many at once. The same bytes go out either way (tests/web/test_wicket.py).
"""

from typing import Any

from starlette.applications import Starlette
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from postil.web.front import Front, Sent, Soon


class Wicket(HttpToolsProtocol):
    """Given to uvicorn as `http`, where httptools is installed."""

    def __init__(self, config: Config, *more: Any, **named: Any) -> None:
        super().__init__(config, *more, **named)
        app = config.loaded_app
        self._front: Front | None = app.state.front if isinstance(app, Starlette) else None
        self._is_first = False

    def data_received(self, data: bytes) -> None:
        self._is_first = True
        super().data_received(data)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        is_first, self._is_first = self._is_first, False
        is_plain = is_first and not self.pipeline and self._is_plain(cycle) and app is self.app
        if not (is_plain and self._answer(cycle, app)):
            super()._start_asgi_task(cycle, app)

    def _is_plain(self, cycle: RequestResponseCycle) -> bool:
        in_order = cycle.keep_alive and not self.config.access_log
        return in_order and not (self.flow.write_paused or self.transport.is_closing())

    def _answer(self, cycle: RequestResponseCycle, app: Any) -> bool:
        """Whether the answer is written, or will be."""
        scope: Any = cycle.scope
        found = self._front.find(scope) if self._front is not None else None
        if isinstance(found, Soon):
            soon = found
            soon.later.asked.add_done_callback(lambda _: self._go_on(cycle, app, soon))
            return True
        return found is not None and self._write(cycle, found)

    def _go_on(self, cycle: RequestResponseCycle, app: Any, soon: Soon) -> None:
        """What came in meanwhile waits for this answer, as it does for a task's."""
        if cycle.disconnected or self._front is None:
            return
        said = self._front.end(soon) if self._is_plain(cycle) else None
        if said is None or not self._write(cycle, said):
            super()._start_asgi_task(cycle, app)

    def _write(self, cycle: RequestResponseCycle, said: Sent) -> bool:
        ours = [part for name, value in cycle.default_headers for part in (name, b": ", value, b"\r\n")]
        self.transport.writelines([said.line, *ours, said.head, said.body])
        cycle.response_started = cycle.response_complete = True
        cycle.on_response()
        return True
