"""Connections that cannot hold the server up: a request must arrive in time, an answer must be taken in time, nobody holds too many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from h11 import IDLE, SEND_BODY
from uvicorn.protocols.http.h11_impl import H11Protocol

from armillary.web.settings import Settings

_LOOK_S = 1.0
_TOO_MANY = b"too many connections from one address: close some, or ask again\n"
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\nCache-Control: no-store\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_TOO_MANY), _TOO_MANY)
)


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end for slow clients: whoever sends a request or takes an answer too slowly is cut."""

    settings = Settings()

    def connection_made(self, transport: Any) -> None:
        """A client: refused where it holds too many connections, which it is told, and cut where all hold too many."""
        super().connection_made(transport)
        self._is_refused = False
        self._reading_since: float | None = self.loop.time()
        self._writing: tuple[float, int] | None = None
        self._looking: asyncio.TimerHandle | None = None
        most = self.settings.connections_per_client
        same = sum((getattr(c, "client", None) or ("",))[0] == (self.client or ("",))[0] for c in self.connections)
        if len(self.connections) > self.settings.connections:
            transport.abort()
            return
        if 0 < most < same:
            self._is_refused = True
            transport.write(_REFUSAL)
            transport.write_eof()
            self._looking = self.loop.call_later(_LOOK_S, transport.abort)  # closed at once, what is unread would take the answer away
            return
        self._looking = self.loop.call_later(_LOOK_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of it."""
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request: the clock runs from the first to the last of them."""
        if self._is_refused:
            return
        super().data_received(data)
        if self.conn.their_state in (IDLE, SEND_BODY):
            if self._reading_since is None:
                self._reading_since = self.loop.time()
        else:
            self._reading_since = None

    def on_response_complete(self) -> None:
        """The next request may come; a half one that has arrived already is watched."""
        super().on_response_complete()
        if self.conn.their_state is IDLE and not self.conn.trailing_data[0]:
            self._reading_since = None

    def _look(self) -> None:
        if self.transport.is_closing() and not self.transport.get_write_buffer_size():
            return
        now, settings = self.loop.time(), self.settings
        size = self.transport.get_write_buffer_size()
        if not size:
            self._writing = None
        elif self._writing is None or size > self._writing[1]:
            self._writing = now, size
        is_late = self._reading_since is not None and now - self._reading_since > settings.head_s
        if self._writing is not None:
            began, before = self._writing
            took = now - began
            is_late |= took > settings.head_s and before - size < settings.slowest_bytes_per_s * took
        if is_late:
            self.transport.abort()
            return
        self._looking = self.loop.call_later(_LOOK_S, self._look)


def guarded(settings: Settings) -> type[GuardedProtocol]:
    """The protocol with these bounds, for uvicorn's ``http``."""
    return type("GuardedProtocol", (GuardedProtocol,), {"settings": settings})


def run(app: Any, settings: Settings, *, host: str, port: int, forwarded_by: tuple[str, ...] = (), started: Callable[[], None]) -> None:
    """Serve until it is stopped. ``forwarded_by``: addresses of proxies whose X-Forwarded headers are believed; nobody else's are."""
    import uvicorn

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=guarded(settings),
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(forwarded_by),
        forwarded_allow_ips=list(forwarded_by) or [],
        timeout_keep_alive=settings.idle_s,
        timeout_graceful_shutdown=5,
        backlog=256,
    )
    started()
    uvicorn.Server(config).run()
