"""The data types that the layers exchange: distributions, results and decisions."""

from __future__ import annotations

import dataclasses
import enum
import math
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

BASELINE_CHECK = "baseline"
"""Metric name of the result that stands for a missing baseline."""
PREVIOUS_CHECK = "previous"
"""Metric name of the result that stands for missing earlier data."""


class Status(str, enum.Enum):
    """The verdict on one check or on a whole report."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    def __str__(self) -> str:
        return self.value


@dataclasses.dataclass(frozen=True)
class NumericDistribution:
    """What is known of the CDF F of a numeric feature.

    Between two edges F lies between the right limit at the lower edge and the left limit at the
    upper one; below the first edge it is 0, above the last it is 1. An atom (many equal values)
    is an edge whose left and right limit differ.

    Attributes:
        edges: distinct values in ascending order, shape (k,), k >= 1.
        left_lower, left_upper: bounds on P(X < edge), shape (k,), in [0, 1].
        right_lower, right_upper: bounds on P(X <= edge), shape (k,), in [0, 1].
        n: number of values that are neither missing nor NaN.
        n_missing: number of examples without the feature.
        n_nan: number of NaN values.
        rank_error: what the bounds already contain of the sketch's rank error.
        mean, std: of the finite values, in the unit of the feature; NaN where they are unknown.
            std is the population's (divided by n).
        n_present: number of examples that have the feature, if they may have several values;
            None if each has one.
        integer: whether the values are of an integer type.
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

    kind = "numeric"

    @property
    def n_infinite(self) -> int:
        """A lower bound on the number of infinite values: 0 only if there is none."""
        low = self.right_lower[0] if np.isneginf(self.edges[0]) else 0.0
        high = 1.0 - self.left_upper[-1] if np.isposinf(self.edges[-1]) else 0.0
        return max(round(self.n * (low + high)), int(not np.all(np.isfinite(self.edges[[0, -1]]))))

    def bounds_at(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Returns lower and upper bounds on P(X <= x) for each of `points`, shape (m,)."""
        index = np.searchsorted(self.edges, points, side="right") - 1
        on_edge = (index >= 0) & (self.edges[np.maximum(index, 0)] == points)
        return self._between(
            index, np.where(on_edge, self.right_upper[np.maximum(index, 0)], np.nan)
        )

    def bounds_before(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Returns lower and upper bounds on P(X < x) for each of `points`, shape (m,)."""
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
    """

    counts: dict[str, float]
    other: float
    n: int
    n_missing: int = 0
    n_present: int | None = None
    slack: float = 0.0

    kind = "categorical"
    n_nan = 0


@dataclasses.dataclass(frozen=True)
class EmptyDistribution:
    """A feature that is known but has no value at all."""

    n_missing: int
    n: int = 0
    n_nan: int = 0
    n_present: int | None = None

    kind = "empty"


Distribution = NumericDistribution | CategoricalDistribution | EmptyDistribution


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


@dataclasses.dataclass(frozen=True)
class Measurement:
    """A statistic with the interval that is certain to hold its exact value.

    Attributes:
        value: best estimate, lower <= value <= upper.
        lower, upper: certain bounds; upper is inf where nothing bounds it.
        p_value: probability of a value at least this large if nothing changed.
        detectable: smallest value above null_value that would be significant at these sizes.
        null_value: the value to expect if nothing changed; thresholds apply to what is above it.
        size_exponent: `detectable` shrinks as sample size to the power of minus this.
    """

    value: float
    lower: float
    upper: float
    p_value: float
    detectable: float
    null_value: float = 0.0
    size_exponent: float = 0.5


WARNING = "warning"
"""Severity of a failure that does not block."""

_OPTIONAL = ("severity", "expected", "observed", "cause")

SMALL_SLICE, OPEN_WINDOW, LOW_COVERAGE = "small_slice", "open_window", "low_coverage"
"""Causes of a doubt that policies have a word for."""


@dataclasses.dataclass(frozen=True)
class MetricResult:
    """The outcome of one check on one feature and slice ("" for all data).

    Attributes:
        severity: of an anomaly, "error", "warning" (fails and does not block) or "ignored"; None
            for checks without a severity, whose failures block as the policy says.
        expected, observed: of an anomaly, what the schema asks for and what was seen.
        cause: why a result is inconclusive, where a policy has a word for that.
    """

    feature: str
    slice: str
    metric: str
    status: Status
    reason: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    null_value: float | None = None
    threshold: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    n_baseline: int | None = None
    n_current: int | None = None
    severity: str | None = None
    expected: str | None = None
    observed: str | None = None
    cause: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns plain values; a number that JSON cannot hold becomes null.

        The four texts that few results have are left out where there are none.
        """
        fields = dict(self.__dict__)  # dataclasses.asdict copies deeply, and is ten times slower
        for name in _OPTIONAL:
            if fields[name] is None:
                del fields[name]
        fields["status"] = self.status.value
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in fields.items()
        }

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> MetricResult:
        """Reads what `to_json` wrote."""
        return cls(**{**fields, "status": Status(fields["status"])})

    @property
    def label(self) -> str:
        """Names the check for a person, such as `payment_type linf` or `fare ks (company_A)`."""
        name = f"{self.feature} {self.metric}".strip()
        return f"{name} ({self.slice})" if self.slice else name


@dataclasses.dataclass(frozen=True)
class Decision:
    """What a policy makes of the results.

    Attributes:
        status: the verdict.
        blessed: whether a pipeline may go on; an inconclusive decision is blessed only if the
            policy allows it by name.
        results: every result, also those that passed.
        failures: the results that shut the gate.
        policy: the policy as plain values.
    """

    status: Status
    blessed: bool
    results: tuple[MetricResult, ...]
    failures: tuple[MetricResult, ...]
    policy: dict[str, Any]

    def count(self, status: Status) -> int:
        """Returns how many results have a status."""
        return sum(result.status is status for result in self.results)
