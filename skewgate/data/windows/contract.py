"""The keys by which contracts say which windows they mean: `every`, `offset` and `zone`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from skewgate.core.yaml_model import RefusedError, StrictModel, refusing
from skewgate.data.windows import durations, zones
from skewgate.data.windows.durations import DAILY, NOTHING, Duration
from skewgate.data.windows.grids import Grid


def _duration(value: Any) -> Duration:
    with refusing():
        return value if isinstance(value, Duration) else durations.parse(value)


def _positive(value: Any) -> Duration:
    duration = _duration(value)
    if duration.count < 1:
        raise RefusedError(f"must be more than 0, got {duration}", "write such as 1d")
    return duration


def _elapsed(value: Any) -> Duration:
    duration = _duration(value)
    if duration.count < 0 or duration.months:
        raise RefusedError(
            f"must be minutes, hours, days or weeks, and not negative, got {duration}",
            "write such as 3d",
        )
    return duration


def _known_zone(name: str) -> str:
    with refusing():
        zones.check(name)
    return name


_AS_TEXT = pydantic.PlainSerializer(str, return_type=str)
_SCHEMA = pydantic.WithJsonSchema({"type": "string", "pattern": f"^{durations.PATTERN}$"})
Every = Annotated[Duration, pydantic.PlainValidator(_positive), _AS_TEXT, _SCHEMA]
"""A length of windows: more than nothing."""
Offset = Annotated[Duration, pydantic.PlainValidator(_duration), _AS_TEXT, _SCHEMA]
"""What windows are moved by: forth, back, or not at all."""
Elapsed = Annotated[Duration, pydantic.PlainValidator(_elapsed), _AS_TEXT, _SCHEMA]
"""How long something may take: a day of it has 24 hours wherever it is."""
Zone = Annotated[str, pydantic.AfterValidator(_known_zone)]
"""An IANA name of a time zone."""
Seconds = Literal["utc", "clock"]
"""What whole numbers count: seconds since 1970 in UTC, or on the clocks of the zone, as tf.Example
holds dates and time stamps without a zone."""


class WindowKeys(StrictModel):
    """Which windows; `docs/windows.md` has the rules.

    Attributes:
        every: from one start to the next, such as 15m, 6h, 1d, 2w or 1mo.
        offset: moves all windows, such as 6h for days from six to six.
        zone: IANA name of the time zone whose clocks days, weeks and months follow, and in which
            windows are named. Dates, and time stamps without a zone, are those of its clocks.
        seconds: "utc" if whole numbers are seconds since 1970 in UTC, "clock" if they are seconds
            of the clocks of `zone`, as tf.Example holds dates and time stamps without a zone.
    """

    every: Every = DAILY
    offset: Offset = NOTHING
    zone: Zone = zones.UTC
    seconds: Seconds = "utc"

    @pydantic.model_validator(mode="after")
    def _fit(self) -> WindowKeys:
        with refusing():
            _ = self.grid
        return self

    @property
    def grid(self) -> Grid:
        """The windows.

        Raises:
            InputError: the durations do not fit each other.
        """
        return Grid(self.every, self.offset, self.zone)
