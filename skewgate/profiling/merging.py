"""Joins what is known of different rows: distributions, features and whole profiles."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np

from skewgate.core import moments, time_values
from skewgate.core import quantile_summary as summaries
from skewgate.core.distributions import (
    CategoricalDistribution,
    Comparable,
    Distribution,
    EmptyDistribution,
    NumericDistribution,
    OpaqueDistribution,
    as_lists,
    n_rows,
    types_of,
)
from skewgate.core.profile import Features, Profile, with_paths_apart
from skewgate.core.quantile_summary import summary_of


def merge_profiles(profiles: Sequence[Profile], names: Sequence[str]) -> Profile:
    """Joins profiles of different rows.

    A feature or slice that a profile lacks counts as missing in all its rows. One that is numeric
    in one and categorical in another becomes opaque, in every slice. How rows are cut into profiles
    and in which order these come changes nothing but how exactly a feature is known that has more
    distinct values than are kept of it.

    Args:
        profiles: at least one.
        names: where each comes from, for what is said of an opaque feature.
    """
    profiles = with_paths_apart(profiles)
    nested = {name: path for profile in profiles for name, path in profile.nested.items()}
    keys = sorted({key for profile in profiles for key in profile.slices})
    rows = {key: sum(profile.rows.get(key, 0) for profile in profiles) for key in keys}
    features = sorted({name for profile in profiles for name in profile.slices.get("", {})})
    slices: dict[str, Features] = {}
    for key in keys:  # "" is the first
        slices[key] = _merge_slice(profiles, names, key, features, slices.get("", {}))
    counts = {key: _merge_value_counts(profiles, key, slices[key]) for key in keys}
    unread, as_text = (
        frozenset().union(*(getattr(profile, name) for profile in profiles))
        for name in ("unread", "as_text")
    )
    return Profile(slices, rows, counts, unread, as_text, nested)


def _merge_slice(
    profiles: Sequence[Profile],
    names: Sequence[str],
    key: str,
    features: Sequence[str],
    whole: Features,
) -> Features:
    """Joins one slice, which has all `features`; `whole` is what became of them over all rows."""
    parts = [(profile.slices.get(key, {}), profile.rows.get(key, 0)) for profile in profiles]
    merged: Features = {}
    for feature in features:
        sides = [known.get(feature) or EmptyDistribution(rows) for known, rows in parts]
        everywhere = whole.get(feature)
        if isinstance(everywhere, OpaqueDistribution):
            n_missing, n = _rows_of(sides)
            merged[feature] = dataclasses.replace(everywhere, n_missing=n_missing, n=n)
        else:
            merged[feature] = _opaque(sides, names) or merge_distributions(sides)
    return merged


def _opaque(sides: Sequence[Distribution], names: Sequence[str]) -> OpaqueDistribution | None:
    """Returns what becomes of a feature that is opaque in one part, or of different kinds."""
    kinds: dict[str, str] = {}
    for side, name in zip(sides, names, strict=True):
        kinds[side.kind] = min(kinds.get(side.kind, name), name)
    kinds.pop("empty", None)
    opaque = [side for side in sides if isinstance(side, OpaqueDistribution)]
    if len(kinds) < 2 and not opaque:
        return None
    problem = f"is {' and '.join(f'{kind} in {name}' for kind, name in sorted(kinds.items()))}"
    n_missing, n = _rows_of(sides)
    return OpaqueDistribution(
        n_missing,
        n,
        problem=min(side.problem for side in opaque) if opaque else problem,
        types=frozenset().union(*(types_of(side) for side in sides)),
        faulty=any(side.faulty for side in opaque) if opaque else True,
    )


def _rows_of(sides: Sequence[Distribution]) -> tuple[int, int]:
    """Returns how many rows lack and have a feature that is opaque."""
    sides = [as_lists(side) for side in sides]
    n_missing = sum(side.n_missing for side in sides)
    return n_missing, sum(map(n_rows, sides)) - n_missing


def _merge_value_counts(profiles: Sequence[Profile], key: str, merged: Features) -> Features:
    counts = [profile.value_counts.get(key, {}) for profile in profiles]
    return {
        feature: merge_distributions(
            [
                known.get(feature) or one_value_each(profile.slices.get(key, {}).get(feature))
                for profile, known in zip(profiles, counts, strict=True)
            ]
        )
        for feature in sorted({name for known in counts for name in known})
        if not isinstance(merged.get(feature), OpaqueDistribution)
    }


def one_value_each(side: Distribution | None) -> Distribution:
    """Returns the distribution of how many values there are where each example has one or none.

    Args:
        side: the values; None if no example has the feature.
    """
    if side is None:
        return EmptyDistribution(0)
    counts = np.array([side.n_empty, side.n + side.n_nan])
    n = int(counts.sum())
    if not n:
        return EmptyDistribution(0)
    kept = np.flatnonzero(counts)
    upto = np.cumsum(counts[kept])
    below = upto - counts[kept]
    summary = summaries.Summary(kept.astype(np.float64), below, below, upto, upto, n)
    return summary.distribution()


def merge_distributions(sides: Sequence[Distribution]) -> Distribution:
    """Joins distributions of one kind, empty ones among them, of different rows.

    Raises:
        TypeError: the kinds differ.
    """
    several = any(side.n_present is not None for side in sides)
    if several:  # an empty list is one then, wherever it lies
        sides = [as_lists(side) for side in sides]
    n_missing = sum(side.n_missing for side in sides)
    n_empty = sum(side.n_empty for side in sides)
    n_present = sum(n_rows(side) - side.n_missing for side in sides) if several else None
    n_nan = sum(side.n_nan for side in sides)
    numeric = [side for side in sides if isinstance(side, NumericDistribution)]
    categorical = [side for side in sides if isinstance(side, CategoricalDistribution)]
    if numeric and categorical:
        raise TypeError("cannot join a numeric with a categorical feature")
    merged: Comparable = EmptyDistribution(n_missing, n_nan=n_nan, n_present=n_present)
    if numeric:
        merged = _merge_numeric(numeric, n_missing, n_nan, n_present)
    elif categorical:
        merged = _merge_categorical(categorical, n_missing, n_present)
    return dataclasses.replace(merged, n_empty=n_empty)


def _merge_numeric(
    sides: Sequence[NumericDistribution], n_missing: int, n_nan: int, n_present: int | None
) -> NumericDistribution:
    merged = summaries.merge([summary_of(side) for side in sides])
    return dataclasses.replace(
        merged.distribution(_moments(sides)),
        n_missing=n_missing,
        n_nan=n_nan,
        n_present=n_present,
        integer=all(side.integer for side in sides),
        types=_types(sides),
        logical=functools.reduce(time_values.joined, [side.logical for side in sides]),
    )


def _types(sides: Sequence[NumericDistribution | CategoricalDistribution]) -> frozenset[str]:
    """Returns the types of all sides; none if those of a side are unknown."""
    known = all(side.types for side in sides)
    return frozenset().union(*(side.types for side in sides)) if known else frozenset()


def _moments(sides: Sequence[NumericDistribution]) -> tuple[float, float]:
    """Returns mean and standard deviation of all finite values; NaN where a side's are unknown."""
    weights = np.array([side.n - side.n_infinite for side in sides], float)
    finite = weights > 0
    if not finite.any():
        return math.nan, math.nan
    weights = weights[finite] / weights.sum()
    means = np.array([side.mean for side in sides])[finite]
    stds = np.array([side.std for side in sides])[finite]
    return moments.of_parts(means, stds, weights)


def _merge_categorical(
    sides: Sequence[CategoricalDistribution], n_missing: int, n_present: int | None
) -> CategoricalDistribution:
    counts: dict[str, float] = {}
    for side in sides:
        for name, count in side.counts.items():
            counts[name] = counts.get(name, 0.0) + count
    n = sum(side.n for side in sides)
    # What a side did not keep may be any category, but no more frequent than its rarest.
    slack = math.fsum(
        min(side.other, min(side.counts.values(), default=side.other) + side.slack)
        for side in sides
    )
    other = max(n - math.fsum(counts.values()), 0.0)
    return CategoricalDistribution(counts, other, n, n_missing, n_present, slack, _types(sides))
