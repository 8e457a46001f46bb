"""One sentence for the top of a report: what was found, how sure it is, what to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skewgate import metrics
from skewgate.core.results import WARNING, Decision, MetricResult, Status
from skewgate.report.ranking import excess, worst_first
from skewgate.report.text import shortened, visible

_LONGEST = 60


def sentence(
    kind: str,
    decision: Decision,
    details: dict[str, Any] | None = None,
    sources: Sequence[dict[str, Any]] = (),
) -> str:
    """Returns the sentence.

    Args:
        kind: of the report.
        decision: what was decided.
        details: of the report; its distributions say in which way the worst feature changed.
        sources: of the report, if it joins others.
    """
    ranked = worst_first(decision.results, decision.failures)
    counted = [result for result in ranked if result.severity != WARNING]
    failed = [result for result in counted if result.status is Status.FAIL]
    unsure = [result for result in counted if result.status is Status.INCONCLUSIVE]
    if decision.status is Status.FAIL:
        blocking = set(decision.failures)
        stopping = [result for result in failed if result in blocking] or failed or ranked
        told = f"{_who(kind, sources)}{_failed(kind, stopping, ranked, details or {})}"
    elif decision.status is Status.INCONCLUSIVE:
        told = f"{_who(kind, sources)}{_unsure(decision, failed, unsure, ranked)}"
    else:
        told = _passed(kind, decision, ranked, sources)
    return visible(told)


def _who(kind: str, sources: Sequence[dict[str, Any]]) -> str:
    """Names the reports that shut a gate."""
    shut = [str(source["kind"]) for source in sources if not source["blessed"]]
    if kind != "decision" or not shut:
        return ""
    return f"{len(shut)} of {len(sources)} reports shut the gate ({', '.join(shut)}): "


def _failed(
    kind: str,
    failed: Sequence[MetricResult],
    ranked: Sequence[MetricResult],
    details: dict[str, Any],
) -> str:
    first = failed[0]
    features = {result.feature for result in failed if result.feature}
    known = {result.feature for result in ranked if result.feature}
    if kind == "drift" and features:
        what = f"{len(features)} of {_many(len(known), 'feature')} drifted for certain"
    elif features and kind != "performance":
        what = (
            f"{_many(len(failed), 'check')} failed in {len(features)} of "
            f"{_many(len(known), 'feature')}"
        )
    else:
        what = f"{len(failed)} of {_many(len(ranked), 'check')} failed"
    change = _change(first, details)
    if change:
        return f"{what}: look first at {_place(first)}, {change} ({_numbers(first)})."
    return f"{what}: look first at {_label(first)}: {_reason(first)}."


def _unsure(
    decision: Decision,
    failed: Sequence[MetricResult],
    unsure: Sequence[MetricResult],
    ranked: Sequence[MetricResult],
) -> str:
    nothing = (
        f"{_many(len(failed), 'check')} failed that the policy lets pass"
        if failed
        else "Nothing failed"
    )
    stopped = "which the policy allows" if decision.blessed else "which stops the pipeline"
    first = unsure[0] if unsure else ranked[0]
    return (
        f"{nothing}, but {len(unsure)} of {_many(len(ranked), 'check')} could not be decided, "
        f"{stopped}: look first at {_label(first)}: {_reason(first)}."
    )


def _passed(
    kind: str,
    decision: Decision,
    ranked: Sequence[MetricResult],
    sources: Sequence[dict[str, Any]],
) -> str:
    failed = decision.count(Status.FAIL)
    features = {result.feature for result in ranked if result.feature}
    if kind == "decision":
        start = f"Every report is blessed ({len(sources)})"
    elif failed:
        start = f"Nothing failed that stops the pipeline, {_many(failed, 'check')} failed"
    elif kind == "drift" and features:
        start = (
            f"None of {_many(len(features), 'feature')} drifted, and a change as large as what is "
            "allowed would have been noticed"
        )
    else:
        start = "The one check passed" if len(ranked) == 1 else f"All {len(ranked):,} checks passed"
    if failed:
        return f"{start}: look first at {_label(ranked[0])}: {_reason(ranked[0])}."
    nearest = [result for result in ranked if result.value is not None]
    nearest = [result for result in nearest if result.threshold is not None]
    if not nearest:
        return f"{start}."
    closest = max(nearest, key=excess)
    return f"{start}: the closest to its limit is {_place(closest)} ({_numbers(closest)})."


def _change(result: MetricResult, details: dict[str, Any]) -> str:
    """Says in which way a feature changed, or "" if the report does not tell."""
    if result.value is None or result.threshold is None:
        return ""
    for entry in (details.get("distributions") or {}).get("shown", ()):
        if (entry["feature"], entry["slice"]) == (result.feature, result.slice):
            break
    else:
        return ""
    metric = metrics.REGISTRY.get(result.metric)
    if metric is not None and metric.per_row:
        before, now = entry["missing"]
        return (
            f"which has no value in {_percent(before)} of the rows before and {_percent(now)} now"
        )
    if entry["kind"] == "categorical" and entry["names"]:
        before, now = entry["shares"][0][0], entry["shares"][1][0]
        return (
            f"whose share of '{entry['names'][0]}' went from {_percent(before)} to {_percent(now)}"
        )
    if entry["kind"] == "numeric":
        at, (before, now) = entry["gap"]["at"], entry["gap"]["cdf"]
        return (
            f"of whose values {_percent(before)} were at most {at:.6g}, and now {_percent(now)} are"
        )
    return ""


def _numbers(result: MetricResult) -> str:
    """Tells value, certain bound, threshold and significance of a result that has a value."""
    value = 0.0 if result.value is None else result.value
    parts = [f"{result.metric} {value:.3g}"]
    if result.null_value is None:  # no distance: a bound may lie on either side
        if result.lower is not None and result.upper is not None:
            parts[0] += f" in [{result.lower:.3g}, {result.upper:.3g}]"
        parts.append(f"bound {result.threshold:.3g}")
    else:
        if result.status is Status.FAIL and result.lower is not None:
            certain = f"{result.lower:.3g}"
            if certain != f"{value:.3g}":
                parts.append(f"at least {certain}")
        chance = f"{result.null_value:.2g}"
        more = f" above the {chance} of chance" if result.null_value > 0 else ""
        parts.append(f"allowed {result.threshold:.3g}{more}")
    if result.status is Status.FAIL and result.p_adjusted is not None:
        p_value = result.p_adjusted
        parts.append(f"adjusted p = {p_value:.2g}" if p_value > 0 else "adjusted p < 1e-300")
    return ", ".join(parts)


def _place(result: MetricResult) -> str:
    """Names the feature, or the metric where there is none, and the slice."""
    name = shortened(result.feature or result.metric, _LONGEST)
    return f"{name} in slice {shortened(result.slice, _LONGEST)}" if result.slice else name


def _label(result: MetricResult) -> str:
    parts = [shortened(part, _LONGEST) for part in (result.feature, result.metric) if part]
    return " ".join(parts) + (
        f" in slice {shortened(result.slice, _LONGEST)}" if result.slice else ""
    )


def _reason(result: MetricResult) -> str:
    return shortened(result.reason.rstrip("."), 500)


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
