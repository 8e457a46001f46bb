"""Plain JSON Lines: one call a line, request and response in it, or one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skewgate.data.sources.streams import Opener
from skewgate.serving.capture.formats import lines
from skewgate.serving.capture.formats.base import Block, Format, text, unreadable
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.envelope import Envelope
from skewgate.serving.capture.log.events import REQUEST, RESPONSE, Event


class JsonLines(Format):
    """Plain JSON Lines, whose `fields` capture.yaml names."""

    name = "jsonl"

    @property
    def envelope(self) -> Envelope:
        """See Format."""
        fields = self.config.fields
        return Envelope(
            ids=[fields.id],
            times=[fields.time],
            versions=[fields.version],
            models=[fields.model],
            payloads={REQUEST: fields.request, RESPONSE: fields.response},
        )

    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """See Format."""
        return lines.blocks(path, opener)

    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """See Format."""
        value = lines.parsed(record)
        fields = self.config.fields
        found = {name: lines.at(value, getattr(fields, name)) for name in type(fields).model_fields}
        if found["request"] is None and found["response"] is None:
            raise unreadable(f"the line has neither {fields.request} nor {fields.response}")
        time = moments.moment(found["time"], self.config.time.unit, self.config.windows.zone)
        return [
            Event(
                part,
                text(found, "id"),
                time,
                found[part],
                version=text(found, "version"),
                model=text(found, "model"),
            )
            for part in (REQUEST, RESPONSE)
            if found[part] is not None
        ]
