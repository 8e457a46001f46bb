"""What every kind of drift offers."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pydantic

from skewgate.core.distributions import FloatArray, NumericDistribution
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean
from skewgate.core.wording import listed
from skewgate.core.yaml_model import StrictModel
from skewgate.data.arrow.cells import BoolArray
from skewgate.simulation.kinds.onset import Onset

MOMENTS, VALUES, SLICE_VALUES = "moments", "values", "slice values"
"""What a plant must know of a column before: see Facts."""
MOST_VALUES = 100_000
"""Distinct values counted of a column."""
_MOST_NAMES = 10
"""Names that a message lists."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the first pass found in a column, over all rows.

    Attributes:
        name: of the column.
        type: of its values.
        distribution: of its numbers, if it is a column of numbers with a value, and asked for.
        counts: how often each value occurs, most frequent first, if asked for; None if there are
            more than MOST_VALUES.
    """

    name: str
    type: pa.DataType
    distribution: NumericDistribution | None = None
    counts: Mapping[Any, int] | None = None

    def quantile(self, share: float) -> float:
        """Returns the smallest value known to have at least `share` of the values at or below."""
        assert self.distribution is not None
        return float(self.distribution.quantiles([share - 1e-12], certain=True)[0])


@dataclasses.dataclass(frozen=True)
class Selection:
    """The rows of a block that a plant may change.

    Attributes:
        chosen: which rows, by slice and share, shape (n,).
        level: part of its size that the plant has now, in (0, 1].
        uniform: gives a number in (0, 1) for each row, shape (n,), other ones for each purpose.
    """

    chosen: BoolArray
    level: float
    uniform: Callable[[str], FloatArray]


def is_scalar(value: Any) -> bool:
    """Says whether a value of YAML can stand in a cell."""
    return value is None or isinstance(value, str | int | float)


def _values_of_where(schema: dict[str, Any]) -> None:
    """Lets a value stand for a list of one, as the validator of `where` does."""
    value = {"type": ["string", "number", "boolean", "null"]}
    schema["additionalProperties"] = {
        "anyOf": [value, {"type": "array", "items": value, "minItems": 1}]
    }


class Plant(StrictModel, abc.ABC):
    """A change planted into columns, rows and windows.

    Attributes:
        kind: the name of the kind.
        name: names the plant in the truth, and seeds its random numbers; by default the kind and
            its columns.
        where: restricts the plant to a slice: column to value, or list of values; null for
            missing. The values are those of DATA, before any plant.
        share: part of the rows of the slice that it may change, each by its own random number.
        onset: when it acts.
    """

    kind: str
    name: str | None = pydantic.Field(default=None, min_length=1)
    where: dict[str, list[Any]] = pydantic.Field(default={}, json_schema_extra=_values_of_where)
    share: float = pydantic.Field(default=1.0, gt=0, le=1)
    onset: Onset = Onset()

    grows: ClassVar[Literal["size", "share"]] = "share"
    """What grows with the level: the size of the change, or the share of the rows."""
    needs: ClassVar[str] = ""

    @pydantic.field_validator("where", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        lists = {key: each if isinstance(each, list) else [each] for key, each in value.items()}
        for key, each in lists.items():
            if not each or not all(map(is_scalar, each)):
                raise ValueError(f"{key} must be a value or a list of values, got {value[key]!r}")
        return lists

    @property
    @abc.abstractmethod
    def touched(self) -> tuple[str, ...]:
        """Names the columns that it changes, or by which it drops rows."""

    @property
    def label(self) -> str:
        """Names the plant."""
        return self.name or " ".join((self.kind, *self.touched))

    @property
    @abc.abstractmethod
    def size(self) -> str:
        """Says the size in words, such as "0.5 std"."""

    @abc.abstractmethod
    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """Returns the size in the unit of the column, and whatever `change` must know.

        Args:
            facts: of each of its columns.
            at: the plant's place in the spec, for messages.

        Raises:
            InputError: the data do not admit the plant.
        """

    @abc.abstractmethod
    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """Returns a column of the same type and length, changed in chosen rows only."""


def no_number(fact: Facts, at: str) -> InputError:
    """Returns the error that a plant needs numbers, and a column has none."""
    return InputError(
        f"{at}: column {fact.name}",
        f"is of type {fact.type}, and this kind needs whole or floating numbers",
        "name another column, or another kind",
    )


def check_value(fact: Facts, value: Any, at: str) -> None:
    """Makes sure that a value fits the type of a column.

    Raises:
        InputError: it does not.
    """
    try:
        as_arrow = pa.scalar(value, fact.type)
        textual = pa.types.is_string(fact.type) or pa.types.is_large_string(fact.type)
        fits = as_arrow.as_py() == value or pa.types.is_floating(fact.type)
        fits = fits and isinstance(value, bool) == pa.types.is_boolean(fact.type)
        fits = fits and (not textual or isinstance(value, str))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        fits = False
    if value is not None and not fits:
        raise InputError(
            at,
            f"{value!r} is not a value of column {fact.name}, which is of type {fact.type}",
            "correct the value; text that looks like a number or a truth value needs quotes",
        )


def check_known(fact: Facts, value: Any, at: str) -> None:
    """Makes sure that a value occurs in a column.

    Raises:
        InputError: it does not fit the type, or never occurs.
    """
    check_value(fact, value, at)
    if fact.counts is not None and pa.scalar(value, fact.type).as_py() not in fact.counts:
        raise InputError(
            at, f"{value!r} does not occur in column {fact.name}", known(fact.counts, value)
        )


def known(names: Collection[Any], name: Any) -> str:
    """Returns what to write instead of an unknown name."""
    texts = [str(each) for each in names]
    return did_you_mean(name, texts, f"known are {listed(texts, _MOST_NAMES)}")


def share_text(share: float) -> str:
    """Says a share of rows in words.

    >>> share_text(0.005)
    '0.5% of rows'
    """
    return f"{100 * share:g}% of rows"
