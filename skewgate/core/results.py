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
        lower, upper: certain bounds; upper is inf where nothing bounds it.
        p_value: probability of a value at least this large if nothing changed.
        detectable: smallest value above null_value that would be significant at these sizes.
        null_value: the value to expect if nothing changed; thresholds apply to what is above it.
        size_exponent: `detectable` shrinks as sample size to the power of minus this.
        attainable: the largest value above null_value that values as frequent as these could have,
            whatever they are; inf where nothing bounds it.
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

    def __post_init__(self) -> None:
        """Makes visible what a text quotes; what names the check stays as it is in the data."""
        for name in ("reason", "expected", "observed"):
            text = getattr(self, name)
            if text:
                object.__setattr__(self, name, visible(text))

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
    def limit(self) -> float | None:
        """The value beyond which the threshold is not met: a distance, above what chance gives."""
        return None if self.threshold is None else self.threshold + (self.null_value or 0.0)

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
