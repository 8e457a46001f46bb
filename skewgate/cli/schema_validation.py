"""TFDV's opinion of a schema and data, for the commands that ask it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from skewgate.checks.skew.anomalies import unchecked as anomaly_doubts
from skewgate.cli import console
from skewgate.core import temporary
from skewgate.core.errors import InputError
from skewgate.schema.inference.views import rows_of


class Tfdv:
    """TFDV; making it imports TensorFlow, which takes long, and what it logs is not shown."""

    def __init__(self, *, quiet: bool) -> None:
        started = time.monotonic()
        if not quiet:
            print("loading TensorFlow Data Validation, which can take 20 s", file=sys.stderr)
            sys.stderr.flush()
        with _silence():
            import tensorflow_data_validation as tfdv
        self._tfdv: Any = tfdv
        seconds = time.monotonic() - started
        if not quiet:
            print(f"loaded it in {seconds:.1f} s", file=sys.stderr, flush=True)

    def update(
        self, schema: schema_pb2.Schema, statistics: statistics_pb2.DatasetFeatureStatisticsList
    ) -> schema_pb2.Schema:
        """See `accept.Validation`."""
        with _silence(), _refusals("the schema"):
            return self._tfdv.update_schema(schema, statistics)

    def validate(
        self,
        schema: schema_pb2.Schema,
        statistics: statistics_pb2.DatasetFeatureStatisticsList,
        environment: str | None,
    ) -> anomalies_pb2.Anomalies:
        """See `accept.Validation`."""
        prepared = anomaly_doubts.prepare(schema, rows_of(statistics))
        readable = statistics_pb2.DatasetFeatureStatisticsList(datasets=[prepared.dataset])
        with _silence(), _refusals("the schema"):
            return self._tfdv.validate_statistics(
                readable, prepared.schema, environment=environment
            )


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keeps what native code prints off the screen."""
    with temporary.folder() as folder, console.redirected(folder / "log"):
        yield


@contextlib.contextmanager
def _refusals(what: str) -> Iterator[None]:
    """Turns what TFDV refuses into one sentence."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise InputError(what, f"cannot be used by TFDV ({reason})", "correct it") from error
