"""What is known of the values of a feature: bounds on a CDF, counts of categories, or nothing."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def middle(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Returns the middle of bounds, the best estimate of what lies between them; same shapes.

    >>> middle(np.array([0.2, 0.5]), np.array([0.4, 0.5]))
    array([0.3, 0.5])
    """
    return (lower + upper) / 2


@dataclasses.dataclass(frozen=True)
class NumericDistribution:
    """What is known of the CDF F of a numeric feature.

    Between two edges F lies between the right limit at the lower edge and the left limit at the
    upper one; below the first edge it is 0, above the last it is 1. An atom (many equal values)
    is an edge whose left and right limit differ.

    Attributes:
        edges: distinct values in ascending order, shape (k,), k >= 1.
        left_lower: lower bounds on P(X < edge), shape (k,), in [0, 1].
        left_upper: upper bounds on P(X < edge), likewise.
        right_lower: lower bounds on P(X <= edge), likewise.
        right_upper: upper bounds on P(X <= edge), likewise.
        n: number of values that are neither missing nor NaN.
        n_missing: number of examples without the feature.
        n_nan: number of NaN values.
        rank_error: what the bounds already contain of the sketch's rank error.
        mean: of the finite values, in the unit of the feature; NaN where it is unknown.
        std: of the finite values, likewise; the population's (divided by n).
        n_present: number of examples that have the feature, if they may have several values;
            None if each has one.
        integer: whether the values are of an integer type.
        types: the types that the values are stored in, by their names in Arrow; none if unknown.
            Distributions are equal whatever these are.
        moments_error: by how much mean and std may be off, each.
        logical: what kind of times the values are, see `time_values`; "" for plain numbers.
        n_empty: how many of the missing examples have an empty list; 0 with n_present, as an
            empty list is no missing value where others have several.
        kind: always "numeric".
    """

    edges: FloatArray
    left_lower: FloatArray
    left_upper: FloatArray
    right_lower: FloatArray
    right_upper: FloatArray
    n: int
    n_missing: int = 0
    n_nan: int = 0
    rank_error: float = 0.0
    mean: float = math.nan
    std: float = math.nan
    n_present: int | None = None
    integer: bool = False
    types: frozenset[str] = dataclasses.field(default=frozenset(), compare=False)
    moments_error: float = 0.0
    logical: str = ""
    n_empty: int = 0

    kind = "numeric"

    @property
    def cdf(self) -> FloatArray:
        """The middle of the bounds on P(X <= edge), shape (k,)."""
        return middle(self.right_lower, self.right_upper)

    @property
    def median(self) -> float:
        """The smallest edge with half of the values at or below it, by the middle of the bounds.

        >>> NumericDistribution(
        ...     edges=np.array([1.0, 4.0]),
        ...     left_lower=np.array([0.0, 0.25]),
        ...     left_upper=np.array([0.0, 0.5]),
        ...     right_lower=np.array([0.25, 1.0]),
        ...     right_upper=np.array([0.5, 1.0]),
        ...     n=8,
        ... ).median
        4.0
        """
        return float(self.quantiles([0.5])[0])

    def quantiles(self, shares: npt.ArrayLike, *, certain: bool = False) -> FloatArray:
        """Returns for each share the smallest edge with that share of the values at or below it.

        Args:
            shares: of the values, each in [0, 1], shape (m,).
            certain: ask for the share in the lower bounds instead of in the middle of the bounds.

        Returns:
            Edges, shape (m,); the largest one where no edge has the share.

        >>> NumericDistribution(
        ...     edges=np.array([1.0, 4.0]),
        ...     left_lower=np.array([0.0, 0.25]),
        ...     left_upper=np.array([0.0, 0.5]),
        ...     right_lower=np.array([0.25, 1.0]),
        ...     right_upper=np.array([0.5, 1.0]),
        ...     n=8,
        ... ).quantiles([0.3, 0.4])
        array([1., 4.])
        """
        known = self.right_lower if certain else self.cdf
        places = known.searchsorted(np.asarray(shares, float))
        found: FloatArray = self.edges[np.minimum(places, len(self.edges) - 1)]
        return found

    def cdf_at(self, points: FloatArray) -> FloatArray:
        """Returns the middle of the bounds on P(X <= x), shape (m,).

        Args:
            points: the values x, shape (m,).
        """
        return middle(*self.bounds_at(points))

    @property
    def n_infinite(self) -> int:
        """A lower bound on the number of infinite values: 0 only if there is none."""
        low = self.right_lower[0] if np.isneginf(self.edges[0]) else 0.0
        high = 1.0 - self.left_upper[-1] if np.isposinf(self.edges[-1]) else 0.0
        return max(round(self.n * (low + high)), int(not np.all(np.isfinite(self.edges[[0, -1]]))))

    def bounds_at(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Returns lower and upper bounds on P(X <= x), each of shape (m,).

        Args:
            points: the values x, shape (m,).
        """
        index = np.searchsorted(self.edges, points, side="right") - 1
        on_edge = (index >= 0) & (self.edges[np.maximum(index, 0)] == points)
        return self._between(
            index, np.where(on_edge, self.right_upper[np.maximum(index, 0)], np.nan)
        )

    def bounds_before(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Returns lower and upper bounds on P(X < x), each of shape (m,).

        Args:
            points: the values x, shape (m,).
        """
        index = np.searchsorted(self.edges, points, side="left")
        last = len(self.edges) - 1
        on_edge = (index <= last) & (self.edges[np.minimum(index, last)] == points)
        lower, upper = self._between(index - 1, np.full(len(points), np.nan))
        lower = np.where(on_edge, self.left_lower[np.minimum(index, last)], lower)
        upper = np.where(on_edge, self.left_upper[np.minimum(index, last)], upper)
        return lower, upper

    def _between(
        self, index: npt.NDArray[np.int64], upper_on_edge: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Bounds just above edge `index` (-1: below all edges)."""
        lower = np.where(index < 0, 0.0, self.right_lower[np.maximum(index, 0)])
        padded = np.append(self.left_upper, 1.0)
        upper = np.where(np.isnan(upper_on_edge), padded[index + 1], upper_on_edge)
        # Below the first edge no value can lie: it is the minimum.
        upper = np.where(index < 0, 0.0, upper)
        return lower, upper


@dataclasses.dataclass(frozen=True)
class CategoricalDistribution:
    """How often each category occurs.

    Attributes:
        counts: occurrences of each category kept; all other categories are in `other`.
        other: total occurrences of the categories that were not kept.
        n: number of values, `other` included.
        n_missing: number of examples without the feature.
        n_present: as in NumericDistribution.
        slack: by how much the true count of a category kept may exceed its count; the excess is
            part of `other`.
        types: as in NumericDistribution.
        n_empty: as in NumericDistribution.
        kind: always "categorical".
        n_nan: always 0.
    """

    counts: dict[str, float]
    other: float
    n: int
    n_missing: int = 0
    n_present: int | None = None
    slack: float = 0.0
    types: frozenset[str] = dataclasses.field(default=frozenset(), compare=False)
    n_empty: int = 0

    kind = "categorical"
    n_nan = 0


@dataclasses.dataclass(frozen=True)
class EmptyDistribution:
    """A feature that is known but has no value at all."""

    n_missing: int
    n: int = 0
    n_nan: int = 0
    n_present: int | None = None
    n_empty: int = 0

    kind = "empty"


@dataclasses.dataclass(frozen=True)
class OpaqueDistribution:
    """A feature that is there and whose values cannot be compared.

    Attributes:
        n_missing: number of examples without the feature.
        n: number of examples with it, as far as that is known.
        problem: why not, as the rest of a sentence that begins with the feature.
        types: as in NumericDistribution.
        faulty: whether the values are at fault, such as numbers and text in one column, and not
            only of a type that nobody compares.
    """

    n_missing: int
    n: int
    problem: str
    types: frozenset[str] = frozenset()
    faulty: bool = False

    kind = "opaque"
    n_nan = 0
    n_present = None
    n_empty = 0


Comparable = NumericDistribution | CategoricalDistribution | EmptyDistribution
Distribution = Comparable | OpaqueDistribution


def types_of(side: Distribution) -> frozenset[str]:
    """Returns the types that the values are stored in, as far as they are known."""
    return frozenset() if isinstance(side, EmptyDistribution) else side.types


def n_rows(side: Distribution) -> int:
    """Returns the number of examples that a distribution describes."""
    present = side.n + side.n_nan if side.n_present is None else side.n_present
    return present + side.n_missing


def n_without_value(side: Distribution) -> int:
    """Returns how many examples lack the feature; NaN counts as missing.

    Where examples have several values, the share of NaN among the values is taken for the share
    of the examples that are present and yet have no value.
    """
    if side.n_present is None:
        return side.n_missing + side.n_nan
    return side.n_missing + round(side.n_present * side.n_nan / max(side.n + side.n_nan, 1))


def as_lists(side: Distribution) -> Distribution:
    """Returns a distribution where an example may have several values, though none has.

    An empty list is then a list without values, and no missing value.

    >>> as_lists(EmptyDistribution(n_missing=5, n_empty=2))
    EmptyDistribution(n_missing=3, n=0, n_nan=0, n_present=2, n_empty=0)
    """
    if isinstance(side, OpaqueDistribution) or side.n_present is not None:
        return side
    return dataclasses.replace(
        side,
        n_missing=side.n_missing - side.n_empty,
        n_present=side.n + side.n_nan + side.n_empty,
        n_empty=0,
    )
