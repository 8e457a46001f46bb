"""Names that columns have, names for those that have none, and columns that are an index.

pandas writes the index of a data frame into the file: into CSV as a first column without a name,
into Parquet as `__index_level_0__`. Read and written again, the former is called `Unnamed: 0`. R
writes the names of rows in the same way. Neither is a feature.
"""

from __future__ import annotations

import collections
import contextlib
import csv
import dataclasses
import io
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from skewgate.core.errors import InputError

_INDEX_LEVEL = re.compile(r"__index_level_\d+__")
_UNNAMED = re.compile(r"Unnamed: \d+(?:\.\d+)*")
_MOST_LEVELS = 32
"""Columns without a name at the beginning that may be an index."""
MOST_ROWS = 10_000
"""Rows whose values say whether a column is an index."""


def check_names(names: Iterable[str], where: str) -> None:
    """Makes sure that the names of columns can be told apart, and kept in tf.Example.

    Raises:
        InputError: two are equal, or one has a zero byte, where readers of tf.Example end it.
    """
    names = list(names)
    repeated = sorted(name for name, count in collections.Counter(names).items() if count > 1)
    if repeated:
        raise InputError(where, f"has the column {repeated[0]} twice", "rename one of them")
    for name in names:
        if "\0" in name:
            problem = f"has the column {name}, whose name has a zero byte"
            raise InputError(where, problem, "rename it")


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns of a file.

    Attributes:
        header: names of all of them, in their order.
        features: names of those that are no index.
        notes: what to tell of them, each half a sentence about the file.
    """

    header: list[str]
    features: list[str]
    notes: list[str]


def columns_of(
    names: Sequence[str],
    declared: Collection[str],
    first_values: Callable[[int], Sequence[Any]],
    where: str,
) -> Columns:
    """Names the columns of a file, and tells which of them are features.

    A column without a name is called by its place, as pandas does: `Unnamed: 0`. The index are the
    columns that pandas calls `__index_level_0__` and so on, and those without a name that stand
    first, if each of their first values is another whole number or another text, or if they are so
    together, as the levels of an index.

    Args:
        names: as they stand in the file.
        declared: columns that a schema or a user names, which are features whatever they hold.
        first_values: returns some values of the column at a place; None or "" is a missing one.
        where: the file, for messages.

    Raises:
        InputError: two columns have one name, or a name has a zero byte.
    """
    known = frozenset(names)
    header = [name or _name_of_place(place, known) for place, name in enumerate(names)]
    check_names(header, where)
    index = {name for name in header if _INDEX_LEVEL.fullmatch(name)} - set(declared)
    rest = [place for place, name in enumerate(header) if name not in index]
    leading = itertools.takewhile(
        lambda place: _UNNAMED.fullmatch(header[place]) and header[place] not in declared, rest
    )
    levels = list(itertools.islice(leading, _MOST_LEVELS))
    index.update(header[place] for place in _index_of(levels, first_values))
    features = [name for name in header if name not in index]
    if not features:
        return Columns(header, header, [])
    notes = [
        f"column {name!r} is the index of a data frame, not a feature"
        if name in index
        else f"column {place + 1} has no name, and is called {name!r}"
        for place, name in enumerate(header)
        if name in index or not names[place]
    ]
    return Columns(header, features, notes)


def _name_of_place(place: int, names: Collection[str]) -> str:
    """Returns `Unnamed: 0`, or `Unnamed: 0.1` and so on where another column has that name."""
    name = f"Unnamed: {place}"
    suffixes = (f"{name}.{number}" for number in itertools.count(1))
    return next(each for each in itertools.chain([name], suffixes) if each not in names)


def may_be_index(name: str) -> bool:
    """Says whether a column may have been left out as an index, by its name."""
    return bool(_INDEX_LEVEL.fullmatch(name) or _UNNAMED.fullmatch(name))


def _index_of(places: list[int], first_values: Callable[[int], Sequence[Any]]) -> list[int]:
    """Returns which of the columns without a name hold an index: one each, or one together."""
    columns = {place: first_values(place) for place in places}
    found = list(itertools.takewhile(lambda place: _tells_rows_apart(columns[place]), places))
    if found or not all(_may_be_index(value) for values in columns.values() for value in values):
        return found
    together = list(zip(*columns.values(), strict=False))  # of CSV, rows may lack cells
    return places if len(set(together)) == len(together) else []


def _tells_rows_apart(values: Sequence[Any]) -> bool:
    return all(map(_may_be_index, values)) and len(set(values)) == len(values)


def _may_be_index(value: Any) -> bool:
    """Says whether a value is a whole number or a text, but no other number in text."""
    if not isinstance(value, str) or not value:
        return isinstance(value, int)
    try:
        int(value)
    except ValueError:
        try:
            float(value)
        except ValueError:
            return True
        return False
    return True


def first_cells(data: bytes, place: int, *, whole: bool, delimiter: str = ",") -> list[str]:
    """Returns the cells of one column in the first rows of a CSV file.

    Args:
        data: what follows the header.
        place: of the column, from 0.
        whole: whether the data end with the file; else the last row may be cut off, and is left
            out.
        delimiter: what stands between cells.
    """
    rows: list[list[str]] = []
    lines = io.StringIO(data.decode("utf-8", "replace"), "")
    with contextlib.suppress(csv.Error):  # such as a cell of more than 128 kB
        rows += (row for row in csv.reader(lines, delimiter=delimiter) if row)
    rows = rows if whole else rows[:-1]
    return [row[place] for row in rows[:MOST_ROWS] if len(row) > place]
