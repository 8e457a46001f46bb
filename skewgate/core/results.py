"""What checks return and policies make of it: measurements, results and decisions."""

from __future__ import annotations

import dataclasses
import enum
import math
from typing import Any

from skewgate.core.hidden import visible

BASELINE_CHECK = "baseline"
"""Metric name of the result that stands for a missing baseline."""
PREVIOUS_CHECK = "previous"
"""Metric name of the result that stands for missing earlier data."""


def above_chance(value: float, null_value: float, *, in_quadrature: bool) -> float:
    """Returns how far a distance is above what chance gives; below 0 if it is less than that.

    Chance adds to a divergence such as PSI, and adds to the square of a distance that is a root:
    two samples that lie 0.3 apart by chance alone lie about 0.5 apart, and not 0.7, where their
    populations do by 0.4.

    Args:
        value: of the distance, at least 0.
        null_value: what to expect of it if nothing changed.
        in_quadrature: whether squares add.

    >>> round(above_chance(0.5, 0.3, in_quadrature=False), 9)
    0.2
    >>> round(above_chance(0.5, 0.3, in_quadrature=True), 9)
    0.4
    """
    apart = value - null_value
    if not in_quadrature or null_value == 0 or math.isnan(apart):
        return apart
    return math.copysign(math.sqrt(abs(apart)) * math.sqrt(abs(value + null_value)), apart)


def with_chance(above: float, null_value: float, *, in_quadrature: bool) -> float:
    """Returns the distance that is so far above what chance gives: the inverse of `above_chance`.

    >>> with_chance(0.4, 0.3, in_quadrature=True)
    0.5
    """
    return math.hypot(above, null_value) if in_quadrature else above + null_value


class Status(str, enum.Enum):
    """The verdict on one check or on a whole report."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    def __str__(self) -> str:
        return self.value


@dataclasses.dataclass(frozen=True)
class Measurement:
    """A statistic with the interval that is certain to hold its exact value.

    Attributes:
        value: best estimate, lower <= value <= upper.
        lower: certain lower bound.
        upper: certain upper bound; inf where nothing bounds it.
        p_value: probability of a value at least this large if nothing changed.
        detectable: smallest value above chance that would be significant at these sizes.
        null_value: the value to expect if nothing changed; thresholds apply to what is above
            chance, see `above_chance`.
        size_exponent: `detectable` shrinks as sample size to the power of minus this.
        attainable: the largest value above chance that values as frequent as these could have,
            whatever they are; inf where nothing bounds it.
        in_quadrature: whether chance adds to the square of the value, as it does to a distance
            that is a root.
        bulk: the same of what is left without a few extreme values, if there are any and they
            could hide the rest.
    """

    value: float
    lower: float
    upper: float
    p_value: float
    detectable: float
    null_value: float = 0.0
    size_exponent: float = 0.5
    attainable: float = math.inf
    bulk: Bulk | None = None
    in_quadrature: bool = False

    def above_chance(self, value: float) -> float:
        """Returns by how much a value exceeds what chance gives.

        Args:
            value: in the unit of the metric, such as `upper`.
        """
        return above_chance(value, self.null_value, in_quadrature=self.in_quadrature)

    def with_chance(self, above: float) -> float:
        """Returns the value that exceeds what chance gives by so much.

        Args:
            above: in the unit of the metric, such as `detectable`.
        """
        return with_chance(above, self.null_value, in_quadrature=self.in_quadrature)


@dataclasses.dataclass(frozen=True)
class Bulk:
    """What is measured without a few extreme values.

    Attributes:
        measurement: of the other values.
        extremes: names what was left out, such as "1 baseline value of 3.4e+38".
        n_baseline, n_current: number of values that are left.
    """

    measurement: Measurement
    extremes: str
    n_baseline: int
    n_current: int


WARNING = "warning"
"""Severity of a failure that does not block."""

_OPTIONAL = ("severity", "expected", "observed", "cause", "in_quadrature", "needed")

SMALL_SLICE, OPEN_WINDOW, LOW_COVERAGE = "small_slice", "open_window", "low_coverage"
"""Causes of a doubt that policies have a word for."""


@dataclasses.dataclass(frozen=True)
class MetricResult:
    """The outcome of one check on one feature and slice ("" for all data).

    Attributes:
        feature: the feature, or metric of a model; "" for what concerns the data as a whole.
        slice: the rows that were checked, such as "company_A"; "" for all.
        metric: the name of the metric or check.
        status: the verdict of this check.
        reason: why, in words.
        value: best estimate; None if nothing could be measured, here and in what follows.
        lower: certain lower bound of the value.
        upper: certain upper bound of the value.
        null_value: the value to expect if nothing changed.
        threshold: what the value, less what chance gives, is compared with.
        p_value: probability of a value at least this large if nothing changed.
        p_adjusted: p_value, corrected for the number of checks.
        n_baseline: number of baseline values or rows.
        n_current: number of current values or rows.
        severity: of an anomaly, "error", "warning" (fails and does not block) or "ignored"; None
            for checks without a severity, whose failures block as the policy says.
        expected: of an anomaly, what the schema asks for.
        observed: of an anomaly, what was seen.
        cause: why a result is inconclusive, where a policy has a word for that.
        in_quadrature: True if chance adds to the square of the value, else None; see
            `above_chance`.
        needed: how many rows, or values on each side of a distance, would settle a doubt that
            there are too few of them; None for any other.
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
    in_quadrature: bool | None = None
    needed: int | None = None

    def __post_init__(self) -> None:
        """Makes visible what a text quotes; what names the check stays as it is in the data."""
        for name in ("reason", "expected", "observed"):
            text = getattr(self, name)
            if text:
                object.__setattr__(self, name, visible(text))

    def to_json(self) -> dict[str, Any]:
        """Returns plain values; a number that JSON cannot hold becomes null.

        What few results have is left out of the others.
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
        """Returns the result that `to_json` wrote.

        Args:
            fields: what it wrote.
        """
        return cls(**{**fields, "status": Status(fields["status"])})

    @property
    def limit(self) -> float | None:
        """The value beyond which the threshold is not met: a distance, above what chance gives."""
        if self.threshold is None or not self.null_value:
            return self.threshold
        return with_chance(self.threshold, self.null_value, in_quadrature=bool(self.in_quadrature))

    def above_chance(self, value: float) -> float:
        """Returns by how much a value exceeds what chance gives; the value if that is unknown.

        Args:
            value: in the unit of the metric, such as `upper`.
        """
        null_value = self.null_value or 0.0
        return above_chance(value, null_value, in_quadrature=bool(self.in_quadrature))

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


def inconclusive(metric: str, reason: str) -> MetricResult:
    """Returns the result that stands for a whole comparison that could not be made.

    Args:
        metric: BASELINE_CHECK for a missing baseline, or the name of what was missing.
        reason: what a person should know.
    """
    return MetricResult("", "", metric, Status.INCONCLUSIVE, reason)
