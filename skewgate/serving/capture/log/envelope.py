"""Where lines of JSON have what, for those that read thousands of them at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from skewgate.serving.capture.log.events import Part


@dataclasses.dataclass(frozen=True)
class Envelope:
    """Where lines of JSON have what; a dot leads into an object.

    Attributes:
        ids, times, versions, models: places, of which the first that says something counts.
        payloads: the place of the payload of each part.
        kind: the place of what tells parts apart; "" if a line has them all.
        parts: the part of each kind.
        plain: places where nothing may stand, or only one of some texts.
    """

    ids: Sequence[str]
    times: Sequence[str]
    versions: Sequence[str]
    models: Sequence[str]
    payloads: Mapping[Part, str]
    kind: str = ""
    parts: Mapping[str, Part] = dataclasses.field(default_factory=dict)
    plain: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
