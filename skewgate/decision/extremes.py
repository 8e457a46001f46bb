"""What decides where a few extreme values could hide the rest."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skewgate.decision.distances import Check


def deciding(check: Check, alpha: float) -> Check:
    """Returns a check of what decides: of all values, or of those that are not extreme.

    Both are looked at, each with twice its p-value (Bonferroni). Either may fail: all values do
    where the extreme ones became more frequent, and not by chance, which a single one cannot show.
    If neither does, the values that are not extreme decide, and all values are shown where they
    would pass too.

    Args:
        check: of all values; without a `bulk` it is returned as it is.
        alpha: below which a p-value says that it is not by chance.
    """
    bulk = check.measurement.bulk
    if bulk is None:
        return check
    rest = dataclasses.replace(
        check,
        measurement=bulk.measurement,
        n_baseline=bulk.n_baseline,
        n_current=bulk.n_current,
        note=f"without extreme values ({bulk.extremes})",
    )
    whole = dataclasses.replace(check, note=f"with extreme values ({bulk.extremes})")
    both = [_with_double_p(part) for part in (whole, rest)]
    extreme = max(check.n_baseline - bulk.n_baseline, check.n_current - bulk.n_current)
    able = both if extreme > 1 else both[1:]
    failing = [part for part in able if _is_above(part) and part.measurement.p_value <= alpha]
    if failing:
        return min(failing, key=lambda part: part.measurement.p_value)
    return check if _may_pass(whole) and _may_pass(rest) else both[1]


def _with_double_p(check: Check) -> Check:
    measured = check.measurement
    doubled = dataclasses.replace(measured, p_value=min(2 * measured.p_value, 1.0), bulk=None)
    return dataclasses.replace(check, measurement=doubled)


def _is_above(check: Check) -> bool:
    return check.measurement.above_chance(check.measurement.lower) > check.threshold


def _may_pass(check: Check) -> bool:
    measured = check.measurement
    return (
        measured.above_chance(measured.upper) <= check.threshold
        and measured.detectable <= check.threshold
    )
