"""What the values of the schema's comparators are worth: how sure a difference is."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from scipy import special
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from skewgate import decision
from skewgate.core.distributions import CategoricalDistribution, Distribution
from skewgate.core.results import Measurement, MetricResult, Status
from skewgate.core.wording import in_full, rounded
from skewgate.metrics import jsd, linf
from skewgate.metrics.attainable import largest_share
from skewgate.metrics.explaining import what_changed
from skewgate.metrics.linf import critical_gap, tail_bound

_TYPES = anomalies_pb2.DriftSkewInfo.Measurement


@dataclasses.dataclass(frozen=True)
class Pairing:
    """Which two sides a comparator of the schema compares.

    Attributes:
        kind: prefix of the metrics, "skew" or "drift"; the schema's field is `<kind>_comparator`.
        control, treatment: what the sides are called.
    """

    kind: str
    control: str
    treatment: str

    @property
    def field(self) -> str:
        """The field of tensorflow_metadata's Feature that holds the comparator."""
        return f"{self.kind}_comparator"


SKEW = Pairing("skew", "training", "serving")
DRIFT = Pairing("drift", "previous", "current")


@dataclasses.dataclass(frozen=True)
class Norm:
    """One of the three measures that a comparator can ask for.

    Attributes:
        name: what reports call it.
        field: of tensorflow_metadata's FeatureComparator.
        measure: TFDV's type of the value.
        anomaly: TFDV's type of the anomaly.
    """

    name: str
    field: str
    measure: int
    anomaly: str


NORMS = (
    Norm("linf", "infinity_norm", _TYPES.L_INFTY, "COMPARATOR_L_INFTY_HIGH"),
    Norm(
        "jsd",
        "jensen_shannon_divergence",
        _TYPES.JENSEN_SHANNON_DIVERGENCE,
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
    ),
    Norm(
        "normalized_abs_difference",
        "normalized_abs_difference",
        _TYPES.NORMALIZED_ABSOLUTE_DIFFERENCE,
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
    ),
)
_OF_CATEGORIES = {metric.name: metric for metric in (linf.METRIC, jsd.METRIC)}
"""Our metrics that are the same as TFDV's norms, of categories."""
_LOW, _HIGH = "drift:num_examples_low", "drift:num_examples_high"
ANOMALY_OF_METRIC = {
    f"{pairing.kind}:{norm.name}": norm.anomaly for pairing in (SKEW, DRIFT) for norm in NORMS
} | {_LOW: "COMPARATOR_LOW_NUM_EXAMPLES", _HIGH: "COMPARATOR_HIGH_NUM_EXAMPLES"}
"""Metric of a comparator to TFDV's anomaly type, which the rules of skew.yaml name."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A value that TFDV computed, with the two sides that tell how sure it is.

    Attributes:
        feature, slice: what was compared.
        norm: "linf", "jsd" or "normalized_abs_difference".
        pairing: which sides.
        threshold: of the schema; a larger value fails.
        value: what TFDV computed.
        control, treatment: the two sides, both with values and of one kind.
        buckets: of a number's JSD, distinct boundaries of the two histograms that TFDV compared.
    """

    feature: str
    slice: str
    norm: str
    pairing: Pairing
    threshold: float
    value: float
    control: Distribution
    treatment: Distribution
    buckets: int

    def check(self, level: float) -> decision.Check:
        """Returns what is judged; `level` is what a lone difference must reach."""
        return decision.Check(
            self.feature,
            self.slice,
            self.norm,
            self.threshold,
            _measurement(self, level),
            self.control.n,
            self.treatment.n,
        )

    def explain(self, result: MetricResult) -> MetricResult:
        """Names pairing and sides and, of a failure, what changed most."""
        change = ""
        if result.status is Status.FAIL:
            change = (
                self._largest_count()
                if self.norm == "normalized_abs_difference"
                else what_changed(self.control, self.treatment)
            )
        sides = f"between {self.pairing.control} and {self.pairing.treatment}"
        return dataclasses.replace(
            result,
            metric=f"{self.pairing.kind}:{self.norm}",
            reason=f"{self.feature}: {sides} {result.reason}" + (f": {change}" if change else ""),
            expected=f"{self.norm} {sides} of at most {in_full(self.threshold)}",
            observed=rounded(self.value, 6, self.threshold),
        )

    def _largest_count(self) -> str:
        before, after = _counts(self.control), _counts(self.treatment)
        names = sorted(before.keys() | after.keys())
        name = max(names, key=lambda name: abs(after.get(name, 0.0) - before.get(name, 0.0)))
        counts = [f"{side.get(name, 0.0):,.0f}" for side in (before, after)]
        return f"{name!r} was there {counts[0]} times and is there {counts[1]} times"


def _counts(side: Distribution) -> dict[str, float]:
    return side.counts if isinstance(side, CategoricalDistribution) else {}


def count_results(
    comparator: schema_pb2.NumericValueComparator, n_previous: int, n_current: int
) -> list[MetricResult]:
    """Compares the number of examples with that of the previous data.

    Args:
        comparator: the schema's `num_examples_drift_comparator`; a bound that is not set asks for
            nothing.
        n_previous, n_current: numbers of examples.

    >>> low = schema_pb2.NumericValueComparator(min_fraction_threshold=0.5)
    >>> [(str(r.status), r.value) for r in count_results(low, 1000, 400)]
    [('fail', 0.4)]
    """
    results = []
    for metric, field, beyond in (
        (_LOW, "min_fraction_threshold", "below"),
        (_HIGH, "max_fraction_threshold", "above"),
    ):
        if not comparator.HasField(field):
            continue
        threshold = float(getattr(comparator, field))
        ratio = n_current / n_previous if n_previous else math.inf
        bad = ratio < threshold if metric == _LOW else ratio > threshold
        relation = beyond if bad else f"not {beyond}"
        expected = (
            f"{'at least' if metric == _LOW else 'at most'} {in_full(threshold)} times as many"
        )
        observed = f"{n_current:,} examples after {n_previous:,}"
        reason = (
            f"{n_current:,} examples now and {n_previous:,} before: "
            f"{rounded(ratio, 3, threshold)} times as many, {relation} the schema's {field} of "
            f"{in_full(threshold)}"
        )
        status = Status.FAIL if bad else Status.PASS
        results.append(
            MetricResult(
                "",
                "",
                metric,
                status,
                reason,
                value=ratio,
                threshold=threshold,
                n_baseline=n_previous,
                n_current=n_current,
                expected=expected,
                observed=observed,
            )
        )
    return results


def _measurement(comparison: Comparison, level: float) -> Measurement:
    """Returns TFDV's value with the probability of one as large if nothing changed."""
    control, treatment = comparison.control, comparison.treatment
    attainable = math.inf
    if comparison.norm == "normalized_abs_difference":
        p_value, detectable = _count_noise(comparison, level)
        attainable = largest_share(control, treatment)
    elif control.kind == "numeric":
        p_value, detectable = _bucket_noise(comparison, level)
    else:
        ours = _OF_CATEGORIES[comparison.norm].measure(control, treatment, level)
        p_value, detectable = ours.p_value, ours.with_chance(ours.detectable)
        # The schema's threshold applies to the whole value, of which chance is a part.
        attainable = ours.with_chance(ours.attainable) if ours.attainable > 0 else 0.0
    value = comparison.value
    return Measurement(value, value, value, p_value, detectable, attainable=attainable)


def _bucket_noise(comparison: Comparison, level: float) -> tuple[float, float]:
    """Whether the JSD that TFDV computed of a number could be chance.

    Two tests of the same question, each at half the level (Bonferroni): the chi-square law of the
    value itself over the buckets of both histograms, which bounds the noise from above, as TFDV
    spreads a bucket evenly over those of the other side; and skewgate's own `jsd` over ten bins,
    which finds a shift where the buckets are too many for the rows.
    """
    harmonic = 1 / comparison.control.n + 1 / comparison.treatment.n
    scale = harmonic / (8 * math.log(2))
    half = max(comparison.buckets - 1, 1) / 2
    over_buckets = float(special.gammaincc(half, comparison.value / scale / 2))
    critical = float(special.gammainccinv(half, level / 2)) * 2 * scale
    ours = jsd.METRIC.measure(comparison.control, comparison.treatment, level / 2)
    return (
        min(2 * over_buckets, 2 * ours.p_value, 1.0),
        min(critical, ours.with_chance(ours.detectable)),
    )


def _count_noise(comparison: Comparison, level: float) -> tuple[float, float]:
    """The null law of the largest difference of counts over the sum of all counts."""
    before, after = _counts(comparison.control), _counts(comparison.treatment)
    names = sorted(before.keys() | after.keys())
    sums = np.array([before.get(name, 0.0) + after.get(name, 0.0) for name in names])
    total = float(sums.sum())
    variances, rare = sums / total**2, sums < 10
    return (
        tail_bound(comparison.value, variances, rare, 1 / total),
        critical_gap(level, variances, rare, 1 / total),
    )
