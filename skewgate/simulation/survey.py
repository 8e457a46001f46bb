"""The first pass: what plants must know of the data before they change them."""

from __future__ import annotations

import collections
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.distributions import NumericDistribution
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean
from skewgate.data.arrow import cells
from skewgate.data.arrow.kinds import is_number
from skewgate.data.arrow.values import mask_array, numbers, values_of
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from skewgate.simulation.kinds.base import (
    MOMENTS,
    MOST_VALUES,
    SLICE_VALUES,
    VALUES,
    Facts,
    Plant,
    check_known,
)
from skewgate.simulation.reading import Progress, Rows
from skewgate.simulation.spec import Planned
from skewgate.simulation.windows import WindowRule, Windows, plan

_Slice = str  # JSON text of `where`; "{}" for all rows


def slice_key(plant: Plant) -> _Slice:
    """Names the slice in which the values of a plant's columns are counted."""
    return json.dumps(plant.where if plant.needs == SLICE_VALUES else {}, sort_keys=True)


class Survey:
    """What the first pass gathers; an Observer of rows.

    Attributes:
        keys: rows of each window by time.
    """

    def __init__(self, plants: Sequence[Planned], rule: WindowRule) -> None:
        """Takes what will be planted."""
        self._rule = rule
        self.keys: collections.Counter[int] = collections.Counter()
        self._moments: dict[str, NumericAccumulator] = {}
        self._counts: dict[tuple[str, _Slice], dict[Any, int] | None] = {}
        self._where: dict[_Slice, Mapping[str, Sequence[Any]]] = {"{}": {}}
        for plant in (each.plant for each in plants):
            for column in plant.where:
                self._counts[column, "{}"] = {}
            for column in plant.touched:
                if plant.needs == MOMENTS:
                    self._moments[column] = NumericAccumulator()
                elif plant.needs in (VALUES, SLICE_VALUES):
                    key = slice_key(plant)
                    self._counts[column, key] = {}
                    self._where[key] = plant.where if plant.needs == SLICE_VALUES else {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes the rows of a batch."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        if self._rule.time is not None:
            if self._rule.time not in columns:
                raise InputError(
                    f"windows.time: column {self._rule.time}",
                    "is not there",
                    close_to(self._rule.time, columns),
                )
            keys, counts = np.unique(self._rule.keys(columns[self._rule.time]), return_counts=True)
            self.keys.update(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
        for name, accumulator in self._moments.items():
            if name in columns and is_number(columns[name].type):
                array = columns[name]
                accumulator.add(numbers(array).astype(np.float64))
        for (name, key), counted in self._counts.items():
            if name in columns and counted is not None:
                array = columns[name]
                if key != "{}":
                    array = array.filter(mask_array(matches(columns, self._where[key])))
                self._counts[name, key] = _counted(counted, array)

    def check_slice(self, each: Planned, schema: pa.Schema, where: str) -> None:
        """Makes sure that the values of a plant's slice occur.

        Raises:
            InputError: one does not: it may be misspelt, and the plant would change nothing.
        """
        for name, wanted in each.plant.where.items():
            counts = self._counts[name, "{}"]
            fact = Facts(name, schema.field(name).type, counts=counts and _ordered(counts))
            for value in wanted:
                if value is not None:
                    check_known(fact, value, f"{where}: {each.at}.where.{name}")

    def facts(self, plant: Plant, schema: pa.Schema) -> dict[str, Facts]:
        """Returns what a plant must know of its columns, all of which the schema has."""
        return {name: self._fact(name, plant, schema.field(name).type) for name in plant.touched}

    def _fact(self, name: str, plant: Plant, kind: pa.DataType) -> Facts:
        found = None
        if plant.needs == MOMENTS:
            found = self._moments[name].distribution()
        counts = self._counts.get((name, slice_key(plant)))
        counts = None if counts is None else _ordered(counts)
        numeric = found if isinstance(found, NumericDistribution) else None
        return Facts(name, kind, numeric, counts)


def count_values(array: pa.Array) -> dict[Any, int] | None:
    """Returns how often each value occurs, most frequent first; None if there are too many.

    Neither missing values nor NaN are counted.
    """
    counts = _counted({}, array)
    return None if counts is None else _ordered(counts)


def _ordered(counts: Mapping[Any, int]) -> dict[Any, int]:
    """Puts values in an order that no batch decides."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))))


def _counted(counts: dict[Any, int], array: pa.Array) -> dict[Any, int] | None:
    if pa.types.is_nested(array.type) or pa.types.is_null(array.type):
        return counts
    found = pc.value_counts(array)
    names, numbers = values_of(found.field("values")), found.field("counts").to_pylist()
    for name, number in zip(names, numbers, strict=True):
        if name is not None and name == name:
            counts[name] = counts.get(name, 0) + number
    return counts if len(counts) <= MOST_VALUES else None


def matches(
    columns: Mapping[str, pa.Array], where: Mapping[str, Sequence[Any]]
) -> npt.NDArray[np.bool_]:
    """Says which rows are in a slice, shape (n,); a column that is not there is missing."""
    rows = len(next(iter(columns.values())))
    found = np.ones(rows, bool)
    for name, wanted in where.items():
        found &= cells.is_one_of(columns.get(name, pa.nulls(rows)), wanted)
    return found


def close_to(name: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """Returns what to write instead of a column that is not there."""
    return did_you_mean(name, known, f"the columns are {', '.join(known)}")


def survey(
    rows: Rows, plants: Sequence[Planned], rule: WindowRule, where: str, progress: Progress
) -> tuple[Survey, Windows]:
    """Reads all rows once.

    Args:
        rows: to read.
        plants: whose columns matter.
        rule: how to cut windows.
        where: name of the spec, for messages.
        progress: as for `Rows.observe`.

    Raises:
        InputError: the data cannot be read, or make no windows.
    """
    found = rows.observe(Survey(plants, rule), progress)
    assert isinstance(found, Survey)
    return found, plan(rule, rows.rows, found.keys, where)


def check_columns(each: Planned, schema: pa.Schema, where: str) -> None:
    """Makes sure that the columns of a plant are there and can be changed.

    Raises:
        InputError: one is not.
    """
    at = f"{where}: {each.at}"
    for name in (*each.plant.touched, *each.plant.where):
        if name not in schema.names:
            raise InputError(at, f"the data have no column {name!r}", close_to(name, schema.names))
        kind = schema.field(name).type
        if pa.types.is_nested(kind) or pa.types.is_null(kind):
            found = "no value at all" if pa.types.is_null(kind) else f"the type {kind}"
            raise InputError(
                f"{at}: column {name}",
                f"has {found}, but a plant needs one value per row",
                "name another column",
            )
