"""Compares two profiles under a drift configuration."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

from skewgate import decision, metrics
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.distributions import Distribution, n_rows
from skewgate.core.errors import InputError
from skewgate.core.profile import Features, Profile, name_value_counts
from skewgate.core.results import BASELINE_CHECK, MetricResult, Status, inconclusive
from skewgate.core.suggestions import did_you_mean
from skewgate.core.wording import listed, named
from skewgate.data.sources.column_names import may_be_index
from skewgate.profiling.merging import one_value_each

_MOST_NAMES = 20  # of features, in a message


@dataclasses.dataclass(frozen=True)
class _Comparison:
    """One metric of one feature and slice that can be measured."""

    feature: str
    slice: str
    metric: str
    threshold: float
    baseline: Distribution
    current: Distribution

    def check(self, level: float) -> decision.Check:
        """Measures; `level` is the significance level that a lone difference must reach."""
        metric = metrics.REGISTRY[self.metric]
        sides = (self.baseline, self.current)
        return decision.Check(
            self.feature,
            self.slice,
            self.metric,
            self.threshold,
            metric.measure(*sides, level),
            *map(metric.size, sides),
        )

    def explain(self, result: MetricResult) -> MetricResult:
        """Adds to the reason of a failure what changed most."""
        if result.status is not Status.FAIL:
            return result
        change = metrics.REGISTRY[self.metric].explain(self.baseline, self.current)
        return (
            dataclasses.replace(result, reason=f"{result.reason}: {change}") if change else result
        )


def compare(
    baseline: Profile, current: Profile, config: DriftConfig, *, where: str = "drift.yaml"
) -> list[MetricResult]:
    """Compares every feature, over all data and over the slices that the config asks for.

    Args:
        baseline: what to compare with.
        current: the data in question.
        config: metrics, thresholds and slices.
        where: the config's name, for messages.

    Returns:
        One result per feature, slice and metric, all judged together.

    Raises:
        InputError: the config names a feature that neither side has, or the sides have no
            feature in common.
    """
    if not any(baseline.rows.values()):
        return [inconclusive(BASELINE_CHECK, "the baseline statistics hold no examples")]
    if not any(current.rows.values()):
        return [inconclusive("rows", "the current data hold no examples")]
    counted = name_value_counts(baseline, current)
    baselines, currents = (side.with_value_counts(counted) for side in (baseline, current))
    _check_features(config, baselines.get("", {}), currents.get("", {}), where)
    settled: list[MetricResult] = []
    comparisons: list[_Comparison] = []
    features = baselines.get("", {}).keys() | currents.get("", {}).keys()
    for name in _slices(config, baselines.keys() | currents.keys(), features, settled):
        if name not in baselines or name not in currents:
            absent = "current" if name in baselines else "baseline"
            reason = f"the {absent} statistics have no slice {name!r} to compare with"
            settled.append(MetricResult("", name, "slice", Status.INCONCLUSIVE, reason))
            continue
        sides = (baselines[name], currents[name])
        for feature in sorted((sides[0].keys() | sides[1].keys()) - config.ignored):
            of = counted.get(feature)
            if of not in config.ignored:
                before, now = (_find(feature, of, side) for side in sides)
                _plan(
                    feature, name, before, now, config, comparisons, settled, count=of is not None
                )
    level = decision.level(max(len(comparisons), 1), config.significance)
    judged = decision.judge([c.check(level) for c in comparisons], config.significance)
    told = [c.explain(result) for c, result in zip(comparisons, judged, strict=True)]
    return sorted([*settled, *told], key=lambda r: (r.slice, r.feature, r.metric))


def _find(feature: str, of: str | None, features: Features) -> Distribution | None:
    """Returns a distribution; where the values of single-valued examples are counted, ones.

    Args:
        feature: name of a feature, or of what counts the values of another.
        of: the feature whose values it counts, if it counts any.
        features: of one side.
    """
    if of is not None and feature not in features and of in features:
        return one_value_each(features[of])
    return features.get(feature)


def _check_features(config: DriftConfig, baseline: Features, current: Features, where: str) -> None:
    if not baseline.keys() & current.keys():
        raise InputError(
            "baseline and current statistics",
            f"have no feature in common: {_names(baseline)} against {_names(current)}",
            "compare statistics of the same table",
        )
    known = baseline.keys() | current.keys()
    for feature, rule in config.features.items():
        if feature not in known and not (rule.ignore and may_be_index(feature)):
            raise InputError(
                where,
                f"features.{feature} is in neither of the two data sets, "
                f"which have {_names(known)}",
                did_you_mean(feature, known, "remove it"),
            )


def _names(features: Iterable[str]) -> str:
    return listed([named(feature) for feature in sorted(features)], _MOST_NAMES)


def _may_be_slice_by(name: str, columns: list[str]) -> bool:
    """Says whether TFDV's name of a slice, such as `a_1_b_x`, can be one by these features."""
    pattern = "_".join(f"{re.escape(column)}_.+" for column in columns)
    return re.fullmatch(pattern, name, re.DOTALL) is not None


def _may_be_slice_by_another(name: str, columns: list[str], features: set[str]) -> bool:
    """Says whether a feature with a longer name, such as `a_1`, may be meant instead."""
    return any(
        feature.startswith(f"{columns[0]}_") and name.startswith(f"{feature}_")
        for feature in features
    )


def _slices(
    config: DriftConfig, known: set[str], features: set[str], settled: list[MetricResult]
) -> list[str]:
    """Returns the slices to compare; one that is asked for and unknown goes to `settled`.

    A name that could be meant for another feature is compared too: one slice too many is seen,
    one too few is not.
    """
    names = [""]
    for columns in map(sorted, config.slices):  # TFDV puts the features of a slice in this order
        matching = sorted(name for name in known if _may_be_slice_by(name, columns))
        if all(_may_be_slice_by_another(name, columns, features) for name in matching):
            reason = (
                f"the statistics hold no slices by {', '.join(columns)}; "
                "give SkewStatisticsGen the same slices as drift.yaml"
            )
            settled.append(MetricResult("", columns[0], "slice", Status.INCONCLUSIVE, reason))
        names += [name for name in matching if name not in names]
    return names


def _plan(
    feature: str,
    name: str,
    baseline: Distribution | None,
    current: Distribution | None,
    config: DriftConfig,
    comparisons: list[_Comparison],
    settled: list[MetricResult],
    *,
    count: bool,
) -> None:
    """Adds what can be measured to `comparisons` and what needs no measuring to `settled`.

    `count` says that the feature counts the values of another.
    """
    if baseline is None or current is None:
        gone, there = ("baseline", "current") if baseline is None else ("current", "baseline")
        reason = f"the {gone} data have no feature {named(feature)}, only the {there} data have it"
        settled.append(MetricResult(feature, name, "presence", Status.FAIL, reason))
        return
    kinds = {baseline.kind, current.kind} - {"empty"}
    if len(kinds) > 1:
        reason = f"{feature} is {baseline.kind} in the baseline and {current.kind} now"
        settled.append(MetricResult(feature, name, "kind", Status.FAIL, reason))
        return
    kind = kinds.pop() if kinds else "empty"
    for metric, threshold in config.thresholds(feature, kind).items():
        if count and metrics.REGISTRY[metric].per_row:
            continue  # the feature itself says which rows have a value
        obstacle = _obstacle(feature, metric, kind, baseline, current)
        if obstacle:
            settled.append(
                MetricResult(
                    feature,
                    name,
                    metric,
                    Status.INCONCLUSIVE,
                    obstacle,
                    threshold=threshold,
                    n_baseline=baseline.n,
                    n_current=current.n,
                )
            )
        else:
            comparisons.append(_Comparison(feature, name, metric, threshold, baseline, current))


def _obstacle(
    feature: str, metric: str, kind: str, baseline: Distribution, current: Distribution
) -> str:
    """Says why a metric cannot be measured, or "" if it can."""
    sides = {"baseline": baseline, "current": current}
    if any(n_rows(side) == 0 for side in sides.values()):
        return f"{feature} has no examples to compare"
    kinds = metrics.REGISTRY[metric].kinds
    if kind not in (*kinds, "empty"):
        return f"{metric} does not apply to the {kind} feature {feature}; remove it from the config"
    if "empty" in kinds:
        return ""
    empty = [label for label, side in sides.items() if side.kind == "empty"]
    return f"{feature} has no value in the {' and '.join(empty)} data" if empty else ""
