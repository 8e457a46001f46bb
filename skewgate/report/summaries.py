"""What a report says of the data themselves: an overview of both sides, and of every feature.

Only what the profiles know is told. What a sketch leaves open, such as how many different numbers
there are, is null, or the least that there must be.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    NumericDistribution,
    n_rows,
    n_without_value,
    types_of,
)
from skewgate.core.profile import Profile, name_value_counts
from skewgate.core.results import MetricResult
from skewgate.core.slices import names_of
from skewgate.core.wording import shortened
from skewgate.report.ranking import worst_first

BUDGET = 200_000
"""Bytes of JSON that a report spends on summaries of features."""
QUANTILES = (0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0)
"""Shares of the values; the first is the minimum, the last the maximum."""
_DIGITS = 6
_MOST_NAMES, _LONGEST_NAME = 20, 60


def overview(baseline: Profile, current: Profile, ignored: Collection[str] = ()) -> dict[str, Any]:
    """Returns `details.overview` of a report (see report.schema.json): both sides over all rows.

    Args:
        baseline, current: what was compared.
        ignored: features that were not.
    """
    names = [side.slices.get("", {}).keys() - set(ignored) for side in (baseline, current)]
    return {
        "baseline": _overview(baseline, names[0], names[1]),
        "current": _overview(current, names[1], names[0]),
    }


def _overview(profile: Profile, names: Collection[str], others: Collection[str]) -> dict[str, Any]:
    features = profile.slices.get("", {})
    sides = {name: features[name] for name in sorted(names)}
    kinds: dict[str, int] = {}
    for side in sides.values():
        kind = _kind(side)
        kinds[kind] = kinds.get(kind, 0) + 1
    readable = [side for side in sides.values() if side.kind != "opaque"]
    return {
        "rows": profile.rows.get("", 0),
        "features": len(sides),
        "kinds": dict(sorted(kinds.items())),
        "cells": sum(map(n_rows, readable)),
        "missing_cells": sum(map(n_without_value, readable)),
        "constant": _names([name for name, side in sides.items() if _is_constant(side)]),
        "only_here": _names(sorted(set(names) - set(others))),
    }


def _names(names: Sequence[str]) -> dict[str, Any]:
    shown = [shortened(name, _LONGEST_NAME) for name in names[:_MOST_NAMES]]
    return {"count": len(names), "names": shown}


def _kind(side: Distribution) -> str:
    if isinstance(side, NumericDistribution) and side.logical:
        return "time"
    return side.kind


def _is_constant(side: Distribution) -> bool:
    """Says whether all values that there are are one; a feature without any is counted apart."""
    return side.n > 0 and _unique(side) == (1, True)


def describe(
    baseline: Profile, current: Profile, results: Iterable[MetricResult], budget: int = BUDGET
) -> dict[str, Any]:
    """Returns `details.summaries` of a report (see report.schema.json).

    Args:
        baseline, current: what was compared.
        results: of the comparison; their features and slices are kept worst first.
        budget: bytes of JSON; what would go beyond is counted as left out.
    """
    counted = name_value_counts(baseline, current)
    slices = [side.with_value_counts(counted) for side in (baseline, current)]
    names = names_of(baseline.slices.keys() | current.slices.keys())
    keys = {name: key for key, name in names.items()}
    shown: list[dict[str, Any]] = []
    left_out = 0
    for feature, name in dict.fromkeys((r.feature, r.slice) for r in worst_first(results)):
        sides = [features.get(keys.get(name, name), {}).get(feature) for features in slices]
        if sides == [None, None]:
            continue
        if budget < 0:
            left_out += 1
            continue
        entry = {
            "feature": feature,
            "slice": name,
            **dict(zip(("baseline", "current"), map(_summary, sides), strict=True)),
        }
        budget -= len(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"))
        if budget < 0:
            left_out += 1
        else:
            shown.append(entry)
    return {"shown": shown, "left_out": left_out}


def _summary(side: Distribution | None) -> dict[str, Any] | None:
    """Returns what is known of a feature on one side, or None if the side has no such feature."""
    if side is None:
        return None
    types = " or ".join(sorted(types_of(side)))
    found: dict[str, Any] = {
        "kind": side.kind,
        **({"type": shortened(types, _LONGEST_NAME)} if types else {}),
        "rows": n_rows(side),
        "n": side.n,
    }
    if side.kind == "opaque":
        return found
    found["missing"] = n_without_value(side)
    unique, exact = _unique(side)
    if unique is not None:
        found |= {"unique": unique} if exact else {"unique_at_least": unique}
    if isinstance(side, NumericDistribution):
        found |= _numbers(side)
    if isinstance(side, CategoricalDistribution) and side.counts and not side.slack:
        name = max(side.counts, key=lambda each: (side.counts[each], each))
        if side.other <= side.counts[name]:  # what has no name cannot be more frequent
            share = round(side.counts[name] / side.n, 4)
            found["most_frequent"] = {"name": shortened(name, _LONGEST_NAME), "share": share}
    return found


def _numbers(side: NumericDistribution) -> dict[str, Any]:
    inner = side.quantiles(QUANTILES[1:-1]).tolist()
    ends = [float(side.edges[0]), float(side.edges[-1])]
    width = ends[1] - ends[0]
    digits = _DIGITS
    if width > 0 and math.isfinite(width):  # enough to tell a millionth of the range
        size = max(map(abs, ends))
        digits = min(max(_DIGITS, _DIGITS + math.ceil(math.log10(size / width))), 17)
    elif width == 0:
        digits = 17
    return {
        **({"logical": side.logical} if side.logical else {}),
        **({"mean": _number(side.mean, digits)} if math.isfinite(side.mean) else {}),
        **({"std": _number(side.std, _DIGITS)} if math.isfinite(side.std) else {}),
        "quantiles": [_number(value, digits) for value in (ends[0], *inner, ends[1])],
    }


def _unique(side: Distribution) -> tuple[int | None, bool]:
    """Returns how many different values there are and whether that is exact; None if unknown."""
    if isinstance(side, CategoricalDistribution):
        if side.other < 0.5:
            return len(side.counts), True
        return len(side.counts) + (not side.slack), False  # with slack it may be theirs
    if isinstance(side, NumericDistribution):
        known = (
            np.array_equal(side.left_lower, side.left_upper)
            and np.array_equal(side.right_lower, side.right_upper)
            and np.array_equal(side.left_lower[1:], side.right_lower[:-1])
        )
        if known or side.edges[0] == side.edges[-1]:
            return len(side.edges), True
    return None, False


def _number(value: float, digits: int) -> float | str:
    """Returns a number of so many digits; JSON has no infinite ones."""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(f"{value:.{digits}g}")
