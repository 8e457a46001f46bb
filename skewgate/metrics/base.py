"""What every metric offers, and the pieces that several share."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from scipy import special

from skewgate.types import (
    CategoricalDistribution,
    Distribution,
    FloatArray,
    Measurement,
    NumericDistribution,
)


@dataclasses.dataclass(frozen=True)
class Metric:
    """One line of the registry.

    Attributes:
        name: the key in `drift.yaml`.
        kinds: the kinds of feature it applies to.
        maximum: its largest possible value, or None if unbounded.
        summary: one line for tables and help.
        measure: (baseline, current, alpha) to a Measurement; `alpha` is the significance level
            that `detectable` refers to. Both sides have values, except for `missing_rate`.
    """

    name: str
    kinds: tuple[str, ...]
    maximum: float | None
    summary: str
    measure: Callable[[Distribution, Distribution, float], Measurement]


@dataclasses.dataclass(frozen=True)
class Shares:
    """Shares of the values over k bins or categories, each known as an interval.

    Attributes:
        baseline, current: best estimates, shape (k,), each sums to 1.
        baseline_lower, baseline_upper, current_lower, current_upper: certain bounds, shape (k,).
        hidden_baseline, hidden_current: mass whose category is unknown, in [0, 1]; it is one bin
            of its own in the arrays.
        n_baseline, n_current: number of values.
    """

    baseline: FloatArray
    baseline_lower: FloatArray
    baseline_upper: FloatArray
    current: FloatArray
    current_lower: FloatArray
    current_upper: FloatArray
    hidden_baseline: float
    hidden_current: float
    n_baseline: int
    n_current: int

    @property
    def harmonic(self) -> float:
        """1/N + 1/M, the scale of sampling noise."""
        return 1.0 / self.n_baseline + 1.0 / self.n_current


def shares_of(baseline: Distribution, current: Distribution, bins: int = 10) -> Shares:
    """Puts two distributions of one kind on common bins or categories.

    Numeric features use bins of equal baseline mass, closed on the right, with open outer bins.
    A value as heavy as a bin (an atom) is cut off from the values below it. Categories are
    ordered by name.

    Raises:
        TypeError: the kinds differ.
    """
    if isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution):
        return _numeric_shares(baseline, current, bins)
    if isinstance(baseline, CategoricalDistribution) and isinstance(
        current, CategoricalDistribution
    ):
        return _categorical_shares(baseline, current)
    raise TypeError(f"cannot compare a {baseline.kind} with a {current.kind} feature")


def _numeric_shares(
    baseline: NumericDistribution, current: NumericDistribution, bins: int
) -> Shares:
    cuts = quantile_cuts(baseline, bins)

    def side(distribution: NumericDistribution) -> tuple[FloatArray, FloatArray, FloatArray]:
        lower, upper = distribution.bounds_at(cuts)
        lower, upper = np.r_[0.0, lower, 1.0], np.r_[0.0, upper, 1.0]
        share = np.diff((lower + upper) / 2)
        return (
            np.maximum(share, 0.0),
            np.maximum(lower[1:] - upper[:-1], 0.0),
            np.minimum(upper[1:] - lower[:-1], 1.0),
        )

    return Shares(*side(baseline), *side(current), 0.0, 0.0, baseline.n, current.n)


def quantile_cuts(baseline: NumericDistribution, bins: int) -> FloatArray:
    """Returns the upper ends of all bins but the last; at most one bin more than `bins`."""
    middle = (baseline.right_lower + baseline.right_upper) / 2
    index = np.searchsorted(middle, np.arange(1, bins) / bins, side="left")
    quantiles = baseline.edges[np.minimum(index, len(middle) - 1)]
    values, hits = np.unique(quantiles, return_counts=True)
    smallest, largest = baseline.edges[0], baseline.edges[-1]
    if smallest == largest:
        return np.array([np.nextafter(largest, -np.inf), largest])
    atoms = values[((hits > 1) | (values == largest)) & (values > smallest)]
    cuts: FloatArray = np.union1d(values[values < largest], np.nextafter(atoms, -np.inf))
    return cuts


def _categorical_shares(
    baseline: CategoricalDistribution, current: CategoricalDistribution
) -> Shares:
    names = sorted(set(baseline.counts) | set(current.counts))

    def side(distribution: CategoricalDistribution) -> tuple[FloatArray, FloatArray, FloatArray]:
        counts = np.array([distribution.counts.get(name, 0.0) for name in names])
        known = np.array([name in distribution.counts for name in names], dtype=bool)
        other = distribution.other
        # A category that was not kept is at most as frequent as the rarest one that was.
        rarest = min(distribution.counts.values(), default=other)
        upper = np.where(known, counts, min(other, rarest))
        if other > 0:
            hidden_elsewhere = float(np.sum(upper[~known]))
            counts, upper = np.append(counts, other), np.append(upper, other)
            lower = np.append(counts[:-1], max(other - hidden_elsewhere, 0.0))
        else:
            lower = counts
        pad = 1 if other == 0 and (baseline.other > 0 or current.other > 0) else 0
        estimate, low, high = (
            np.append(array, np.zeros(pad)) / distribution.n for array in (counts, lower, upper)
        )
        return estimate, low, high

    return Shares(
        *side(baseline),
        *side(current),
        baseline.other / baseline.n,
        current.other / current.n,
        baseline.n,
        current.n,
    )


def box_bounds(
    shares: Shares, term: Callable[[FloatArray, FloatArray], FloatArray]
) -> tuple[float, float]:
    """Bounds a sum over bins of a term that is jointly convex and 0 where both sides agree.

    Such a term is largest at a corner of the box of possible shares; it is smallest where the
    intervals touch, or 0 where they overlap.
    """
    low_b, high_b = shares.baseline_lower, shares.baseline_upper
    low_c, high_c = shares.current_lower, shares.current_upper
    corners = [term(b, c) for b in (low_b, high_b) for c in (low_c, high_c)]
    upper = float(np.sum(np.max(corners, axis=0)))
    apart = np.where(low_b > high_c, term(low_b, high_c), 0.0)
    apart = np.where(low_c > high_b, term(high_b, low_c), apart)
    return float(np.sum(apart)), upper


def two_sided_p(z: float) -> float:
    """Returns P(|Z| >= z) of a standard normal Z.

    >>> round(two_sided_p(1.959964), 6)
    0.05
    """
    return float(math.erfc(abs(z) / math.sqrt(2.0)))


def two_sided_z(p: float) -> float:
    """Returns the z with P(|Z| >= z) = p; the inverse of `two_sided_p`."""
    return float(-special.ndtri(p / 2.0))
