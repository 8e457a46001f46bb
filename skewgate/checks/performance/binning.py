"""Values of a feature to the labels of segments, each by itself, so that parts of data merge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow.columns import simplify
from skewgate.data.arrow.kinds import is_list
from skewgate.data.arrow.values import list_lengths, numbers, validity

MISSING, SEVERAL = "=(missing)", "=(several)"
WHOLE_BELOW = 128
"""Integers of a smaller absolute value are their own segments."""
SMALLEST = -10
"""Absolute values below 2^-10 that are not 0 are one segment on either side."""
LONGEST = 100
"""Characters of a label; longer text is cut."""

Codes = npt.NDArray[np.int64]
Labelled = tuple[Codes, list[str]]
"""The place of each row's label, and the labels."""


def label_rows(
    column: pa.Array | pa.ChunkedArray | Sequence[Any] | None, name: str, rows: int
) -> Labelled:
    """Returns the place of each row's label, shape (rows,), and the labels.

    Text is its own label, cut after 100 characters. So are integers below 128 in absolute value;
    larger ones, and all floats, are cut at the powers of two of their absolute value: 1.7 is in
    [1, 2), -300 in (-512, -256]. Below 2^-10 there is one label on either side of 0, and 0 has its
    own. Null, NaN and the empty list are missing; rows of several values have one label.

    Args:
        column: one value, or one list of values, a row; None: missing in all rows.
        name: of the column, for messages.
        rows: number of rows.

    Raises:
        ValueError: the column has another number of rows.
        InputError: the values are neither numbers nor text.

    >>> codes, labels = label_rows([1.7, None, 3.0, 1.1], "miles", 4)
    >>> [labels[code] for code in codes]
    [' in [1, 2)', '=(missing)', ' in [2, 4)', ' in [1, 2)']
    """
    if column is None:
        return np.zeros(rows, np.int64), [MISSING]
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    array = simplify(column if isinstance(column, pa.Array) else pa.array(column), name)
    if len(array) != rows:
        raise ValueError(f"{name} must have one value a loss, got {len(array)} for {rows}")
    if is_list(array.type):
        lengths = list_lengths(array)
        flat = array.flatten()
        starts = np.cumsum(lengths) - lengths
        single = lengths == 1
        codes, labels = _of_values(flat.take(pa.array(starts[single])))
        spread = np.where(lengths == 0, len(labels), len(labels) + 1)
        spread[single] = codes
        return _distinct(spread, [*labels, MISSING, SEVERAL])
    present = validity(array)
    codes, labels = _of_values(array.drop_null())
    spread = np.full(rows, len(labels), np.int64)
    spread[present] = codes
    return _distinct(spread, [*labels, MISSING])


def joined_labels(parts: Sequence[Labelled]) -> Labelled:
    """Returns the rows of several batches one after the other, with the labels of all."""
    offsets = np.cumsum([0, *(len(labels) for _, labels in parts[:-1])])
    codes = [codes + offset for (codes, _), offset in zip(parts, offsets, strict=True)]
    return _distinct(np.concatenate(codes), [label for _, labels in parts for label in labels])


def _of_values(values: pa.Array) -> Labelled:
    """Returns places and labels of values that are there; two places may have one label."""
    if pa.types.is_null(values.type) or not len(values):
        return np.zeros(0, np.int64), []
    if pa.types.is_large_binary(values.type):
        encoded = values.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        return numbers(encoded.indices).astype(np.int64), ["=" + _text(text) for text in texts]
    given = numbers(values)
    _, first, codes = np.unique(_bins(given), return_index=True, return_inverse=True)
    return codes.astype(np.int64), [_number(value) for value in given[first].tolist()]


def _bins(values: npt.NDArray[Any]) -> Codes:
    """Returns a number for the bin of each value; whole numbers are binned as float64 has them."""
    powers = np.maximum(np.frexp(np.abs(values.astype(float)))[1], SMALLEST)
    bins = np.where(values < 0, -1, 1) * (powers + 10_000)
    bins[values == 0] = 0
    if values.dtype.kind == "f":
        bins[np.isnan(values)] = 20_000
        bins[np.isinf(values)] += np.where(values < 0, -30_000, 30_000)[np.isinf(values)]
        return np.asarray(bins, np.int64)
    return np.where(np.abs(values) < WHOLE_BELOW, values, bins)


def _distinct(codes: Codes, labels: list[str]) -> Labelled:
    """Gives rows of one label one place."""
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return np.array([places[label] for label in labels], np.int64)[codes], list(places)


def _text(value: bytes) -> str:
    text = value.decode("utf-8", errors="backslashreplace")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _number(value: int | float) -> str:
    if value != value:
        return MISSING
    if value == 0 or abs(value) == float("inf"):
        return f"={value:g}" if value else "=0"
    if isinstance(value, int) and abs(value) < WHOLE_BELOW:
        return f"={value}"
    power = math.frexp(abs(float(value)))[1]
    if power <= SMALLEST:
        return f" in (0, {_edge(SMALLEST)})" if value > 0 else f" in (-{_edge(SMALLEST)}, 0)"
    low, high = _edge(power - 1), _edge(power)
    return f" in [{low}, {high})" if value > 0 else f" in (-{high}, -{low}]"


def _edge(power: int) -> str:
    return repr(math.ldexp(1.0, power)).removesuffix(".0") if power < 1024 else "inf"
