"""Request-response logging of Vertex AI: rows of a BigQuery table, exported as files.

Source: cloud.google.com, "Use online prediction logging".
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator
from typing import Any

from skewgate.core import json_text
from skewgate.data.sources.streams import Opener
from skewgate.serving.capture.formats import lines, tables
from skewgate.serving.capture.formats.base import Block, Format, text, unreadable
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.events import NOT_UNDERSTOOD, REQUEST, RESPONSE, Event, LostError

_PAYLOADS = {
    "request_payload": (REQUEST, "instances"),
    "response_payload": (RESPONSE, "predictions"),
}
_UTC = datetime.timezone.utc


class Vertex(Format):
    """JSON Lines, Parquet or Avro, by the ending of the name."""

    name = "vertex"

    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """See Format."""
        ending = tables.ending(path)
        if ending in tables.PARQUET:
            return tables.numbered(tables.parquet(path, opener))
        if ending == ".avro":
            return tables.numbered(tables.avro(path, opener))
        return lines.blocks(path, opener)

    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """See Format."""
        value = record if isinstance(record, dict) else lines.parsed(record)
        if "request_id" not in value or "logging_time" not in value:
            raise unreadable("a record is not a row of Vertex AI's log")
        events = []
        for name, (part, key) in _PAYLOADS.items():
            items = value.get(name)
            if items is None or items == []:
                continue
            if not isinstance(items, list) or not all(isinstance(each, str) for each in items):
                raise unreadable(f"{name} of a record is not a list of text")
            events.append(
                Event(
                    part,
                    _id(value["request_id"]),
                    _time(value["logging_time"]),
                    {key: [_item(each, name) for each in items]},
                    version=text(value, "deployed_model_id"),
                    model=text(value, "endpoint"),
                )
            )
        if not events:
            raise unreadable("a record has neither request_payload nor response_payload")
        return events


def _item(payload: str, name: str) -> Any:
    """Returns an instance or a prediction.

    Raises:
        LostError: it is no JSON.
    """
    try:
        return json_text.load(payload)
    except ValueError as error:
        raise LostError(NOT_UNDERSTOOD, f"{name} holds text that is not JSON") from error


def _id(value: Any) -> str:
    """Returns a number of any type and scale as text, the same for all exports."""
    try:
        number = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        return str(value or "")
    return f"{number.normalize():f}" if number.is_finite() else ""


def _time(value: Any) -> int | None:
    if isinstance(value, datetime.datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=_UTC)
        return moments.moment(zoned.isoformat())
    return moments.moment(value)
