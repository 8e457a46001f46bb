"""The HTTP server, of uvicorn, which is loaded when one is made."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import signal
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

from skewgate.serving.collector.app import App
from skewgate.serving.collector.committing import Committer

if TYPE_CHECKING:
    import socket

    import uvicorn

BACKLOG = 2048
LONGEST_HEADERS = 64 << 10
_IDLE = 75
"""Seconds after which a connection without requests is closed."""


def make(app: App, committer: Committer, tls: ssl.SSLContext | None, grace: int) -> uvicorn.Server:
    """Returns a server that stores what was sent before it ends.

    Args:
        app: that answers.
        committer: that it starts and stops.
        tls: how connections are encrypted; None if they are not.
        grace: seconds that requests have to end after the signal to stop.

    Raises:
        ModuleNotFoundError: uvicorn is not installed.
    """
    import uvicorn

    class Server(uvicorn.Server):
        """Ends with an exit code of its own, and not by the signal that ended it."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
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

    protocol = _bounded_protocol() if importlib.util.find_spec("httptools") else "h11"
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # a flood must not fill the log
    return Server(
        uvicorn.Config(
            app,
            http=protocol,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=grace,
            h11_max_incomplete_event_size=LONGEST_HEADERS,
            ssl_context_factory=(lambda config, default: tls) if tls else None,
        )
    )


def _bounded_protocol() -> type[asyncio.Protocol]:
    """Returns uvicorn's fast reader of HTTP, with a bound on what is kept beside bodies.

    The slow one, which is there where httptools is not, has such a bound of its own.
    """
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Protocol(HttpToolsProtocol):
        """Ends a connection that sends headers, extensions of chunks or trailers without end."""

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
