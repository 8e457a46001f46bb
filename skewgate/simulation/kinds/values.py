"""Drift of cells of any type: swap, new category, missing rate, stuck sensor, permutation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pydantic

from skewgate.core.errors import InputError
from skewgate.data.arrow import cells
from skewgate.data.arrow.values import places_array, validity
from skewgate.simulation.kinds.base import (
    MOST_VALUES,
    VALUES,
    Facts,
    Plant,
    Selection,
    check_known,
    check_value,
    is_scalar,
    share_text,
)


class ValuePlant(Plant):
    """A change of the cells of one column."""

    column: str = pydantic.Field(min_length=1)

    @property
    def touched(self) -> tuple[str, ...]:
        """See Plant."""
        return (self.column,)


class CategorySwap(ValuePlant):
    """Writes each of two categories for the other, as if a mapping had changed.

    Attributes:
        values: the two.
    """

    kind: Literal["category_swap"]
    values: list[Any]
    needs: ClassVar[str] = VALUES

    @pydantic.field_validator("values")
    @classmethod
    def _check(cls, value: list[Any]) -> list[Any]:
        if len(value) != 2 or not all(is_scalar(each) and each is not None for each in value):
            raise ValueError(f"must be two values, got {value!r}")
        if value[0] == value[1]:
            raise ValueError(f"must be two different values, got {value[0]!r} twice")
        return value

    @property
    def size(self) -> str:
        """See Plant."""
        return share_text(self.share)

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        fact = facts[self.column]
        for index, value in enumerate(self.values):
            check_known(fact, value, f"{at}.values.{index}")
        return {"values": list(self.values), "share": self.share}

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant."""
        one, other = self.values
        ones = rows.chosen & cells.is_one_of(array, [one])
        others = rows.chosen & cells.is_one_of(array, [other])
        return cells.with_value(cells.with_value(array, ones, other), others, one)


class NewCategory(ValuePlant):
    """Writes a category that has not occurred so far.

    Missing cells stay missing.

    Attributes:
        value: the new one.
        share: probability with which a row gets it.
    """

    kind: Literal["new_category"]
    value: Any = "NEW"
    share: float = pydantic.Field(gt=0, le=1)
    needs: ClassVar[str] = VALUES

    @pydantic.field_validator("value")
    @classmethod
    def _check(cls, value: Any) -> Any:
        if value is None or not is_scalar(value):
            raise ValueError(f"must be a value, got {value!r}")
        return value

    @property
    def size(self) -> str:
        """See Plant."""
        return share_text(self.share)

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        fact = facts[self.column]
        check_value(fact, self.value, f"{at}.value")
        if fact.counts is None:
            raise InputError(
                f"{at}: column {self.column}",
                f"has more than {MOST_VALUES:,} values, so none can be called new",
                "name a column of categories",
            )
        if self.value in fact.counts:
            raise InputError(
                f"{at}.value",
                f"{self.value!r} occurs in column {self.column} already",
                "give a value that does not",
            )
        return {"value": self.value, "share": self.share}

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant."""
        return cells.with_value(array, rows.chosen & validity(array), self.value)


class MissingRate(ValuePlant):
    """Takes values away.

    Attributes:
        share: probability with which a row loses its value; one that has none stays as it is.
    """

    kind: Literal["missing_rate"]
    share: float = pydantic.Field(gt=0, le=1)

    @property
    def size(self) -> str:
        """See Plant."""
        return share_text(self.share)

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        return {"share": self.share}

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant."""
        return cells.with_value(array, rows.chosen & validity(array), None)


class StuckSensor(ValuePlant):
    """Repeats one value; missing cells stay missing.

    Attributes:
        value: the value; by default the most frequent one (of equally frequent ones the first in
            order).
    """

    kind: Literal["stuck_sensor"]
    value: Any = None
    needs: ClassVar[str] = VALUES

    @pydantic.field_validator("value")
    @classmethod
    def _check(cls, value: Any) -> Any:
        if not is_scalar(value):
            raise ValueError(f"must be a value, got {value!r}")
        return value

    @property
    def size(self) -> str:
        """See Plant."""
        return share_text(self.share)

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        fact = facts[self.column]
        if self.value is not None:
            check_value(fact, self.value, f"{at}.value")
            return {"value": self.value, "share": self.share}
        if not fact.counts:
            much = "has no value" if fact.counts is not None else f"has over {MOST_VALUES:,} values"
            raise InputError(
                f"{at}: column {self.column}",
                f"{much}, of which none can be called the most frequent",
                f"give the value in {at}.value",
            )
        return {"value": next(iter(fact.counts)), "share": self.share}

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant."""
        return cells.with_value(array, rows.chosen & validity(array), settled["value"])


class Permutation(Plant):
    """Gives the values of each column to other rows of the block: margins stay, relations break.

    Every column gets an order of its own, missing cells included. Values move among the chosen
    rows of a block of the window, so that each window keeps its margins exactly.

    Attributes:
        column, columns: one of them: what is permuted.
    """

    kind: Literal["permutation"]
    column: str | None = pydantic.Field(default=None, min_length=1)
    columns: list[str] | None = pydantic.Field(default=None, min_length=2)

    @pydantic.model_validator(mode="after")
    def _check(self) -> Permutation:
        if (self.column is None) == (self.columns is None):
            raise ValueError("needs either column or columns, a list of two or more")
        if self.columns and len(set(self.columns)) < len(self.columns):
            raise ValueError("columns names one of them twice")
        return self

    @property
    def touched(self) -> tuple[str, ...]:
        """See Plant."""
        return tuple(self.columns or ()) or (self.column or "",)

    @property
    def size(self) -> str:
        """See Plant."""
        return share_text(self.share)

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        return {"share": self.share}

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant."""
        [chosen] = np.nonzero(rows.chosen)
        order = np.argsort(rows.uniform(f"order of {column}")[chosen], kind="stable")
        places = np.arange(len(array))
        places[chosen] = chosen[order]
        return array.take(places_array(places))
