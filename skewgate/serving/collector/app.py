"""The ASGI application: `POST /` takes events, and three routes say how the collector is.

It is called for each request, thousands of times a second: no framework stands between.
"""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from skewgate.core.hidden import visible
from skewgate.core.unexpected import in_short
from skewgate.serving.collector import access, bodies, events, messages
from skewgate.serving.collector.committing import Committer
from skewgate.serving.collector.holding import Hold, Room
from skewgate.serving.collector.metrics import CONTENT_TYPE, Gauges, Metrics
from skewgate.serving.collector.refusals import RefusedError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 10 << 20
MOST_HELD = 128 << 20
SLOWEST = 30.0
"""Seconds in which a body must have come."""
CLIENT_GONE = 499
"""Counted where nobody is left to be answered."""
_ACCEPTED: tuple[Message, ...] = (
    {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]},
    {"type": "http.response.body", "body": b""},
)
_READ = ("GET", "HEAD")
_METHODS = {"/": ("POST",), "/healthz": _READ, "/readyz": _READ, "/metrics": _READ}


class _GoneError(Exception):
    """The client left before its request was whole."""


class App:
    """Takes events and answers when they are safe.

    Args:
        committer: that stores them.
        metrics: where it counts.
        gauges: says what is true at the moment, given the bytes that requests hold.
        tokens: accepted ones; none if everybody may send.
        largest: bytes of a body, as it comes and without its content encoding.
        most_held: bytes of requests that are not answered; beyond that it refuses.
        slowest: seconds in which a body must have come.
    """

    def __init__(
        self,
        committer: Committer,
        metrics: Metrics,
        gauges: Callable[[int], Gauges],
        *,
        tokens: Sequence[bytes] = (),
        largest: int = LARGEST_BODY,
        most_held: int = MOST_HELD,
        slowest: float = SLOWEST,
    ) -> None:
        self._committer, self._metrics, self._gauges = committer, metrics, gauges
        self._tokens, self._largest, self._slowest = tokens, largest, slowest
        self._room = Room(most_held)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            return
        try:
            if scope["path"] == "/" and scope["method"] == "POST":
                await self._collect(scope["headers"], receive)
                self._metrics.responded(202)
                for message in _ACCEPTED:
                    await send(message)
            else:
                await self._look(scope, send)
        except RefusedError as refused:
            await self._refuse(refused, send)
        except _GoneError:
            self._metrics.responded(CLIENT_GONE)
        except Exception as error:  # noqa: BLE001 (one request must not end the collector)
            messages.warn(f"a request failed: {in_short(error)}")
            await self._refuse(RefusedError(500, "an error of the collector itself"), send)

    async def _collect(self, headers: Sequence[tuple[bytes, bytes]], receive: Receive) -> None:
        """Stores the events of a request.

        Raises:
            RefusedError: they are not stored.
        """
        access.check(headers, self._tokens)
        found = dict(headers)
        announced = found.get(b"content-length", b"")
        if announced.isdigit() and int(announced[:20]) > self._largest:
            raise bodies.too_large(self._largest)
        now = datetime.datetime.now(datetime.timezone.utc)
        collected = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        hold = Hold(self._room, self._slowest)
        try:
            body = await self._body(receive, hold)
            if encoding := found.get(b"content-encoding", b"").decode("latin-1"):
                body = bodies.inflated(body, encoding.strip().lower(), self._largest)
                hold.take(len(body))
            await self._committer.stored(events.parse(headers, body, collected))
        finally:
            hold.release()

    async def _body(self, receive: Receive, hold: Hold) -> bytes:
        parts, size, is_whole = [], 0, False
        try:
            while not is_whole:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _GoneError
                part = message.get("body", b"")
                size += len(part)
                if size > self._largest:
                    raise bodies.too_large(self._largest)
                hold.take(len(part))
                parts.append(part)
                is_whole = not message.get("more_body", False)
        except asyncio.CancelledError:
            if not hold.is_late:
                raise
            sentence = f"the body must come within {self._slowest:g} s"
            raise RefusedError(408, sentence, unread=True) from None
        hold.arrived()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _look(self, scope: Message, send: Send) -> None:
        """Answers a request that is none for storing.

        Raises:
            RefusedError: there is no such thing to see, or not for this client.
        """
        path, method = scope["path"], scope["method"]
        allowed = _METHODS.get(path)
        if allowed is None:
            raise RefusedError(404, f"there is no {visible(path[:60])}", unread=method not in _READ)
        if method not in allowed:
            sentence = f"{path} takes {' and '.join(allowed)}"
            raise RefusedError(405, sentence, unread=method not in _READ)
        if path == "/metrics":
            access.check(scope["headers"], self._tokens)
            text = self._metrics.text(self._gauges(self._room.held))
            await self._answer(send, 200, text.encode(), [(b"content-type", CONTENT_TYPE.encode())])
            return
        why = None if self._committer.is_alive else "nothing is stored any more"
        if path == "/readyz":
            why = why or self._committer.error
        if why:
            raise RefusedError(503, why)
        await self._answer(
            send, 200, b'{"status":"ok"}\n', [(b"content-type", b"application/json")]
        )

    async def _refuse(self, refused: RefusedError, send: Send) -> None:
        headers = [(b"content-type", b"application/json")]
        if refused.retry_after is not None:
            headers.append((b"retry-after", str(refused.retry_after).encode()))
        if refused.unread:
            headers.append((b"connection", b"close"))
        if refused.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        text = json.dumps({"error": refused.sentence}) + "\n"
        await self._answer(send, refused.status, text.encode(), headers)

    async def _answer(
        self, send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self._metrics.responded(status)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})
