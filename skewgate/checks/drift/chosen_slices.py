"""Which slices a comparison is about: those that the values of the columns in drift.yaml make.

Slices are known by columns and values. Statistics of TFDV hold names only, such as `a_1_b_x`, which
are read by the values that the columns have over all rows. A name that can be read in several ways
may stand for the rows of several slices, which TFDV adds up: it is compared, and never passes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from skewgate.checks.drift import slice_names
from skewgate.core.distributions import EmptyDistribution
from skewgate.core.profile import Profile
from skewgate.core.results import MetricResult, Status
from skewgate.core.slices import ALL_ROWS, columns_of, names_of, only_name
from skewgate.core.wording import named


def resolved(profile: Profile, lists: Sequence[Sequence[str]]) -> Profile:
    """Returns a profile whose slices are known by columns and values, as far as names tell them.

    Args:
        profile: perhaps of statistics of TFDV.
        lists: the lists of columns that make slices.
    """
    features = profile.slices.get(ALL_ROWS, {})
    keys = {key: key for key in profile.slices}
    for key in profile.slices:
        name = only_name(key)
        readings = slice_names.readings(name, lists, features) if name is not None else []
        if len(readings) == 1 and readings[0] not in keys.values():
            keys[key] = readings[0]
    if all(key == found for key, found in keys.items()):
        return profile
    return dataclasses.replace(
        profile,
        slices={keys[key]: features for key, features in profile.slices.items()},
        rows={keys.get(key, key): rows for key, rows in profile.rows.items()},
        value_counts={keys.get(key, key): counts for key, counts in profile.value_counts.items()},
    )


def choose(
    baseline: Profile, current: Profile, lists: Sequence[Sequence[str]]
) -> tuple[list[str], list[MetricResult]]:
    """Returns the keys of the slices to compare, and what needs no comparing.

    Args:
        baseline, current: the two sides, as `resolved` returns them.
        lists: the lists of columns that make slices.

    Returns:
        The key of all rows and those of the slices that both sides have, in order. And an
        inconclusive result for each slice that one side lacks, for each list of columns by which
        neither side has a slice, and for each name that stands for several slices.
    """
    names = names_of(baseline.slices.keys() | current.slices.keys())
    keys: list[str] = [ALL_ROWS]
    settled: list[MetricResult] = []
    taken = set(names.values())
    made_by = {key: columns_of(key) for key in names}
    for columns in dict.fromkeys(tuple(sorted(set(columns))) for columns in lists):
        own = [key for key in names if made_by[key] == columns]
        unclear = [key for key in names if _may_be(key, columns, (baseline, current))]
        if not own + unclear:
            label = ", ".join(columns)
            while label in taken:
                label += "'"
            taken.add(label)
            settled.append(_doubt(label, "slice", _no_slices(baseline, current, columns)))
        new = [key for key in unclear if key not in keys]
        keys += own + new
        for key in new:
            reason = (
                f"{named(names[key])} can be the name of several slices, and their rows may be "
                "counted together; use statistics of SkewStatisticsGen or `skewgate profile`"
            )
            settled.append(_doubt(names[key], "name", reason))
    for key in keys:
        for label, side in (("baseline", baseline), ("current", current)):
            if key not in side.slices:
                reason = f"the {label} statistics have no slice {names[key]!r} to compare with"
                settled.append(_doubt(names[key], "slice", reason))
    both = baseline.slices.keys() & current.slices.keys()
    return [key for key in keys if key in both], settled


def _doubt(name: str, metric: str, reason: str) -> MetricResult:
    return MetricResult("", name, metric, Status.INCONCLUSIVE, reason)


def _no_slices(baseline: Profile, current: Profile, columns: Sequence[str]) -> str:
    """Says why neither side has a slice by some columns."""
    by = ", ".join(map(named, columns))
    sides = [profile.slices.get(ALL_ROWS, {}) for profile in (baseline, current)]
    for column in columns:
        if all(isinstance(side.get(column), EmptyDistribution) for side in sides):
            return f"no row has a value of {named(column)}, by which drift.yaml asks for slices"
    return (
        f"the statistics hold no slices by {by}; give SkewStatisticsGen the same slices as "
        "drift.yaml"
    )


def _may_be(key: str, columns: tuple[str, ...], sides: Sequence[Profile]) -> bool:
    """Says whether a slice of which only the name is known can be one by some columns."""
    name = only_name(key)
    return name is not None and any(
        columns_of(reading) == columns
        for side in sides
        if key in side.slices
        for reading in slice_names.readings(name, [columns], side.slices.get(ALL_ROWS, {}))
    )
