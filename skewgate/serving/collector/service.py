"""Runs the collector from its first file to its last."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import time
from collections.abc import Callable, Sequence

from skewgate.core.errors import EXIT_PASS, InputError, SkewgateError
from skewgate.core.unexpected import in_short
from skewgate.data.windows.durations import Duration
from skewgate.serving.collector import app as collecting
from skewgate.serving.collector import listening, messages, tls, web
from skewgate.serving.collector import store as storing
from skewgate.serving.collector.committing import Committer
from skewgate.serving.collector.holding import OVERHEAD
from skewgate.serving.collector.metrics import Gauges, Metrics

_SILENCE = 60.0
"""Seconds between two lines that say the same."""

_ALLOCATIONS = 50_000
"""Objects after which the garbage collector looks for circles; with the default, 700, a large body
takes twice as long."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """How to collect.

    Attributes:
        out: folder of the events.
        host, port: where to listen; port 0 takes any that is free.
        every: length of windows.
        most_bytes: of a file.
        largest: bytes of a request.
        most_held: bytes of requests that are not answered.
        tokens: accepted ones; none if everybody may send.
        certificate, key, client_ca: files in PEM; with the last, clients must show a certificate.
        grace: seconds that requests have to end after the signal to stop.
    """

    out: str
    host: str = "127.0.0.1"
    port: int = 8080
    every: Duration = storing.HOURLY
    most_bytes: int = storing.LARGEST_FILE
    largest: int = collecting.LARGEST_BODY
    most_held: int = collecting.MOST_HELD
    tokens: Sequence[bytes] = ()
    certificate: str | None = None
    key: str | None = None
    client_ca: str | None = None
    grace: int = 25


def run(settings: Settings, say: Callable[[str], None]) -> int:
    """Collects until SIGTERM or SIGINT comes.

    Args:
        settings: how.
        say: told what goes on, in lines.

    Returns:
        The exit code of a success: all that was acknowledged is published.

    Raises:
        InputError: the folder, the address or a certificate cannot be used, or uvicorn is missing.
        SkewgateError: what was acknowledged is stored, but could not be published.
        OSError: the system refused.
    """
    _check_room(settings)
    context = tls.context(settings.certificate, settings.key, settings.client_ca)
    with contextlib.closing(listening.bound(settings.host, settings.port)) as listener:
        store = storing.Store(settings.out, every=settings.every, most_bytes=settings.most_bytes)
        metrics = Metrics()
        committer = Committer(store, on_commit=metrics.committed, on_error=_Teller())
        app = collecting.App(
            committer,
            metrics,
            lambda held: _gauges(store, committer, held),
            tokens=settings.tokens,
            largest=settings.largest,
            most_held=settings.most_held,
        )
        server = web.make(
            app,
            committer,
            tls=context,
            grace=settings.grace,
            backlog=listening.BACKLOG,
            most_connections=listening.connections_allowed(),
            warn=_Seldom(),
        )
        # What is loaded stays. A body may be millions of lists, and none of them refers to itself.
        gc.freeze()
        gc.set_threshold(_ALLOCATIONS, 10, 10)
        for path in store.recovered:
            say(f"published {path}, left open by a collector that ended early")
        address = listening.shown(listener, encrypted=context is not None)
        try:
            with server.capture_signals():
                # Who reads this line may connect, or end the collector, at once.
                listener.listen(listening.BACKLOG)
                if _is_open(settings):
                    messages.warn(
                        "anyone who can reach this address can send events: give --token-file or "
                        "--tls-client-ca, or limit access with a network policy"
                    )
                say(f"collecting into {settings.out} on {address}")
                server.run(sockets=[listener])
        except OSError as error:
            raise SkewgateError(
                f"{settings.out}: all that was acknowledged is stored, but the last file could "
                f"not be published ({in_short(error)}). Fix: make room, and start the collector "
                "again: it publishes what it finds."
            ) from error
    say(f"stopped; published {store.published} files in {settings.out}")
    return EXIT_PASS


def _check_room(settings: Settings) -> None:
    """Makes sure that the largest request can be held: it would be refused for ever.

    Raises:
        InputError: it cannot.
    """
    needed = 2 * settings.largest + OVERHEAD  # as it comes, and inflated
    if settings.most_held < needed:
        raise InputError(
            "--max-held",
            f"must be at least {needed} bytes, which a request of --max-event "
            f"({settings.largest} bytes) takes with what it is inflated to, got "
            f"{settings.most_held}",
            "raise --max-held, or lower --max-event",
        )


def _gauges(store: storing.Store, committer: Committer, held: int) -> Gauges:
    try:
        disk = os.statvfs(store.folder)
        free: int | None = disk.f_bavail * disk.f_frsize
    except OSError:
        free = None
    return Gauges(
        held_bytes=held,
        open_bytes=store.open_bytes,
        free_bytes=free,
        storing=committer.error is None,
        published=store.published,
        recovered=len(store.recovered),
    )


class _Seldom:
    """Says on standard error what goes wrong outside any request, once a minute."""

    def __init__(self) -> None:
        self._at = -_SILENCE

    def __call__(self, words: str) -> None:
        now = time.monotonic()
        if now >= self._at + _SILENCE:
            self._at = now
            messages.warn(words)


class _Teller:
    """Says on standard error that events are refused, and that they are stored again.

    A disk that is nearly full may take some and refuse others: it is told once a minute.
    """

    def __init__(self) -> None:
        self._told: str | None = None
        self._at = -_SILENCE

    def __call__(self, refused: str | None) -> None:
        now = time.monotonic()
        if refused == self._told or (refused and now < self._at + _SILENCE):
            return
        self._at = now if refused else self._at
        self._told = refused
        messages.warn(f"events are refused: {refused}" if refused else "events are stored again")


def _is_open(settings: Settings) -> bool:
    """Says whether other machines may send without showing who they are."""
    is_local = settings.host in ("127.0.0.1", "::1", "localhost")
    return not is_local and not settings.tokens and settings.client_ca is None
