"""Compares two profiles under a drift configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Set

from skewgate import decision, metrics
from skewgate.checks.drift import chosen_slices, suggesting
from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.drift.suggesting import Suggestion
from skewgate.core import precision
from skewgate.core.distributions import (
    Distribution,
    EmptyDistribution,
    OpaqueDistribution,
    as_lists,
    n_rows,
    types_of,
)
from skewgate.core.errors import InputError
from skewgate.core.profile import Features, Profile, name_value_counts, with_paths_apart
from skewgate.core.results import BASELINE_CHECK, MetricResult, Status, inconclusive
from skewgate.core.slices import names_of
from skewgate.core.suggestions import did_you_mean
from skewgate.core.wording import listed, named
from skewgate.data.sources.column_names import may_be_index
from skewgate.profiling.merging import one_value_each

_MOST_NAMES = 20  # of features, in a message
_SAY_SO = "give its type in the schema, or ignore it in drift.yaml"


@dataclasses.dataclass(frozen=True)
class _Comparison:
    """One metric of one feature and slice that can be measured."""

    feature: str
    slice: str
    metric: str
    threshold: float
    baseline: Distribution
    current: Distribution
    note: str

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

    def explain(self, result: MetricResult, identifiers: Set[str]) -> MetricResult:
        """Adds to the reason what was rounded, and to that of a failure what changed most.

        Of an identifier it says so in place of what would settle a doubt, for nothing would.
        """
        metric, reason = metrics.REGISTRY[self.metric], result.reason
        needed = result.needed
        if (
            result.status is Status.INCONCLUSIVE
            and self.feature in identifiers
            and not metric.per_row
        ):
            ignored = suggesting.snippet([Suggestion(self.feature, suggesting.IDENTIFIER, "")])
            reason = (
                f"{reason.partition('; ')[0]}; nearly every value is different, as in an "
                f"identifier: ignore it in drift.yaml ({ignored})"
            )
            needed = None
        if self.note and not metric.per_row:
            reason += f" ({self.note})"
        if result.status is Status.FAIL:
            change = metric.explain(self.baseline, self.current)
            reason += f": {change}" if change else ""
        return dataclasses.replace(result, reason=reason, needed=needed)


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
        One result per feature, slice and metric, all judged together. Every slice that the values
        on either side make has one.

    Raises:
        InputError: the config names a feature that neither side has, or the sides have no
            feature in common.
    """
    if not any(baseline.rows.values()):
        return [inconclusive(BASELINE_CHECK, "the baseline statistics hold no examples")]
    if not any(current.rows.values()):
        return [inconclusive("rows", "the current data hold no examples")]
    baseline, current = prepared(baseline, current, config)
    counted = name_value_counts(baseline, current)
    lists = frozenset(counted.values())
    baselines, currents = (side.with_value_counts(counted) for side in (baseline, current))
    unread = baseline.unread | current.unread
    _check_features(config, baselines.get("", {}), currents.get("", {}), unread, where)
    keys, settled = chosen_slices.choose(baseline, current, config.slices)
    names = names_of(baseline.slices.keys() | current.slices.keys())
    comparisons: list[_Comparison] = []
    for key in keys:
        sides = (baselines[key], currents[key])
        opaque = {
            feature
            for side in sides
            for feature, found in side.items()
            if isinstance(found, OpaqueDistribution)
        }
        for feature in sorted((sides[0].keys() | sides[1].keys()) - config.ignored):
            of = counted.get(feature)
            if of not in config.ignored and of not in opaque:
                before, now = (_find(feature, of, side) for side in sides)
                if before is None and _is_never_there(now):
                    before = EmptyDistribution(baseline.rows[key])
                if now is None and _is_never_there(before):
                    now = EmptyDistribution(current.rows[key])
                if feature in lists:  # an empty list is one on both sides then
                    before, now = (
                        None if side is None else as_lists(side) for side in (before, now)
                    )
                as_text = _read_as_text(feature, baseline, current)
                _plan(
                    feature,
                    names[key],
                    before,
                    now,
                    as_text,
                    config,
                    comparisons,
                    settled,
                    count=of is not None,
                )
    judged = decision.measure_and_judge(comparisons, config.significance)
    everywhere = [side.get("", {}) for side in (baselines, currents)]
    identifiers = {
        result.feature
        for result in judged
        if result.status is Status.INCONCLUSIVE
        and suggesting.are_identifiers(*(side.get(result.feature) for side in everywhere))
    }
    told = [c.explain(result, identifiers) for c, result in zip(comparisons, judged, strict=True)]
    return sorted([*settled, *told], key=lambda r: (r.slice, r.feature, r.metric))


def prepared(baseline: Profile, current: Profile, config: DriftConfig) -> tuple[Profile, Profile]:
    """Returns two profiles in which names and keys mean the same.

    Slices are known by columns and values as far as they can be, and a name stands for one feature.
    """
    sides = [chosen_slices.resolved(side, config.slices) for side in (baseline, current)]
    before, now = with_paths_apart(sides)
    return before, now


def _read_as_text(feature: str, baseline: Profile, current: Profile) -> str:
    """Says on which sides text that looks like numbers or times was read as text."""
    sides = {"baseline": baseline, "current": current}
    named = [label for label, side in sides.items() if feature in side.as_text]
    return f"values of the {' and '.join(named)} data read as text" if named else ""


def notes(baseline: Profile, current: Profile) -> dict[str, str]:
    """Returns for each feature what was done to its values, over all rows, so that they compare."""
    before, now = baseline.slices.get("", {}), current.slices.get("", {})
    found = {}
    for feature in sorted(before.keys() & now.keys()):
        *_, rounded = precision.aligned(before[feature], now[feature])
        as_text = _read_as_text(feature, baseline, current)
        if rounded or as_text:
            found[feature] = "; ".join(filter(None, (as_text, rounded)))
    return found


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


def _is_never_there(side: Distribution | None) -> bool:
    """Says whether no row has a feature, of which its file alone says that there is one."""
    return isinstance(side, EmptyDistribution) and side.n_missing == n_rows(side)


def _check_features(
    config: DriftConfig, before: Features, now: Features, unread: Set[str], where: str
) -> None:
    if not before.keys() & now.keys():
        raise InputError(
            "baseline and current statistics",
            f"have no feature in common: {_names(before)} against {_names(now)}",
            "compare statistics of the same table",
        )
    known = before.keys() | now.keys() | unread
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


def _plan(
    feature: str,
    name: str,
    baseline: Distribution | None,
    current: Distribution | None,
    as_text: str,
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
        reason = f"{named(feature)} is missing from the {gone} data; only the {there} data have it"
        settled.append(MetricResult(feature, name, "presence", Status.FAIL, reason))
        return
    mismatch = _mismatch(feature, baseline, current)
    if mismatch is not None:
        status, reason = mismatch
        settled.append(MetricResult(feature, name, "kind", status, reason))
        return
    baseline, current, rounded = precision.aligned(baseline, current)
    note = "; ".join(filter(None, (as_text, rounded)))
    kinds = {baseline.kind, current.kind} - {"empty"}
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
            comparisons.append(
                _Comparison(feature, name, metric, threshold, baseline, current, note)
            )


def _mismatch(
    feature: str, baseline: Distribution, current: Distribution
) -> tuple[Status, str] | None:
    """Says why the values of both sides cannot be compared, or None if they can.

    It is a failure where the values are at fault or of different kinds, and inconclusive where
    they are of a type that nobody compares.
    """
    sides = {"baseline": baseline, "current": current}
    opaque = {label: side for label, side in sides.items() if isinstance(side, OpaqueDistribution)}
    for label, side in opaque.items():
        if side.faulty:
            reason = f"{feature} {side.problem} in the {label} data; write it with one type"
            return Status.FAIL, f"{reason}, {_SAY_SO}"
    # Statistics call structs and the like a struct of unknown categories.
    kinds = {
        "opaque" if opaque and types_of(side) == {"STRUCT"} else side.kind
        for side in sides.values()
    } - {"empty"}
    if len(kinds) > 1 and all(types_of(side) for side in opaque.values()):
        named = f"{_described(baseline)} in the baseline and {_described(current)} now"
        return Status.FAIL, f"{feature} is {named}; write it with one type, {_SAY_SO}"
    if opaque:
        places: dict[str, list[str]] = {}
        for label, side in opaque.items():
            places.setdefault(side.problem, []).append(f"in the {label} data")
        problems = [f"{problem}, {' and '.join(where)}" for problem, where in places.items()]
        reason = f"{feature} {', and '.join(problems)}; convert it to numbers or text"
        return Status.INCONCLUSIVE, f"{reason}, or ignore it in drift.yaml"
    return None


def _described(side: Distribution) -> str:
    """Names the kind of a feature, and the types that hold it."""
    types = " or ".join(sorted(types_of(side)))
    if isinstance(side, OpaqueDistribution):
        return types
    return f"{side.kind} ({types})" if types else side.kind


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
