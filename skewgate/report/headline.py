"""A sentence or two for the top of a report: what was found, and where to start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skewgate import metrics
from skewgate.core.hidden import visible
from skewgate.core.results import WARNING, Decision, MetricResult, Status
from skewgate.core.time_values import shown
from skewgate.core.wording import (
    in_full,
    interval,
    many,
    rounded,
    rounded_percent,
    shortened,
)
from skewgate.report import failures, kinds
from skewgate.report.kinds import ReportKind
from skewgate.report.ranking import excess, worst_first

_LONGEST = 60


def sentence(
    kind: str,
    decision: Decision,
    details: dict[str, Any] | None = None,
    sources: Sequence[dict[str, Any]] = (),
) -> str:
    """Returns the headline.

    Args:
        kind: name of the kind of the report.
        decision: what was decided.
        details: of the report; its distributions say in which way the worst feature changed.
        sources: of the report, if it joins others.
    """
    report_kind = kinds.get(kind)
    ranked = worst_first(decision.results, decision.failures)
    counted = [result for result in ranked if result.severity != WARNING]
    failed = [result for result in counted if result.status is Status.FAIL]
    unsure = [result for result in counted if result.status is Status.INCONCLUSIVE]
    if decision.status is Status.FAIL:
        blocking = set(decision.failures)
        stopping = [result for result in failed if result in blocking] or failed or ranked
        headline = f"{_who(sources)}{_failed(report_kind, stopping, ranked, details or {})}"
    elif decision.status is Status.INCONCLUSIVE:
        headline = f"{_who(sources)}{_unsure(decision, failed, unsure, ranked)}"
    else:
        headline = _passed(report_kind, decision, ranked, sources)
    return visible(headline)


def _who(sources: Sequence[dict[str, Any]]) -> str:
    """Names the reports that shut a gate."""
    shut = [str(source["kind"]) for source in sources if not source["blessed"]]
    if not shut:
        return ""
    return f"{len(shut)} of {len(sources)} reports shut the gate ({', '.join(shut)}). "


def _failed(
    kind: ReportKind,
    failed: Sequence[MetricResult],
    ranked: Sequence[MetricResult],
    details: dict[str, Any],
) -> str:
    first = failed[0]
    features = {result.feature for result in failed if result.feature}
    known = {result.feature for result in ranked if result.feature}
    if kind.failed_features and features:
        what = f"{len(features)} of {many(len(known), 'feature')} {kind.failed_features}"
    elif kind.about_features and features:
        what = (
            f"{many(len(failed), 'check')} failed in {len(features)} of "
            f"{many(len(known), 'feature')}"
        )
    else:
        what = f"{len(failed)} of {many(len(ranked), 'check')} failed"
    change = _change(first, details)
    if change:
        return f"{what}. Start with {_place(first)}: {change} ({_measured(first)})."
    return f"{what}. {_start(first)}"


def _unsure(
    decision: Decision,
    failed: Sequence[MetricResult],
    unsure: Sequence[MetricResult],
    ranked: Sequence[MetricResult],
) -> str:
    nothing = (
        f"{many(len(failed), 'check')} failed that the policy lets pass"
        if failed
        else "Nothing failed"
    )
    allowed = ", which the policy allows" if decision.blessed else ""
    checks = many(len(ranked), "check")
    some = f"{len(unsure):,} of {checks} could not be decided"
    none = f"none of {checks} could be decided"
    found = f"{nothing}, but {none if len(unsure) == len(ranked) > 1 else some}"
    undersized = failures.undersized(unsure)
    if len(undersized) < 2:
        return f"{found}{allowed}. {_start(unsure[0] if unsure else ranked[0])}"
    who = "they" if len(undersized) == len(unsure) else f"{len(undersized):,} of them"
    return f"{found}{allowed}: {who} {failures.needed(undersized)}."


def _passed(
    kind: ReportKind,
    decision: Decision,
    ranked: Sequence[MetricResult],
    sources: Sequence[dict[str, Any]],
) -> str:
    failed = decision.count(Status.FAIL)
    features = {result.feature for result in ranked if result.feature}
    if failed and not kind.joins_reports:
        them = "it" if failed == 1 else "them"
        what = f"{many(failed, 'check')} failed, but the policy lets {them} pass"
        return f"{what}. {_start(ranked[0])}"
    if kind.joins_reports:
        what = f"Every report is blessed ({len(sources)})"
    elif kind.failed_features and features:
        what = f"None of {many(len(features), 'feature')} {kind.failed_features}; {kind.passed}"
    else:
        what = "The one check passed" if len(ranked) == 1 else f"All {len(ranked):,} checks passed"
    if failed:
        return f"{what}. {_start(ranked[0])}"
    nearest = [result for result in ranked if result.value is not None]
    nearest = [result for result in nearest if result.threshold is not None]
    if not nearest:
        return f"{what}."
    closest = max(nearest, key=excess)
    return f"{what}. Closest to its limit is {_place(closest)} ({_measured(closest)})."


def _start(result: MetricResult) -> str:
    """Says which check to look at first, and why."""
    rest = failures.of_feature(result)
    reason = f"it {rest}" if rest else result.reason
    return f"Start with {_place(result)}: {shortened(reason.rstrip('.'), 500)}."


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
        before, now = _percents(*entry["missing"])
        return f"{before} of rows used to have no value, now {now} do"
    if entry["kind"] == "categorical" and entry["names"]:
        before, now = _percents(*(shares[0] for shares in entry["shares"]))
        return f"{before} of values used to be '{entry['names'][0]}', now {now} are"
    if entry["kind"] == "numeric":
        before, now = _percents(*entry["gap"]["cdf"])
        at = shown(entry["gap"]["at"], entry.get("logical", ""))
        return f"{before} of values used to be {at} or less, now {now} are"
    return ""


def _percents(before: float, now: float) -> tuple[str, str]:
    """Returns two shares; without decimals where these tell nothing that counts."""
    whole = [round(100 * share) for share in (before, now)]
    plain = all(
        0 < each < 100 or share == each / 100
        for each, share in zip(whole, (before, now), strict=True)
    )
    if abs(before - now) >= 0.05 and plain:
        return f"{whole[0]}%", f"{whole[1]}%"
    return rounded_percent(before, now), rounded_percent(now, before)


def _measured(result: MetricResult) -> str:
    """Tells value and threshold of a result that has both."""
    threshold = in_full(0.0 if result.threshold is None else result.threshold)
    value = rounded(0.0 if result.value is None else result.value, 3, result.limit)
    parts = [f"{result.metric} {value}"]
    if result.null_value is None:  # no distance: a bound may lie on either side
        if result.lower is not None and result.upper is not None:
            parts[0] += f" in {interval(result.lower, result.upper, 3, result.limit)}"
        parts.append(f"bound {threshold}")
    else:
        parts.append(f"threshold {threshold}{_by_chance(result)}")
    return ", ".join(parts)


def _by_chance(result: MetricResult) -> str:
    """Says what chance adds to a threshold, unless that is next to nothing."""
    if result.threshold is None or result.limit is None or result.limit <= 1.01 * result.threshold:
        return ""
    return f", or {rounded(result.limit, 3)} with what chance adds"


def _place(result: MetricResult) -> str:
    """Names the feature, or the metric where there is none, and the slice."""
    name = shortened(result.feature or result.metric, _LONGEST)
    return f"{name} in slice {shortened(result.slice, _LONGEST)}" if result.slice else name
