"""CloudEvents as JSON Lines: what KServe's logger and Seldon send, one event a line.

Source: github.com/cloudevents/spec, JSON event format; kserve.github.io, inference logger;
docs.seldon.io, request logging.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from skewgate.data.sources.streams import Opener
from skewgate.serving.capture.formats import lines
from skewgate.serving.capture.formats.base import (
    Block,
    Format,
    decoded,
    text,
    unpacked,
    unreadable,
)
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.envelope import Envelope
from skewgate.serving.capture.log.events import REQUEST, RESPONSE, Event
from skewgate.serving.event_types import COLLECTED, PARTS

_JSON = ("", "application/json")
_TIMES = ("time", "recordedtime", COLLECTED)
_VERSIONS = ("modelversion", "endpoint")


class CloudEvents(Format):
    """Events in structured mode; `data` is JSON or text, `data_base64` anything else."""

    ids: ClassVar[Sequence[str]] = ("id",)
    models: ClassVar[Sequence[str]] = ("inferenceservicename", "modelid")

    @property
    def envelope(self) -> Envelope:
        """See Format."""
        return Envelope(
            ids=self.ids,
            times=["time"],
            versions=_VERSIONS,
            models=self.models,
            payloads={REQUEST: "data", RESPONSE: "data"},
            kind="type",
            parts=PARTS,
            plain={"data_base64": (), "contentencoding": ()},
        )

    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """See Format."""
        return lines.blocks(path, opener)

    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """See Format."""
        value = lines.parsed(record)
        if not isinstance(kind := value.get("type"), str) or "specversion" not in value:
            raise unreadable("the line is not a CloudEvent")
        if kind not in PARTS:
            raise unreadable("the type of the event is not that of a request, response or feedback")
        content_type = text(value, "datacontenttype").partition(";")[0].strip().lower()
        payload = value.get("data")
        if "data_base64" in value:
            payload = unpacked(decoded(value["data_base64"]), text(value, "contentencoding"))
        elif isinstance(payload, str) and content_type.removesuffix("+json") in _JSON:
            content_type = ""
        # CloudEvents may lack their time; one that is no time is not replaced.
        said = next((value[name] for name in _TIMES if value.get(name) is not None), None)
        return [
            Event(
                PARTS[kind],
                text(value, *self.ids),
                moments.moment(said, zone=self.config.windows.zone),
                payload,
                content_type=content_type,
                version=text(value, *_VERSIONS),
                model=text(value, *self.models),
            )
        ]


class KServe(CloudEvents):
    """Events of KServe's logger."""

    name = "kserve"


class Seldon(CloudEvents):
    """Events of Seldon's request logger, with feedback."""

    name = "seldon"
    ids = ("requestid", "id")
    models = ("modelid", "inferenceservicename")
