"""The model data collector of Azure ML: JSON Lines of CloudEvents whose data are records.

Source: learn.microsoft.com, "Collect production data from models".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from skewgate.data.sources.streams import Opener
from skewgate.serving.capture.formats import lines
from skewgate.serving.capture.formats.base import Block, Format, text, unreadable
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.events import REQUEST, RESPONSE, Event, Part

_PREFIX = "azureml.inference."
_PARTS: Mapping[str, Part] = {
    "inputs": REQUEST,
    "model_inputs": REQUEST,
    "request": REQUEST,
    "outputs": RESPONSE,
    "model_outputs": RESPONSE,
    "response": RESPONSE,
}


class AzureMl(Format):
    """Collections of inputs and outputs, or of requests and responses."""

    name = "azureml"

    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """See Format."""
        return lines.blocks(path, opener)

    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """See Format."""
        value = lines.parsed(record)
        kind = text(value, "type")
        part = _PARTS.get(kind.removeprefix(_PREFIX))
        if not kind.startswith(_PREFIX) or part is None:
            raise unreadable("the line is not an event of Azure ML's collector")
        data = value.get("data")
        if data is None and "dataref" in value:
            raise unreadable("the event was too large for the log, which only refers to it")
        return [
            Event(
                part,
                text(value, "correlationid", "xrequestid", "id"),
                moments.moment(value.get("time")),
                data,
                version=text(value, "modelversion"),
                model=text(value, "modelname"),
            )
        ]
