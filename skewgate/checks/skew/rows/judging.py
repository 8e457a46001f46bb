"""Verdicts on the counts of rows that differ, and what a report shows of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from skewgate.checks.skew.config import RowRules
from skewgate.checks.skew.rows.accumulator import Counts, RowAccumulator, SliceCounts
from skewgate.checks.skew.rows.comparing import KINDS
from skewgate.checks.skew.rows.parts import SideCounts
from skewgate.checks.skew.rows.showing import text
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult, Status
from skewgate.core.slices import names_of
from skewgate.core.suggestions import did_you_mean_aside
from skewgate.core.wording import listed
from skewgate.decision import ShareCheck, judge_shares
from skewgate.decision.policy import Significance

_MOST_NAMES = 50  # of columns, in a message

METRIC, MATCHING = "rows", "matching"
"""Names of the checks."""
MOST_PAIRS = 20
"""Confusion pairs shown of a feature."""

SIDES = ("training", "serving")


def judge(
    counted: RowAccumulator, rules: RowRules, significance: Significance
) -> list[MetricResult]:
    """Gives every feature and slice its verdict.

    Args:
        counted: what was counted of all rows.
        rules: thresholds, and how many rows must find their partner.
        significance: how sure a failure must be, over all features and slices together.

    Returns:
        First whether enough rows were matched: *inconclusive* if none or fewer than asked for,
        else *pass*. Then a result for each feature of either side and each slice with matched
        rows, keys and ignored features left out. A feature that is text in some rows of a side and
        numbers in others fails, unless both sides are so, which is *inconclusive*.

    Raises:
        InputError: rows could not be compared, or keys, slices or features name what is not there.
    """
    if counted.error is not None:
        raise counted.error
    check_names(counted, rules)
    features = compared_features(counted, rules)
    names = names_of(counted.slices)
    cells = [
        (feature, names[key], counts)
        for key, counts in sorted(counted.slices.items(), key=lambda item: names[item[0]])
        if counts.matched
        for feature in features
    ]
    checks = [
        ShareCheck(
            feature=feature,
            slice=name,
            metric=METRIC,
            text=f"{feature} differs" + (f" in the slice {name}" if name else ""),
            threshold=rules.threshold_of(feature),
            count=int(_kinds(counts, feature).sum()),
            n=counts.matched,
        )
        for feature, name, counts in cells
        if not _is_mixed(counted, feature)
    ]
    judged = iter(judge_shares(checks, significance))
    return [
        _matching(counted, rules),
        *(
            _mixed(counted, feature, name, counts, rules)
            if _is_mixed(counted, feature)
            else _explained(next(judged), _kinds(counts, feature), _types(counted, feature))
            for feature, name, counts in cells
        ),
    ]


def compared_features(counted: RowAccumulator, rules: RowRules) -> list[str]:
    """Returns the features that are compared, in order of their names."""
    seen = counted.training.columns.keys() | counted.serving.columns.keys()
    return sorted(seen - rules.ignored - set(rules.keys))


def check_names(counted: RowAccumulator, rules: RowRules) -> None:
    """Makes sure that everything that the rules name is there.

    Raises:
        InputError: a key feature has no value on a side that has rows, a slicing feature is not in
            the serving rows, or a rule is about a feature that is on neither side.
    """
    sides = (counted.training, counted.serving)
    for side_name, side in zip(SIDES, sides, strict=True):
        for name in rules.keys:
            if side.rows and not side.columns.get(name):
                known = sorted(name for name, kinds in side.columns.items() if kinds)
                raise _unknown(f"rows.keys: {name}", f"has no value in the {side_name} rows", known)
    for name in sorted({name for names in rules.slices for name in names}):
        if counted.serving.rows and name not in counted.serving.columns:
            raise _unknown(
                f"rows.slices: {name}",
                "is not a feature of the serving rows",
                sorted(counted.serving.columns),
            )
    # An ignored feature is not read, and may have gone.
    seen = sides[0].columns.keys() | sides[1].columns.keys() | rules.ignored
    if counted.training.rows and counted.serving.rows:
        for name in sorted(rules.features.keys() - seen):
            raise _unknown(
                f"rows.features: {name}", "is not a feature of either side", sorted(seen)
            )


def _unknown(where: str, problem: str, known: list[str]) -> InputError:
    name = where.rpartition(" ")[2]
    hint = did_you_mean_aside(name, known)
    return InputError(
        f"skew.yaml: {where}",
        f"{problem}{hint}; there are {listed(known, _MOST_NAMES)}",
        "correct the name, or connect examples that have it",
    )


def details(counted: RowAccumulator, rules: RowRules) -> dict[str, Any]:
    """Returns what a report shows beside the verdicts, as plain values of JSON.

    Match counts of both sides and, for each feature that differs anywhere: its counts by kind, a
    few differing pairs of rows, and for text the most frequent pairs of values.
    """
    everything = counted.slices[""]
    shown: dict[str, Any] = {}
    for feature in compared_features(counted, rules):
        kinds = _kinds(everything, feature)
        if not kinds.any() or _is_mixed(counted, feature):
            continue
        shown[feature] = {
            "kinds": dict(zip(KINDS, kinds.tolist(), strict=True)),
            "samples": [sample.shown for sample in counted.samples.get(feature, ())],
        }
        if feature in counted.pairs:
            pairs, slack = counted.pairs[feature].most(MOST_PAIRS)
            shown[feature]["pairs"] = [
                {"training": text(left), "serving": text(right), "count": count}
                for (left, right), count in pairs
            ]
            shown[feature]["different_and_in_no_pair_listed"] = int(kinds[2]) - sum(
                count for _, count in pairs
            )
            shown[feature]["counts_of_pairs_too_low_by_at_most"] = slack
    return {
        "keys": list(rules.keys),
        "matched": everything.matched,
        **{
            side: {
                "rows": found.rows,
                "without_key": found.without_key,
                "duplicated": found.duplicated,
                "duplicated_on_the_other_side": found.duplicated_there,
                "unmatched": found.unmatched,
            }
            for side, found in zip(SIDES, (counted.training, counted.serving), strict=True)
        },
        "features": shown,
    }


def _kinds(counts: SliceCounts, feature: str) -> Counts:
    return counts.features.get(feature, np.zeros(len(KINDS), np.int64))


def _kinds_of(counted: RowAccumulator, feature: str) -> list[frozenset[str]]:
    return [side.columns.get(feature, frozenset()) for side in (counted.training, counted.serving)]


def _is_mixed(counted: RowAccumulator, feature: str) -> bool:
    """Says whether a feature has text and numbers on one side, whose values were left out."""
    return any(len(kinds) > 1 for kinds in _kinds_of(counted, feature))


def _mixed(
    counted: RowAccumulator, feature: str, name: str, counts: SliceCounts, rules: RowRules
) -> MetricResult:
    """Returns the verdict on such a feature, of which no row can be compared."""
    kinds = _kinds_of(counted, feature)
    found = " and ".join(
        f"{' in some rows and '.join(sorted(each))}{' in others' if len(each) > 1 else ''}"
        f" in the {side} data"
        for side, each in zip(SIDES, kinds, strict=True)
        if each
    )
    return MetricResult(
        feature=feature,
        slice=name,
        metric=METRIC,
        status=Status.INCONCLUSIVE if kinds[0] == kinds[1] else Status.FAIL,
        reason=f"{feature} is {found}; write it with one type, or make skew.yaml ignore it",
        threshold=rules.threshold_of(feature),
        n_baseline=counts.matched,
        n_current=counts.matched,
    )


def _types(counted: RowAccumulator, feature: str) -> str:
    """Says so if a feature is text on one side and numbers on the other."""
    kinds = _kinds_of(counted, feature)
    if not all(kinds) or kinds[0] == kinds[1]:
        return ""
    return f" (training has {'/'.join(sorted(kinds[0]))}, serving {'/'.join(sorted(kinds[1]))})"


def _explained(result: MetricResult, kinds: Counts, types: str) -> MetricResult:
    """Adds the kinds of differences to a reason."""
    if not kinds.any():
        return result
    by_count = sorted(zip(kinds.tolist(), KINDS, strict=True), reverse=True)
    named = ", ".join(f"{count:,} {kind}" for count, kind in by_count if count)
    return dataclasses.replace(result, reason=f"{result.reason}: {named}{types}")


def _matching(counted: RowAccumulator, rules: RowRules) -> MetricResult:
    sides = (counted.training, counted.serving)
    smaller = min(side.rows for side in sides)
    share = counted.matched / smaller if smaller else 0.0
    described = "; ".join(
        f"{name}: {_described(side)}" for name, side in zip(SIDES, sides, strict=True)
    )
    by = f"by {', '.join(rules.keys)}"
    empty = [name for name, side in zip(SIDES, sides, strict=True) if not side.rows]
    if empty:
        reason = f"there are no {' and no '.join(empty)} rows to match {by} ({described})"
    elif not counted.matched:
        mixed = [f"{key}{found}" for key in rules.keys if (found := _types(counted, key))]
        hint = f"; text and numbers are never the same key: {mixed[0]}" if mixed else ""
        reason = f"no row found its partner {by} ({described}){hint}"
    else:
        reason = (
            f"{counted.matched:,} rows were matched {by}, {share:.1%} of the smaller side, where "
            f"{rules.min_matched:.1%} are asked for ({described})"
        )
    enough = counted.matched > 0 and share >= rules.min_matched
    return MetricResult(
        feature="",
        slice="",
        metric=MATCHING,
        status=Status.PASS if enough else Status.INCONCLUSIVE,
        reason=reason,
        value=share,
        threshold=rules.min_matched,
        n_baseline=counted.training.rows,
        n_current=counted.serving.rows,
    )


def _described(side: SideCounts) -> str:
    parts = [
        (side.unmatched, "without partner"),
        (side.duplicated, "with a key that occurs more than once"),
        (side.duplicated_there, "with a key that occurs more than once on the other side"),
        (side.without_key, "without key"),
    ]
    named = [f"{count:,} {what}" for count, what in parts if count]
    return ", ".join([f"{side.rows:,} rows", *named])
