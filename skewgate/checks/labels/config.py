"""The contract `labels.yaml`: how late labels find their predictions, and how many have to."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pydantic

from skewgate.core.results import LOW_COVERAGE, OPEN_WINDOW, MetricResult
from skewgate.core.yaml_model import Renamed, StrictModel
from skewgate.data.windows import zones
from skewgate.data.windows.contract import Elapsed, Every, WindowKeys
from skewgate.data.windows.durations import from_hours
from skewgate.data.windows.grids import Grid
from skewgate.decision.policy import BasicPolicy

FIRST_SECOND, LAST_SECOND = -2_208_988_800, 253_402_300_799
"""The times that are taken for times, the years 1900 to 9999: milliseconds lie beyond them."""

_UTC = datetime.timezone.utc
Names = Annotated[list[Annotated[str, pydantic.Field(min_length=1)]], pydantic.Field(min_length=1)]


class LabelPolicy(BasicPolicy):
    """What shuts the gate where labels are missing; they never make a failure.

    Attributes:
        on_open_window: "block" or "allow" a window with too few labels to which some may come yet.
        on_low_coverage: "block" or "allow" a window with too few labels to which none can come.
    """

    on_open_window: Literal["block", "allow"] = "block"
    on_low_coverage: Literal["block", "allow"] = "block"

    def on_doubt(self, result: MetricResult) -> Literal["block", "allow"]:
        """Returns what an inconclusive result does."""
        by_cause = {OPEN_WINDOW: self.on_open_window, LOW_COVERAGE: self.on_low_coverage}
        return by_cause.get(result.cause or "") or super().on_doubt(result)


def _renamed(old: str, key: str) -> Renamed:
    """Returns what became of a key in hours."""
    return Renamed(key, lambda keys: f"write `{key}: {from_hours(keys[old])}`")


def _every_of(keys: Mapping[str, Any]) -> str:
    """Says what to write for `every_hours`; without `length_hours` windows had 24 hours."""
    every = f"`every: {from_hours(keys['every_hours'])}`"
    whole = "length_hours" in keys or "length" in keys or keys["every_hours"] == 24
    return f"write {every}" if whole else f"write {every} and `length: 24h`"


class LabelWindows(WindowKeys):
    """Into which windows the predictions are cut, by their time.

    Attributes:
        length: from start to end; None for `every`. More makes rolling windows, in which a row
            lies in several.
        feature: what the names of a row's windows are written to.
    """

    renamed: ClassVar[Mapping[str, Renamed]] = {
        "length_hours": _renamed("length_hours", "length"),
        "every_hours": Renamed("every", _every_of),
        "offset_hours": _renamed("offset_hours", "offset"),
    }
    length: Every | None = None
    feature: str = pydantic.Field(default="window", min_length=1)

    @property
    def grid(self) -> Grid:
        """The windows.

        Raises:
            InputError: the durations do not fit each other.
        """
        return Grid(self.every, self.offset, self.zone, self.length)


def _or_text(schema: dict[str, Any]) -> None:
    """Lets the text of a time stand for its seconds, as `to_seconds` does."""
    schema["anyOf"].append({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}"})


class LabelConfig(StrictModel):
    """The whole of `labels.yaml`.

    Attributes:
        key: features that together name a row on both sides.
        labels: features of the label rows that are taken over.
        prediction_time: feature of the prediction rows, seconds since 1970 as whole numbers; of
            which clock `windows.seconds` says.
        label_time: the same of the label rows; without it no label is late.
        horizon: a label may come up to this long after its prediction.
        as_of: what is "now", in seconds since 1970 in UTC; a text of ISO 8601 in the file will do,
            on the clocks of `windows.zone` if it names no zone. Without it, the latest time in the
            data.
        windows: into which windows the predictions are cut.
        min_coverage: share of a window's rows that must have their label.
        policy: what shuts the gate.
    """

    renamed: ClassVar[Mapping[str, Renamed]] = {
        "horizon_hours": _renamed("horizon_hours", "horizon")
    }
    version: Literal[1] = 1
    key: Names
    labels: Names
    prediction_time: str = pydantic.Field(min_length=1)
    label_time: str | None = pydantic.Field(default=None, min_length=1)
    horizon: Elapsed
    windows: LabelWindows = LabelWindows()
    as_of: int | None = pydantic.Field(  # after `windows`, whose zone it may be of
        default=None, ge=FIRST_SECOND, le=LAST_SECOND, json_schema_extra=_or_text
    )
    min_coverage: float = pydantic.Field(default=0.8, gt=0, le=1)
    policy: LabelPolicy = LabelPolicy()

    @pydantic.field_validator("as_of", mode="before")
    @classmethod
    def _seconds(cls, value: Any, known: pydantic.ValidationInfo) -> Any:
        windows = known.data.get("windows")
        return to_seconds(value, windows.zone if windows else zones.UTC)

    @pydantic.model_validator(mode="after")
    def _check_names(self) -> LabelConfig:
        used: dict[str, str] = {}
        window = {"windows.feature": [self.windows.feature]}
        for place, names in {"key": self.key, "labels": self.labels, **window}.items():
            for name in names:
                if name in used:
                    raise ValueError(f"{name!r} is used in {used[name]} and in {place}")
                used[name] = place
        taken = {name for name, place in used.items() if place != "key"}
        if self.prediction_time in taken:
            raise ValueError(f"prediction_time {self.prediction_time!r} would be written over")
        if self.label_time == self.windows.feature:
            raise ValueError(f"label_time {self.label_time!r} is windows.feature too")
        return self


def to_seconds(value: Any, zone: str = zones.UTC) -> Any:
    """Returns seconds since 1970 of what YAML makes of a time; anything else stays as it is.

    Args:
        value: of a key.
        zone: IANA name of the time zone whose clocks show a time that names no zone.

    Raises:
        ValueError: a text that is no time, or a truth value.

    >>> to_seconds("2016-03-01T06:00+02:00"), to_seconds("2016-03-01T04:00Z"), to_seconds(60)
    (1456804800, 1456804800, 60)
    """
    if isinstance(value, bool):
        raise ValueError(f"must be a time, got {value!r}")
    if isinstance(value, str):
        text = f"{value[:-1]}+00:00" if value[-1:] in ("Z", "z") else value
        try:
            value = datetime.datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(
                f"must be a time such as 2016-03-04T00:00Z or seconds since 1970, got {value!r}"
            ) from error
    elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, datetime.datetime):
        if value.tzinfo:
            return math.floor(value.timestamp())
        shown = math.floor(value.replace(tzinfo=_UTC).timestamp())
        return int(zones.instants(np.array([shown]), zone)[0])
    return value
