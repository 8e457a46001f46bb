"""Data capture of SageMaker endpoints: JSON Lines with what went in and what came out.

Source: docs.aws.amazon.com, "Data capture", `captureData` and `eventMetadata`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skewgate.data.sources.streams import Opener
from skewgate.serving.capture.formats import lines
from skewgate.serving.capture.formats.base import Block, Format, decoded, text, unreadable
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.events import REQUEST, RESPONSE, Event

_SIDES = {"endpointInput": REQUEST, "endpointOutput": RESPONSE}
_CSV = "text/csv"


class SageMaker(Format):
    """Data capture of SageMaker."""

    name = "sagemaker"

    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """See Format."""
        return lines.blocks(path, opener)

    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """See Format."""
        value = lines.parsed(record)
        captured, about = value.get("captureData"), value.get("eventMetadata")
        if not isinstance(captured, dict) or not isinstance(about, dict):
            raise unreadable("the line is not a SageMaker capture")
        events = []
        for name, part in _SIDES.items():
            side = captured.get(name)
            if not isinstance(side, dict):
                continue
            data, kind = side.get("data"), text(side, "observedContentType")
            encoding = text(side, "encoding").upper()
            if not isinstance(data, str):
                raise unreadable(f"{name} of the capture has no data")
            if encoding == "CSV":
                kind = _CSV
            events.append(
                Event(
                    part,
                    text(about, "eventId", "inferenceId"),
                    moments.moment(about.get("inferenceTime")),
                    decoded(data) if encoding == "BASE64" else data,
                    content_type=kind,
                    version=text(about, "variantName"),
                )
            )
        if not events:
            raise unreadable("the capture has neither input nor output")
        return events
