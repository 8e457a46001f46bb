"""Cuts the rows of a chunk into the slices that its values make, named as TFDV names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skewgate.core.errors import InputError
from skewgate.data.tf_example.columns import FLOAT, INT
from skewgate.statistics.generating.columns import Column, UnsupportedError

Codes = npt.NDArray[np.int64]


class Slices(NamedTuple):
    """The slices of a chunk by the values of some features.

    Attributes:
        names: of the slices.
        rows: the rows of the first slice in ascending order, then those of the next.
        bounds: where each slice begins in `rows`, and the end, shape (slices + 1,).
    """

    names: list[str]
    rows: npt.NDArray[np.intp]
    bounds: npt.NDArray[np.intp]


def slices_of(columns: Mapping[str, Column], features: Sequence[str]) -> Slices:
    """Returns the slices by the values of features.

    A row with several values belongs to several slices, a row without a value to none. The name
    is that of TFDV's slicer: `company_A_payment_type_Cash`, features in order of their names.

    Raises:
        InputError: a value that makes a slice is not UTF-8.
        UnsupportedError: a feature holds floats or nothing of any type, or one of several is not
            in this chunk: what TFDV does then depends on its batches.
    """
    if len(features) > 1 and not columns.keys() >= set(features):
        raise UnsupportedError("a feature to slice by is missing in a part of the data")
    rows: npt.NDArray[np.int64] | None = None
    codes, names = np.empty(0, np.int64), [""]
    for feature in sorted(features):
        if feature not in columns:
            return Slices([], np.empty(0, np.intp), np.zeros(1, np.intp))
        own_rows, own_codes, own_names = _coded(feature, columns[feature])
        if rows is None:
            rows, codes, names = own_rows, own_codes, own_names
            continue
        begin = np.searchsorted(own_rows, rows, side="left")
        counts = np.searchsorted(own_rows, rows, side="right") - begin
        codes = np.repeat(codes, counts)
        rows = np.repeat(rows, counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        other = own_codes[np.repeat(begin, counts) + within]
        pairs, codes = np.unique(codes * len(own_names) + other, return_inverse=True)
        names = [
            f"{names[pair // len(own_names)]}_{own_names[pair % len(own_names)]}"
            for pair in pairs.tolist()
        ]
    assert rows is not None
    present, codes = np.unique(codes, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    bounds = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=len(present)))))
    return Slices([names[code] for code in present.tolist()], rows[order], bounds)


def _coded(feature: str, column: Column) -> tuple[Codes, Codes, list[str]]:
    """Returns rows in ascending order, the code of each one's value, and the name of each code."""
    if column.kind in (None, FLOAT):
        raise UnsupportedError(f"{feature} makes slices, and holds neither texts nor integers")
    rows = np.repeat(np.arange(len(column.lengths)), np.maximum(column.lengths, 0))
    if column.kind == INT:
        values, codes = np.unique(column.values, return_inverse=True)
        names = [f"{feature}_{value}" for value in values.tolist()]
    else:
        texts = column.texts
        assert texts is not None
        if texts.invalid.any():
            value = texts.values[int(np.argmax(texts.invalid))].as_py()
            raise InputError(
                f"slices: {feature}",
                f"has the value {value[:100]!r}, which is not UTF-8 and cannot name a slice",
                "correct the data, or slice by another feature",
            )
        codes = column.values.astype(np.int64)
        names = [f"{feature}_{value.decode('utf-8')}" for value in texts.values.to_pylist()]
    if np.max(column.lengths, initial=0) > 1:  # a value that occurs twice in a row counts once
        joint = np.unique(rows * len(names) + codes)
        rows, codes = joint // len(names), joint % len(names)
    return rows, codes, names
