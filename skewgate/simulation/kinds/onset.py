"""When a plant acts, and how strongly."""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from skewgate.core.yaml_model import StrictModel

_KEYS = {"over": "gradual", "period": "recurring", "length": "recurring"}


class Onset(StrictModel):
    """The windows in which a plant acts; windows are numbered from 1.

    Attributes:
        shape: "abrupt": at full size at once; "gradual": grows in equal steps; "recurring": comes
            and goes.
        first, last: the first and the last window in which it acts; without `last`, to the end.
        over: gradual: windows until it has its full size, which it then keeps.
        period: recurring: windows from one beginning to the next.
        length: recurring: windows that it lasts each time; by default half the period, rounded up.
    """

    shape: Literal["abrupt", "gradual", "recurring"] = "abrupt"
    first: int = pydantic.Field(default=1, ge=1)
    last: int | None = pydantic.Field(default=None, ge=1)
    over: int | None = pydantic.Field(default=None, ge=2)
    period: int | None = pydantic.Field(default=None, ge=2)
    length: int | None = pydantic.Field(default=None, ge=1)

    @pydantic.model_validator(mode="after")
    def _check(self) -> Onset:
        for key, shape in _KEYS.items():
            if getattr(self, key) is not None and self.shape != shape:
                raise ValueError(f"{key} is for the shape {shape!r}, got {self.shape!r}")
        if self.shape == "gradual" and self.over is None:
            raise ValueError("the shape 'gradual' needs over, the windows until the full size")
        if self.shape == "recurring" and self.period is None:
            raise ValueError("the shape 'recurring' needs period, in windows")
        if self.last is not None and self.last < self.first:
            raise ValueError(f"last must be at least first, {self.first}, got {self.last}")
        if self.period and self.length and self.length >= self.period:
            raise ValueError(f"length must be below period, {self.period}, got {self.length}")
        return self

    def level(self, window: int) -> float:
        """Returns the part of its size that a plant has in a window, in [0, 1].

        >>> ramp = Onset(shape="gradual", first=3, over=4)
        >>> [ramp.level(window) for window in (2, 3, 4, 5, 6, 7)]
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
        """
        since = window - self.first
        if since < 0 or (self.last is not None and window > self.last):
            return 0.0
        if self.shape == "gradual":
            return min((since + 1) / (self.over or 1), 1.0)
        if self.shape == "recurring" and self.period is not None:
            return float(since % self.period < (self.length or (self.period + 1) // 2))
        return 1.0

    def to_json(self) -> dict[str, Any]:
        """Returns the keys that are set."""
        return self.model_dump(exclude_none=True)
