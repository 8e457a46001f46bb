"""Drift of numbers: shift, scale, unit error, noise, clipping."""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pydantic

from skewgate.core.distributions import FloatArray
from skewgate.core.errors import InputError
from skewgate.data.arrow import cells
from skewgate.data.arrow.kinds import is_number
from skewgate.data.arrow.values import stored, validity
from skewgate.simulation.kinds.base import MOMENTS, Facts, Plant, Selection, no_number, share_text
from skewgate.simulation.kinds.randoms import normals

Sizes = Mapping[str, Any]
Draws = FloatArray | None
"""Uniform numbers in (0, 1), shape (m,), if a kind is random."""


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, got {value}")
    return value


class NumberPlant(Plant):
    """A change of the numbers of a column.

    Missing values, NaN and infinities stay. In a column of whole numbers the result is rounded to
    the nearest whole number (half to even), and held within what the type admits.
    """

    column: str = pydantic.Field(min_length=1)
    needs: ClassVar[str] = MOMENTS

    @property
    def touched(self) -> tuple[str, ...]:
        """See Plant."""
        return (self.column,)

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        fact = facts[self.column]
        if not is_number(fact.type):
            raise no_number(fact, at)
        if fact.distribution is None or not math.isfinite(fact.distribution.std):
            found = "has no finite number, or numbers too large for a standard deviation"
            raise InputError(f"{at}: column {self.column}", found, "name another column")
        return self.absolute(fact, at)

    @abc.abstractmethod
    def absolute(self, fact: Facts, at: str) -> dict[str, Any]:
        """Returns the size in the unit of the column."""

    @abc.abstractmethod
    def formula(
        self, numbers: FloatArray, level: float, sizes: Sizes, uniform: Draws
    ) -> FloatArray:
        """Returns the changed numbers, shape (m,)."""

    random: ClassVar[bool] = False

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant."""
        numbers = stored(array).astype(np.float64)
        chosen = rows.chosen & validity(array) & np.isfinite(numbers)
        uniform = rows.uniform("size")[chosen] if self.random else None
        old = numbers[chosen]
        with np.errstate(over="ignore"):
            new = self.formula(old, rows.level, settled, uniform)
        chosen[chosen] = moved = new != old
        try:
            return cells.with_numbers(array, chosen, new[moved])
        except OverflowError as error:
            raise InputError(
                f"plant {self.label}: column {column}", f"would get {error}", "make it smaller"
            ) from error


def _in_std(by: float, unit: str, fact: Facts, at: str) -> float:
    """Returns a size in the unit of the column."""
    if unit == "absolute":
        return by
    assert fact.distribution is not None
    if fact.distribution.std == 0:
        raise InputError(
            f"{at}: column {fact.name}",
            "has a standard deviation of 0, in which no size can be given",
            "write unit: absolute",
        )
    return by * fact.distribution.std


class Shift(NumberPlant):
    """Adds a number: x + level * by.

    Attributes:
        by: how much, not 0; in standard deviations of all rows, or in the unit of the column.
        unit: "std" or "absolute".
    """

    kind: Literal["shift"]
    by: float
    unit: Literal["std", "absolute"] = "std"
    grows: ClassVar[Literal["size", "share"]] = "size"

    @pydantic.field_validator("by")
    @classmethod
    def _check(cls, value: float) -> float:
        if value == 0:
            raise ValueError("must not be 0, which changes nothing")
        return _finite(value)

    @property
    def size(self) -> str:
        """See Plant."""
        return f"{self.by:+g} std" if self.unit == "std" else f"{self.by:+g}"

    def absolute(self, fact: Facts, at: str) -> dict[str, Any]:
        """See NumberPlant."""
        return {"added": _in_std(self.by, self.unit, fact, at)}

    def formula(
        self, numbers: FloatArray, level: float, sizes: Sizes, uniform: Draws
    ) -> FloatArray:
        """See NumberPlant."""
        moved: FloatArray = numbers + level * sizes["added"]
        return moved


class Scale(NumberPlant):
    """Spreads numbers about a centre c: c + (x - c) * (1 + level * (factor - 1)).

    Attributes:
        factor: above 0, not 1.
        around: "mean" of all rows, "zero", or a number.
    """

    kind: Literal["scale"]
    factor: float = pydantic.Field(gt=0)
    around: Literal["mean", "zero"] | float = "mean"
    grows: ClassVar[Literal["size", "share"]] = "size"

    @pydantic.field_validator("factor")
    @classmethod
    def _check(cls, value: float) -> float:
        return _factor(value)

    @property
    def size(self) -> str:
        """See Plant."""
        return f"x {self.factor:g}"

    def absolute(self, fact: Facts, at: str) -> dict[str, Any]:
        """See NumberPlant."""
        assert fact.distribution is not None
        named = {"mean": fact.distribution.mean, "zero": 0.0}
        centre = named[self.around] if isinstance(self.around, str) else self.around
        return {"factor": self.factor, "centre": centre}

    def formula(
        self, numbers: FloatArray, level: float, sizes: Sizes, uniform: Draws
    ) -> FloatArray:
        """See NumberPlant."""
        centre = sizes["centre"]
        spread: FloatArray = centre + (numbers - centre) * (1 + level * (self.factor - 1))
        return spread


def _factor(value: float) -> float:
    if value == 1:
        raise ValueError("must not be 1, which changes nothing")
    return _finite(value)


class UnitError(NumberPlant):
    """Multiplies the numbers of some rows, as if they came in another unit: x * factor.

    Attributes:
        factor: not 1; such as 1.609344 for miles that are kilometres.
    """

    kind: Literal["unit_error"]
    factor: float

    @pydantic.field_validator("factor")
    @classmethod
    def _check(cls, value: float) -> float:
        return _factor(value)

    @property
    def size(self) -> str:
        """See Plant."""
        return f"x {self.factor:.4g}, {share_text(self.share)}"

    def absolute(self, fact: Facts, at: str) -> dict[str, Any]:
        """See NumberPlant."""
        return {"factor": self.factor, "share": self.share}

    def formula(
        self, numbers: FloatArray, level: float, sizes: Sizes, uniform: Draws
    ) -> FloatArray:
        """See NumberPlant."""
        multiplied: FloatArray = numbers * self.factor
        return multiplied


class Noise(NumberPlant):
    """Adds normal noise: x + level * by * z, z standard normal.

    Attributes:
        by: standard deviation of the noise, above 0; in standard deviations of all rows, or in the
            unit of the column.
        unit: "std" or "absolute".
    """

    kind: Literal["noise"]
    by: float = pydantic.Field(gt=0)
    unit: Literal["std", "absolute"] = "std"
    grows: ClassVar[Literal["size", "share"]] = "size"
    random: ClassVar[bool] = True

    @pydantic.field_validator("by")
    @classmethod
    def _check(cls, value: float) -> float:
        return _finite(value)

    @property
    def size(self) -> str:
        """See Plant."""
        return f"{self.by:g} std" if self.unit == "std" else f"{self.by:g}"

    def absolute(self, fact: Facts, at: str) -> dict[str, Any]:
        """See NumberPlant."""
        return {"standard_deviation": _in_std(self.by, self.unit, fact, at)}

    def formula(
        self, numbers: FloatArray, level: float, sizes: Sizes, uniform: Draws
    ) -> FloatArray:
        """See NumberPlant."""
        assert uniform is not None
        noisy: FloatArray = numbers + level * sizes["standard_deviation"] * normals(uniform)
        return noisy


class Clipping(NumberPlant):
    """Holds the numbers of some rows within limits: min(max(x, lower), upper).

    Attributes:
        lower, upper: the limits, one at least; as quantiles of all rows in [0, 1], or in the unit
            of the column.
        unit: "quantile" or "absolute".
    """

    kind: Literal["clipping"]
    lower: float | None = None
    upper: float | None = None
    unit: Literal["quantile", "absolute"] = "quantile"

    @pydantic.model_validator(mode="after")
    def _check(self) -> Clipping:
        limits = [limit for limit in (self.lower, self.upper) if limit is not None]
        if not limits:
            raise ValueError("needs lower or upper, or both")
        for limit in limits:
            if self.unit == "quantile" and not 0 <= limit <= 1:
                raise ValueError(f"a quantile must be in [0, 1], got {limit}")
            _finite(limit)
        if limits != sorted(limits):
            raise ValueError(f"lower must not be above upper, {self.upper}, got {self.lower}")
        return self

    @property
    def size(self) -> str:
        """See Plant."""
        ends = [(">=", self.lower), ("<=", self.upper)]
        mark = "q" if self.unit == "quantile" else ""
        return " ".join(f"{sign}{mark}{end:g}" for sign, end in ends if end is not None)

    def absolute(self, fact: Facts, at: str) -> dict[str, Any]:
        """See NumberPlant."""
        ends = {"lower": self.lower, "upper": self.upper}
        return {
            name: fact.quantile(end) if self.unit == "quantile" else end
            for name, end in ends.items()
            if end is not None
        }

    def formula(
        self, numbers: FloatArray, level: float, sizes: Sizes, uniform: Draws
    ) -> FloatArray:
        """See NumberPlant."""
        clipped: FloatArray = np.clip(numbers, sizes.get("lower"), sizes.get("upper"))
        return clipped
