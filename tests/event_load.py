"""Clients that send events as fast as they are answered, over connections that stay."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import re
import time

from tests import collecting

ACCEPTED = b"HTTP/1.1 202 "
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def request(number: int, body: bytes = collecting.BODY) -> bytes:
    """Returns an event in binary mode, with the headers that KServe's logger sends."""
    sent = {
        **collecting.headers(number),
        "host": "localhost",
        "ce-time": "2026-11-30T19:00:00.123456Z",
        "ce-inferenceservicename": "taxi",
        "ce-namespace": "models",
        "ce-component": "predictor",
        "content-length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


@dataclasses.dataclass
class Load:
    """What clients sent and heard.

    Attributes:
        body: of each event.
        accepted: numbers of the events that were acknowledged.
        refused: how many were answered otherwise.
        stopped: whether they send no more.
    """

    body: bytes = collecting.BODY
    accepted: list[int] = dataclasses.field(default_factory=list)
    refused: int = 0
    stopped: bool = False

    async def run(self, port: int, connections: int, numbers: itertools.count[int]) -> None:
        """Sends until it is stopped, or the other side is gone."""
        loop = asyncio.get_running_loop()
        clients = []
        try:
            for _ in range(connections):
                _, client = await loop.create_connection(
                    lambda: _Client(self, numbers), "127.0.0.1", port
                )
                clients.append(client)
        except OSError:
            pass
        await asyncio.gather(*(client.over for client in clients))

    def for_seconds(self, port: int, connections: int, seconds: float, first: int = 0) -> float:
        """Sends for some seconds; returns how long it was."""

        async def main() -> float:
            loop = asyncio.get_running_loop()
            loop.call_later(seconds, setattr, self, "stopped", True)
            began = time.monotonic()
            await self.run(port, connections, itertools.count(first))
            return time.monotonic() - began

        return asyncio.run(main())


class _Client(asyncio.Protocol):
    """Sends an event when the last one is answered, with its body. Responses name their length."""

    def __init__(self, load: Load, numbers: itertools.count[int]) -> None:
        self._load, self._numbers, self._number = load, numbers, -1
        self._transport: asyncio.Transport
        self._answer = b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if end else None
        # The head of a refusal may come before its body, which must not count as the next answer.
        if length is None or len(body) < int(length[1]):
            return
        if self._answer.startswith(ACCEPTED):
            self._load.accepted.append(self._number)
        else:
            self._load.refused += 1
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def _send(self) -> None:
        if self._load.stopped:
            self._transport.close()
            return
        self._number = next(self._numbers)
        self._transport.write(request(self._number, self._load.body))
