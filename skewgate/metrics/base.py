"""What every metric offers, and the pieces that several share."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable

import numpy as np
from scipy import special

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    FloatArray,
    NumericDistribution,
    n_rows,
)
from skewgate.core.results import Measurement
from skewgate.metrics.bins import Ends, Term, find_ends, sum_bounds
from skewgate.metrics.explaining import what_changed

KINDS = frozenset({"numeric", "categorical", "empty"})
"""The kinds of a feature."""
BINS = 10
"""Bins that the values of a numeric feature are put into."""
_NAME = re.compile("[a-z][a-z0-9_]*")


@dataclasses.dataclass(frozen=True)
class Metric:
    """One line of the registry: all that the rest of the package knows of a metric.

    Attributes:
        name: the key in `drift.yaml`.
        kinds: the kinds of feature that it applies to: "numeric", "categorical", and "empty" if
            it needs no value on either side.
        maximum: its largest possible value, or None if unbounded.
        summary: one line for tables and help.
        measure: (baseline, current, alpha) to a Measurement; `alpha` is the significance level
            that `detectable` refers to. Both sides have values, unless `kinds` has "empty".
        explain: (baseline, current) to half a sentence on what changed, for the reason of a
            failure; "" if there is nothing to tell.
        per_row: whether it is about which rows have a value instead of about the values: its
            sizes are numbers of rows, and it says nothing of how many values a row has.
        symmetric: the kinds of feature for which it is the same if the sides change places.

    Raises:
        ValueError: name, kinds or maximum are not as they must be.
    """

    name: str
    kinds: tuple[str, ...]
    maximum: float | None
    summary: str
    measure: Callable[[Distribution, Distribution, float], Measurement]
    explain: Callable[[Distribution, Distribution], str] = what_changed
    per_row: bool = False
    symmetric: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not the name of a metric, such as 'missing_rate'")
        if not {"numeric", "categorical"} & set(self.kinds) or set(self.kinds) - KINDS:
            raise ValueError(f"kinds must be some of {', '.join(sorted(KINDS))}, got {self.kinds}")
        if not set(self.symmetric) <= set(self.kinds):
            raise ValueError(f"symmetric must be some of {self.kinds}, got {self.symmetric}")
        if self.maximum is not None and not 0 < self.maximum < math.inf:
            raise ValueError(f"maximum must be above 0 or None, got {self.maximum}")

    def size(self, side: Distribution) -> int:
        """Returns how many rows or values of a side it compares.

        Args:
            side: a distribution of any kind.
        """
        return n_rows(side) if self.per_row else side.n


@dataclasses.dataclass(frozen=True)
class Shares:
    """Shares of the values over k bins or categories, each known as an interval.

    Attributes:
        baseline, current: best estimates, shape (k,), each sums to 1.
        baseline_lower, baseline_upper, current_lower, current_upper: certain bounds, shape (k,).
        hidden_baseline, hidden_current: mass whose category is unknown, in [0, 1]; the last bin
            is that of the hidden categories if either is above 0.
        n_baseline, n_current: number of values.
        ends: the ends of bins of numbers; None for categories.
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
    ends: Ends | None = None

    @property
    def harmonic(self) -> float:
        """1/N + 1/M, the scale of sampling noise."""
        return 1.0 / self.n_baseline + 1.0 / self.n_current

    @property
    def hides(self) -> bool:
        """Whether a side has categories that are not known by name."""
        return self.hidden_baseline > 0 or self.hidden_current > 0

    @property
    def n_hidden(self) -> int:
        """The largest possible number of hidden categories: each has at least one value."""
        return math.floor(
            self.hidden_baseline * self.n_baseline + self.hidden_current * self.n_current + 1e-6
        )


def shares_of(baseline: Distribution, current: Distribution, bins: int = BINS) -> Shares:
    """Puts two distributions of one kind on common bins or categories.

    Numeric features use bins of equal baseline mass, closed on the right, with open outer bins.
    A value as heavy as a bin (an atom) is cut off from the values below it; where bins end is an
    interval, see `bins`. Categories are ordered by name.

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
    ends = find_ends(baseline, current, bins)

    def side(
        estimate: FloatArray, lower: FloatArray, upper: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        return (
            np.maximum(estimate[1:] - estimate[:-1], 0.0),
            np.maximum(lower[1:] - upper[:-1], 0.0),
            np.minimum(upper[1:] - lower[:-1], 1.0),
        )

    return Shares(*side(*ends[:3]), *side(*ends[3:]), 0.0, 0.0, baseline.n, current.n, ends)


def _categorical_shares(
    baseline: CategoricalDistribution, current: CategoricalDistribution
) -> Shares:
    names = sorted(baseline.counts.keys() | current.counts.keys())
    hides = baseline.other > 0 or current.other > 0

    def side(distribution: CategoricalDistribution) -> tuple[FloatArray, FloatArray, FloatArray]:
        kept, other = distribution.counts, distribution.other
        counts = np.array([kept.get(name, -1.0) for name in names])
        unknown = counts < 0
        counts[unknown] = 0.0
        if not hides:
            shares = counts / distribution.n
            return shares, shares, shares
        # How much of the hidden mass each category may have. One that was not kept is at most as
        # frequent as the rarest one that was.
        rarest = min(kept.values(), default=other)
        more = np.where(
            unknown, min(other, rarest + distribution.slack), min(other, distribution.slack)
        )
        lower = np.append(counts, max(other - float(np.sum(more)), 0.0))
        upper = np.append(counts + more, other)
        return (
            np.append(counts, other) / distribution.n,
            lower / distribution.n,
            upper / distribution.n,
        )

    return Shares(
        *side(baseline),
        *side(current),
        baseline.other / baseline.n,
        current.other / current.n,
        baseline.n,
        current.n,
    )


def box_bounds(shares: Shares, term: Term) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimates and bounds, per bin, a term that is jointly convex and 0 where both sides agree.

    Such a term is largest at a corner of the box of possible shares; it is smallest where the
    intervals come closest, 0 where they overlap. The bin of the hidden categories is treated as
    one category.

    Returns:
        Estimate, lower and upper bound, each of shape (k,).
    """
    low_b, high_b = shares.baseline_lower, shares.baseline_upper
    low_c, high_c = shares.current_lower, shares.current_upper
    if low_b is high_b and low_c is high_c:  # exact
        terms = term(shares.baseline, shares.current)
        return terms, terms.copy(), terms.copy()
    near_b, near_c = nearest(shares)
    terms = term(
        np.stack((shares.baseline, near_b, low_b, low_b, high_b, high_b)),
        np.stack((shares.current, near_c, low_c, high_c, low_c, high_c)),
    )
    return terms[0], terms[1], np.maximum.reduce(terms[1:])


def total(
    shares: Shares, term: Term, estimate: FloatArray, lowest: FloatArray, highest: FloatArray
) -> tuple[float, float, float]:
    """Sums what `box_bounds` returned, and narrows the bounds where bins share their ends.

    Returns:
        Estimate, lower and upper bound of the sum; they may differ by rounding where they are
        equal.
    """
    value, lower, upper = (float(np.sum(part)) for part in (estimate, lowest, highest))
    if shares.ends is None or shares.ends.certain:
        return value, lower, upper
    least, most = sum_bounds(shares.ends, term, lowest, highest)
    return value, max(lower, least), most


def nearest(shares: Shares) -> tuple[FloatArray, FloatArray]:
    """Returns the possible shares of both sides that come closest, bin by bin, shape (k,)."""
    return (
        np.maximum(shares.baseline_lower, np.minimum(shares.current_lower, shares.baseline_upper)),
        np.maximum(shares.current_lower, np.minimum(shares.baseline_lower, shares.current_upper)),
    )


def largest_if_split(shares: Shares) -> float:
    """Bounds what the hidden categories add to `jsd` or to half the squared roots' distance.

    However the hidden mass is split into categories, such an f-divergence is largest if no
    category is on both sides, and then half the mass of both.
    """
    return float(shares.baseline_upper[-1] + shares.current_upper[-1]) / 2


def two_sided_p(z: float) -> float:
    """Returns P(|Z| >= z) of a standard normal Z.

    >>> round(two_sided_p(1.959964), 6)
    0.05
    """
    return float(math.erfc(abs(z) / math.sqrt(2.0)))


def two_sided_z(p: float) -> float:
    """Returns the z with P(|Z| >= z) = p; the inverse of `two_sided_p`."""
    return float(-special.ndtri(p / 2.0))
