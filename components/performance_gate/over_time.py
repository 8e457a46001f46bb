"""Which metrics of an evaluation are followed over windows, and their values there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tensorflow_model_analysis.metrics import metric_types

from skewgate.checks.performance.config import Windows
from skewgate.checks.performance.following import Series
from skewgate.components.performance_gate.configuration import MetricThreshold
from skewgate.components.performance_gate.measured import Measurements, SliceKey, SliceMetrics
from skewgate.components.performance_gate.thresholds import label
from skewgate.core.errors import InputError
from skewgate.estimation.bands import Worse


def collect(
    thresholds: Sequence[MetricThreshold],
    measured: Measurements,
    rules: Windows,
    baseline: str | None,
) -> list[Series]:
    """Returns the metrics to follow, with their values in each window.

    Args:
        thresholds: the thresholds of the EvalConfig: what is followed where `rules` name nothing,
            and which side is worse.
        measured: with a slice for each window.
        rules: which feature names the windows, and which metrics are followed.
        baseline: the name of a baseline model, which is not followed, or None.

    Raises:
        InputError: a metric to follow was not computed, none is to be followed, or two windows
            have one name.
    """
    windows = windows_of(measured.slices, rules.feature)
    followed: dict[metric_types.MetricKey, tuple[Worse, float | None]] = {}
    # A threshold on windows, or on every slice, says best what is worse; then one on the value.
    order = sorted(thresholds, key=lambda each: (not _on_windows(each, rules), each.is_change))
    for threshold in (each for each in order if not each.is_across):
        bound = _one_bound(threshold) if _on_windows(threshold, rules) else None
        followed.setdefault(threshold.key._replace(is_diff=False), (_side(threshold), bound))
    if rules.metrics is not None:
        slices = [measured.slices[key] for key in windows.values()]
        keys = {*_named(rules.metrics, slices, followed, baseline), *followed}
        followed = {
            key: followed.get(key, (None, None))
            for key in sorted(keys, key=str)
            if key.name in rules.metrics
        }
    if not followed:
        raise InputError(
            "performance.yaml: windows",
            "follow no metric, because the eval_config only compares slices with each other",
            "name some as windows.metrics",
        )
    return [
        Series(
            label(key),
            worse,
            bound,
            {name: measured.estimate(windows[name], key) for name in windows},
        )
        for key, (worse, bound) in followed.items()
    ]


def windows_of(slices: Iterable[SliceKey], feature: str) -> dict[str, SliceKey]:
    """Returns the slices that are windows, by their names.

    Raises:
        InputError: two have one name.
    """
    windows: dict[str, SliceKey] = {}
    for key in slices:
        if len(key) != 1 or key[0][0] != feature:
            continue
        name = str(key[0][1])
        if name in windows:
            raise InputError(
                "performance.yaml: windows.feature",
                f"is {feature}, where {name} is both a number and text",
                "write the windows of all rows in the same type",
            )
        windows[name] = key
    return windows


def _named(
    names: list[str],
    slices: Iterable[SliceMetrics],
    thresholds: Iterable[metric_types.MetricKey],
    baseline: str | None,
) -> set[metric_types.MetricKey]:
    """Returns the keys of the metrics that have one of the names.

    Args:
        names: of metrics to follow.
        slices: the windows.
        thresholds: what has a threshold, which may have a value in no window.
        baseline: as in `collect`.

    Raises:
        InputError: no metric has one of them.
    """
    computed = {
        key
        for metrics in slices
        for key in metrics.values
        if not key.is_diff and (baseline is None or key.model_name != baseline)
    }
    known = {key.name for key in {*computed, *thresholds}}
    if not computed:  # no window has any row: that is what the results will say
        return {metric_types.MetricKey(name) for name in names if name not in known}
    for name in names:
        if name not in known:
            raise InputError(
                "performance.yaml: windows.metrics",
                f"name {name}, which was not computed; there are {', '.join(sorted(known))}",
                "correct the name, or add the metric to the eval_config",
            )
    return {key for key in computed if key.name in names}


def _on_windows(threshold: MetricThreshold, rules: Windows) -> bool:
    spec = threshold.spec
    if spec is None:
        return True
    if threshold.is_across or spec.feature_values:
        return False
    return [*spec.feature_keys] == [rules.feature]


def _side(threshold: MetricThreshold) -> Worse:
    return "lower" if threshold.worse == "lower" else "higher" if threshold.worse else None


def _one_bound(threshold: MetricThreshold) -> float | None:
    if threshold.is_change or threshold.worse is None:
        return None
    name = "lower_bound" if threshold.worse == "lower" else "upper_bound"
    return float(getattr(threshold.proto, name).value)
