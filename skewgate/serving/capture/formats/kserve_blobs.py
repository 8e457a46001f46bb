"""What KServe's logger writes into an object store: a file for one record or a batch of them.

Source: github.com/kserve/kserve, pkg/logger: names of fields; a batch may mix requests and
responses, and only JSON may say when they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skewgate.data.sources.streams import Opener
from skewgate.serving.capture.formats import tables
from skewgate.serving.capture.formats.base import Block, Format, decoded, text, unpacked, unreadable
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.events import REQUEST, RESPONSE, Event


class KServeBlobs(Format):
    """JSON, CSV or Parquet files, by the ending of the name."""

    name = "kserve-blobs"

    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """See Format."""
        ending = tables.ending(path)
        if ending in tables.PARQUET:
            return tables.numbered(tables.parquet(path, opener))
        if ending == ".csv":
            return tables.numbered(tables.csv_records(path, opener))
        try:
            return tables.numbered(tables.json_value(path, opener))
        except ValueError:  # is counted as one record that cannot be read
            return iter([Block([(1, None)])])

    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """See Format."""
        if not isinstance(record, dict):
            raise unreadable("a file is not JSON of KServe's logger, or is cut off")
        value = {str(name).lower(): each for name, each in record.items()}
        kind = text(value, "reqtype")
        part = next((part for part in (REQUEST, RESPONSE) if kind.endswith(part)), None)
        if part is None or not isinstance(value.get("bytes"), str):
            raise unreadable("a record is not from KServe's logger: it needs reqType and bytes")
        return [
            Event(
                part,
                text(value, "id"),
                moments.moment(value.get("occurrencetime")),
                unpacked(decoded(value["bytes"]), ""),
                content_type=text(value, "contenttype"),
                version=text(value, "endpoint"),
                model=text(value, "inferenceservice"),
            )
        ]
