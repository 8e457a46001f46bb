"""Cuts the rows of a chunk into the slices that its values make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skewgate.core.slices import joined, part
from skewgate.data.tf_example.columns import FLOAT, INT
from skewgate.statistics.generating.columns import Column, UnsupportedError

Codes = npt.NDArray[np.int64]


class Slices(NamedTuple):
    """The slices of a chunk by the values of some features.

    Attributes:
        keys: of the slices, see `core.slices`.
        rows: the rows of the first slice in ascending order, then those of the next.
        bounds: where each slice begins in `rows`, and the end, shape (slices + 1,).
    """

    keys: list[str]
    rows: npt.NDArray[np.intp]
    bounds: npt.NDArray[np.intp]


def slices_of(columns: Mapping[str, Column], features: Sequence[str]) -> Slices:
    """Returns the slices by the values of features.

    A row with several values belongs to several slices, a row without a value to none.

    Raises:
        UnsupportedError: a feature holds floats or nothing of any type, or one of several is not
            in this chunk: what TFDV does then depends on its batches.
    """
    if len(features) > 1 and not columns.keys() >= set(features):
        raise UnsupportedError("a feature to slice by is missing in a part of the data")
    rows: npt.NDArray[np.int64] | None = None
    codes, keys = np.empty(0, np.int64), [""]
    for feature in sorted(set(features)):
        if feature not in columns:
            return Slices([], np.empty(0, np.intp), np.zeros(1, np.intp))
        own_rows, own_codes, own_parts = _coded(feature, columns[feature])
        if rows is None:
            rows, codes, keys = own_rows, own_codes, own_parts
            continue
        begin = np.searchsorted(own_rows, rows, side="left")
        counts = np.searchsorted(own_rows, rows, side="right") - begin
        codes = np.repeat(codes, counts)
        rows = np.repeat(rows, counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        other = own_codes[np.repeat(begin, counts) + within]
        pairs, codes = np.unique(codes * len(own_parts) + other, return_inverse=True)
        keys = [
            joined([keys[pair // len(own_parts)], own_parts[pair % len(own_parts)]])
            for pair in pairs.tolist()
        ]
    assert rows is not None
    present, codes = np.unique(codes, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    bounds = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=len(present)))))
    return Slices([keys[code] for code in present.tolist()], rows[order], bounds)


def _coded(feature: str, column: Column) -> tuple[Codes, Codes, list[str]]:
    """Returns rows in ascending order, the code of each one's value, and what keys say of each."""
    if column.kind in (None, FLOAT):
        raise UnsupportedError(f"{feature} makes slices, and holds neither texts nor integers")
    rows = np.repeat(np.arange(len(column.lengths)), np.maximum(column.lengths, 0))
    if column.kind == INT:
        values, codes = np.unique(column.values, return_inverse=True)
        parts = [part(feature, str(value)) for value in values.tolist()]
    else:
        texts = column.texts
        assert texts is not None
        codes = column.values.astype(np.int64)
        parts = [part(feature, value) for value in texts.values.to_pylist()]
    if np.max(column.lengths, initial=0) > 1:  # a value that occurs twice in a row counts once
        joint = np.unique(rows * len(parts) + codes)
        rows, codes = joint // len(parts), joint % len(parts)
    return rows, codes, parts
