"""Which slices a comparison is about: those that the values of the columns in drift.yaml make.

Slices are known by columns and values. Statistics of TFDV hold names only, such as `a_1_b_x`, which
are read by the values that the columns have over all rows. A name that can be read in several ways
may stand for the rows of several slices, which TFDV adds up: it is compared, and never passes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    EmptyDistribution,
    NumericDistribution,
)
from skewgate.core.profile import Features, Profile
from skewgate.core.results import MetricResult, Status
from skewgate.core.slices import ALL_ROWS, columns_of, key_of, names_of, only_name
from skewgate.core.wording import named

_IMPOSSIBLE, _POSSIBLE, _KNOWN = range(3)
"""How sure it is that a column has a value."""
_BEYOND = 2.0**63  # whole numbers make no slices from here on


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
        readings = _readings(name, lists, features) if name is not None else []
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
        for reading in _readings(name, [columns], side.slices.get(ALL_ROWS, {}))
    )


def _readings(name: str, lists: Sequence[Sequence[str]], features: Features) -> list[str]:
    """Returns the keys of the slices that TFDV may have given a name.

    Of several readings only those count whose values are all known to occur, if there is one.

    Args:
        name: such as `a_1_b_x`.
        lists: the lists of columns that are asked for.
        features: over all rows; those whose names begin as `name` does may have made it too.
    """
    columns = [tuple(sorted(set(each))) for each in lists]
    starts = (name[:at] for at, letter in enumerate(name) if letter == "_")
    columns += [(start,) for start in starts if start in features]
    found: dict[str, int] = {}
    for each in dict.fromkeys(columns):
        for values in _values(name, each):
            sure = min(_occurs(value, features.get(column)) for column, value in values.items())
            if sure > _IMPOSSIBLE:
                whole = {
                    column: _plain(value, features.get(column)) for column, value in values.items()
                }
                found[key_of(whole)] = sure
    best = max(found.values(), default=_IMPOSSIBLE)
    return [key for key, sure in found.items() if sure == best]


def _values(name: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yields every way to take a name apart into one value of each column."""
    start = f"{columns[0]}_"
    if not name.startswith(start):
        return
    rest = name[len(start) :]
    if len(columns) == 1:
        yield {columns[0]: rest}
        return
    at = rest.find(f"_{columns[1]}_")
    while at >= 0:
        for values in _values(rest[at + 1 :], columns[1:]):
            yield {columns[0]: rest[:at], **values}
        at = rest.find(f"_{columns[1]}_", at + 1)


def _occurs(value: str, side: Distribution | None) -> int:
    """Says how sure it is that a feature has a value."""
    if isinstance(side, CategoricalDistribution):
        if value in side.counts:
            return _KNOWN
        return _POSSIBLE if side.other > 0 else _IMPOSSIBLE
    if isinstance(side, NumericDistribution):
        number = _number(value)
        if number is None or not side.edges[0] <= number <= side.edges[-1]:
            return _IMPOSSIBLE
        return _KNOWN if number in side.edges else _POSSIBLE
    return _IMPOSSIBLE if isinstance(side, EmptyDistribution) else _POSSIBLE


def _plain(value: str, side: Distribution | None) -> str:
    """Writes a whole number as keys have it, which TFDV may write as 2.0."""
    number = _number(value) if isinstance(side, NumericDistribution) else None
    if number is None or not number.is_integer() or abs(number) >= _BEYOND or "." not in value:
        return value
    return str(int(number))


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
