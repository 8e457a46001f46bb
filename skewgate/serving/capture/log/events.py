"""What every platform logs, in one form: an event is a request, a response, or feedback."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

Part = Literal["request", "response", "feedback"]
REQUEST: Part = "request"
RESPONSE: Part = "response"
FEEDBACK: Part = "feedback"

UNREADABLE = "unreadable"
NO_ID, NO_TIME = "no_id", "no_time"
NOT_UNDERSTOOD = "not_understood"
ID_USED_TWICE = "id_used_twice"
OTHER_COUNT = "other_count"
WITHOUT_RESPONSE, WITHOUT_REQUEST = "without_response", "without_request"
LATE = "late"
CAUSES = {
    UNREADABLE: "a line that is cut off, or is not a record of the format",
    NO_ID: "an event without an id",
    NO_TIME: "an event without a valid time",
    NOT_UNDERSTOOD: "a payload without what capture.yaml asks for",
    ID_USED_TWICE: "different requests, or different responses, with the same id",
    OTHER_COUNT: "a response with a different number of rows than its request",
    WITHOUT_RESPONSE: "a request without a response",
    WITHOUT_REQUEST: "a response without a request",
    LATE: "a response that came after the horizon",
}
"""Why events are lost."""


@dataclasses.dataclass(frozen=True)
class Event:
    """What a server logged of one call.

    Attributes:
        part: what it is.
        id: what request and response have in common.
        time: microseconds since 1970 in UTC; None if the log does not say it.
        payload: parsed JSON, or the bytes of anything else.
        content_type: what the bytes are, without parameters; "" for parsed JSON.
        version: of the model; "" if the log does not say it.
        model: its name; "" if the log does not say it.
    """

    part: Part
    id: str
    time: int | None
    payload: Any
    content_type: str = ""
    version: str = ""
    model: str = ""


class LostError(Exception):
    """An event that cannot be used.

    Args:
        cause: one of `CAUSES`.
        reason: half a sentence that holds no value of a row.
    """

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause, self.reason = cause, reason
