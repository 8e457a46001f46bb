"""The HTTP server, of uvicorn, which is loaded when one is made."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import logging
import signal
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from skewgate.core.unexpected import in_short
from skewgate.serving.collector.app import App
from skewgate.serving.collector.committing import Committer

if TYPE_CHECKING:
    import socket

    import uvicorn

LONGEST_HEADERS = 64 << 10
IDLE = 75
"""Seconds after which a connection without requests is closed."""
_BODY = json.dumps({"error": "too many connections"}).encode() + b"\n"
_BUSY = b"\r\n".join(
    (
        b"HTTP/1.1 503 Service Unavailable",
        b"retry-after: 1",
        b"connection: close",
        b"content-type: application/json",
        b"content-length: %d" % len(_BODY),
        b"",
        _BODY,
    )
)


def make(
    app: App,
    committer: Committer,
    *,
    tls: ssl.SSLContext | None,
    grace: int,
    backlog: int,
    most_connections: int,
    warn: Callable[[str], None],
    idle: int = IDLE,
) -> uvicorn.Server:
    """Returns a server that stores what was sent before it ends.

    Args:
        app: that answers.
        committer: that it starts and stops.
        tls: how connections are encrypted; None if they are not.
        grace: seconds that requests have to end after the signal to stop.
        backlog: connections that the system keeps until they are accepted.
        most_connections: at a time; others are answered 503.
        warn: told what went wrong outside any request.
        idle: seconds after which a connection without requests is closed.

    Raises:
        ModuleNotFoundError: uvicorn is not installed.
    """
    import uvicorn

    class Server(uvicorn.Server):
        """Ends with an exit code of its own, and not by the signal that ended it."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            asyncio.get_running_loop().set_exception_handler(
                lambda loop, context: warn(_in_words(context))
            )
            committer.start()
            await super().startup(sockets)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            await committer.stop()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            before = {
                each: signal.signal(each, self.handle_exit)
                for each in (signal.SIGINT, signal.SIGTERM)
            }
            try:
                yield
            finally:
                for each, handler in before.items():
                    signal.signal(each, handler)

    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # a flood must not fill the log
    return Server(
        uvicorn.Config(
            app,
            http=_protocol(most_connections, idle),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=backlog,
            timeout_keep_alive=idle,
            timeout_graceful_shutdown=grace,
            h11_max_incomplete_event_size=LONGEST_HEADERS,
            ssl_context_factory=(lambda config, default: tls) if tls else None,
        )
    )


def _in_words(context: dict[str, Any]) -> str:
    error = context.get("exception")
    said = str(context.get("message", "an error outside any request"))
    return f"{said}: {in_short(error)}" if isinstance(error, Exception) else said


class _Bounded(asyncio.Protocol):
    """Bounds connections, and ends those on which no whole request comes.

    uvicorn ends those that are idle behind a response, but waits for ever for a first request, and
    for the rest of its headers.
    """

    most_connections: int
    idle: float
    connections: set[Any]
    loop: asyncio.AbstractEventLoop
    transport: Any
    cycle: Any
    _watching: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            # The system would refuse files, too.
            transport.write(_BUSY)
            transport.close()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watching.cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        self._watching = self.loop.call_later(self.idle, self._look, self.cycle)

    def _look(self, before: Any) -> None:
        """Ends the connection if no request has begun since it was looked at, and none goes on."""
        if self.cycle is before and (before is None or before.response_complete):
            self.transport.close()
        else:
            self._watch()


def _protocol(most: int, seconds: float) -> type[asyncio.Protocol]:
    """Returns a reader of HTTP with bounds on connections, and on what is kept beside bodies."""
    if importlib.util.find_spec("httptools") is None:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        class SlowProtocol(_Bounded, H11Protocol):
            """Headers are bounded by an option of its own."""

            most_connections, idle = most, seconds

        return SlowProtocol
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Protocol(_Bounded, HttpToolsProtocol):
        """Bounds headers, extensions of chunks and trailers, too."""

        most_connections, idle = most, seconds
        _beside_bodies = 0

        def data_received(self, data: bytes) -> None:
            self._beside_bodies += len(data)
            super().data_received(data)
            if self._beside_bodies > LONGEST_HEADERS and not self.transport.is_closing():
                self.send_400_response("Headers are too long.")

        def on_headers_complete(self) -> None:
            self._beside_bodies = 0
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self._beside_bodies = 0
            super().on_body(body)

    return Protocol
