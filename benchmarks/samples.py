"""The samples that quality.py judges: 15 features, equal on both sides or with one planted shift.

Needs NumPy alone, so that the workers of all environments draw the same values from the same
seeds. Eight features are rows of the taxi data, drawn with replacement; seven are generated.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
import statistics
from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

TAXI_NUMERIC = (
    "fare",
    "trip_miles",
    "trip_seconds",
    "tips",
    "trip_start_hour",
    "dropoff_latitude",
)
TAXI_CATEGORICAL = ("payment_type", "company")
KM_PER_MILE = 1.609344
_MISSING, _MORE_MISSING = 0.02, 0.12
_KS, _PSI = 0.2, 0.4  # twice skewgate's default thresholds
_NORMAL = statistics.NormalDist()


@dataclasses.dataclass(frozen=True)
class Categories:
    """A categorical column: indices into names, -1 where a value is missing."""

    codes: npt.NDArray[np.int64]
    names: npt.NDArray[np.str_]


Column = npt.NDArray[np.float64] | npt.NDArray[np.int64] | Categories
Columns = dict[str, Column]


def _solve(function: Callable[[float], float], low: float, high: float) -> float:
    """Returns where a function that rises through 0 between two points is 0."""
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return middle


def _scale_distance(scale: float) -> float:
    """Returns the KS distance of N(0, 1) and N(0, scale^2), scale > 1."""
    at = math.sqrt(2 * math.log(scale) * scale**2 / (scale**2 - 1))  # where the densities cross
    return _NORMAL.cdf(at) - _NORMAL.cdf(at / scale)


MEAN = 2 * _NORMAL.inv_cdf((1 + _KS) / 2)
"""The shift of N(0, 1) with that KS distance."""
SCALE = _solve(lambda scale: _scale_distance(scale) - _KS, 1.01, 20.0)
_FIRST = 0.3
_SECOND = _solve(lambda p: _PSI - 2 * (_FIRST - p) * math.log(_FIRST / p), 0.01, _FIRST)
_LETTERS = np.array([_FIRST, _SECOND, *[(1 - _FIRST - _SECOND) / 8] * 8])
"""Exchanging the first two shares has that PSI."""
_WORDS = (1 / np.arange(1, 51)) / np.sum(1 / np.arange(1, 51))


@dataclasses.dataclass(frozen=True)
class Shift:
    """A change of one feature on the current side."""

    name: str
    feature: str
    title: str


SHIFTS = (
    Shift("mean", "normal", f"mean of N(0, 1) moved by {MEAN:.3f}: KS {_KS:g}"),
    Shift("scale", "normal", f"N(0, 1) widened by {SCALE:.3f}: KS {_KS:g}"),
    Shift("swap", "letters", f"two of ten categories change places: PSI {_PSI:g}"),
    Shift("missing", "exponential", f"missing rate {_MISSING:g} to {_MORE_MISSING:g}"),
    Shift("unit", "trip_miles", "taxi miles written as kilometres"),
)


def load_taxi(path: pathlib.Path) -> Columns:
    """Reads what `dataset.write_taxi_columns` wrote."""
    with np.load(path) as arrays:
        numeric: Columns = {name: arrays[name] for name in TAXI_NUMERIC}
        names = TAXI_CATEGORICAL
        return numeric | {name: Categories(arrays[name], arrays[f"{name}_names"]) for name in names}


def _categories(rng: np.random.Generator, n: int, shares: npt.NDArray[np.float64]) -> Categories:
    cumulative = np.cumsum(shares)
    cumulative[-1] = 1.0
    codes = np.searchsorted(cumulative, rng.random(n), side="right")
    return Categories(codes, np.array([f"value_{i:02d}" for i in range(len(shares))]))


def _exponential(rng: np.random.Generator, n: int, missing: float) -> npt.NDArray[np.float64]:
    values = rng.exponential(3.0, n)
    return np.where(rng.random(n) < missing, np.nan, values)


_GENERATED: dict[str, Callable[[np.random.Generator, int, str], Column]] = {
    "normal": lambda rng, n, shift: rng.normal(
        MEAN * (shift == "mean"), SCALE if shift == "scale" else 1.0, n
    ),
    "heavy_tail": lambda rng, n, _: rng.lognormal(0.0, 2.0, n),
    "exponential": lambda rng, n, shift: _exponential(
        rng, n, _MORE_MISSING if shift == "missing" else _MISSING
    ),
    "counts": lambda rng, n, _: rng.poisson(20, n),
    "ties": lambda rng, n, _: np.round(rng.normal(0.0, 1.0, n), 1),
    "letters": lambda rng, n, shift: _categories(
        rng, n, _LETTERS[[1, 0, *range(2, 10)]] if shift == "swap" else _LETTERS
    ),
    "words": lambda rng, n, _: _categories(rng, n, _WORDS),
}
FEATURES = (*TAXI_NUMERIC, *TAXI_CATEGORICAL, *_GENERATED)


def draw(
    taxi: Columns, seed: tuple[int, ...], n: int, shift: str, features: Collection[str]
) -> Columns:
    """Draws one side of a comparison.

    Args:
        taxi: the taxi columns.
        seed: what to draw; each feature has a stream of its own that depends on nothing else.
        n: number of rows.
        shift: name of the planted shift, "" for none.
        features: which of FEATURES to return.
    """
    rows = np.random.default_rng((*seed, 0)).integers(0, len(taxi["fare"]), n)
    found: Columns = {}
    for number, name in enumerate(FEATURES, start=1):
        if name not in features:
            continue
        if name in _GENERATED:
            found[name] = _GENERATED[name](np.random.default_rng((*seed, number)), n, shift)
            continue
        column = taxi[name]
        if isinstance(column, Categories):
            found[name] = Categories(column.codes[rows], column.names)
        else:
            unit = KM_PER_MILE if (shift, name) == ("unit", "trip_miles") else 1
            found[name] = column[rows] * unit
    return found


def draw_pair(
    taxi: Columns, n: int, run: int, shift: str, features: Collection[str]
) -> tuple[Columns, Columns]:
    """Draws baseline and current, n rows each; the shift is on the current side."""
    case = ["", *(known.name for known in SHIFTS)].index(shift)
    seeds = [(20_260_101, n, run, case, side) for side in (0, 1)]
    return draw(taxi, seeds[0], n, "", features), draw(taxi, seeds[1], n, shift, features)


def unit_distance(taxi: Columns) -> float:
    """Returns the KS distance between the taxi miles and the same in kilometres."""
    miles = np.sort(taxi["trip_miles"])
    points = np.concatenate([miles, miles * KM_PER_MILE])
    cdfs = [np.searchsorted(s, points, side="right") for s in (miles, miles * KM_PER_MILE)]
    return float(np.max(np.abs(cdfs[0] - cdfs[1])) / len(miles))
