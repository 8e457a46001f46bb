"""Suggests columns to ignore: times that merely moved on, constants, indexes, identifiers.

A suggestion is about the configuration, and changes no verdict: such a column is judged by what its
metrics say until drift.yaml ignores it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Sequence

import numpy as np

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    EmptyDistribution,
    NumericDistribution,
)
from skewgate.core.profile import Profile
from skewgate.core.time_values import either, is_moment, shown
from skewgate.core.wording import quote

MOVED_ON, CONSTANT, INDEX, IDENTIFIER = "moved_on", "constant", "index", "identifier"

_OVERLAP = 0.05
"""Share of the values of a time column that may lie in the window of the other side."""
_SMALLEST_INDEX = 20
_GAPS = 1.1
"""How much wider than the number of values the range of an index may be."""
_UNIQUE = 0.95
"""Share of the values of an index or identifier that are distinct."""
_EVEN = 0.4
"""Bound on the distance of an index from even steps, times the root of n. One value of a thousand
samples of random numbers is as even (Kolmogorov's distribution)."""
_SMALLEST_IDENTIFIER = 50
_DATES = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]*(Z|[-+][0-9:]+)?)?")
_PERIOD = re.compile(r"(?i)(^|[_ .-])(year|yr|quarter|month|week|day|date|dt)$")
"""Names of columns that hold a part of a date."""
_EPOCHS = {
    f"timestamp[{unit}]": (631_152_000 * per_second, 4_102_444_800 * per_second)
    for unit, per_second in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9))
}
"""What whole numbers that are times between 1990 and 2100 may be."""


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """A column that a comparison might rather ignore.

    Attributes:
        feature: its name.
        kind: MOVED_ON, CONSTANT, INDEX or IDENTIFIER.
        reason: what was seen, as the rest of a sentence that begins with the feature.
    """

    feature: str
    kind: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """Returns plain values."""
        return dataclasses.asdict(self)


def suggest(baseline: Profile, current: Profile, ignored: Collection[str] = ()) -> list[Suggestion]:
    """Returns the columns to ignore, by name.

    Args:
        baseline, current: what is compared; only what holds over all rows counts.
        ignored: features that are ignored already.
    """
    before, now = baseline.slices.get("", {}), current.slices.get("", {})
    found = []
    for feature in sorted((before.keys() & now.keys()) - set(ignored)):
        told = _pair(feature, before[feature], now[feature])
        if told is not None:
            found.append(Suggestion(feature, *told))
    return found


def suggest_for_one(profile: Profile) -> list[Suggestion]:
    """Returns the columns of one data set to ignore where it is compared with others, by name."""
    found = []
    for feature, side in sorted(profile.slices.get("", {}).items()):
        told = _single(side)
        if told is not None:
            found.append(Suggestion(feature, *told))
    return found


def snippet(suggestions: Sequence[Suggestion]) -> str:
    """Returns what drift.yaml says to ignore columns.

    >>> snippet([Suggestion("id", INDEX, ""), Suggestion("a: b", CONSTANT, "")])
    'features: {id: {ignore: true}, "a: b": {ignore: true}}'
    """

    def key(name: str) -> str:
        plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_ .-]*[A-Za-z0-9_]|[A-Za-z]", name)
        reserved = name.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
        if plain and not reserved:
            return name
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    rules = ", ".join(f"{key(each.feature)}: {{ignore: true}}" for each in suggestions)
    return f"features: {{{rules}}}"


def _single(side: Distribution) -> tuple[str, str] | None:
    value = _only_value(side)
    if isinstance(side, EmptyDistribution):
        return CONSTANT, "has no value"
    if value is not None:
        return CONSTANT, f"holds one value, {value}"
    if isinstance(side, NumericDistribution):
        if is_moment(side.logical):
            return MOVED_ON, f"holds times, {_window(side, side.logical)}, which move on"
        if is_index(side):
            return INDEX, f"numbers the rows, {_window(side)}"
    if side.n_present is None and _is_identifier(side):
        return IDENTIFIER, "has a different value in nearly every row"
    return None


def _pair(feature: str, before: Distribution, now: Distribution) -> tuple[str, str] | None:
    sides = (before, now)
    values = tuple(map(_only_value, sides))
    if all(isinstance(side, EmptyDistribution) for side in sides):
        return CONSTANT, "has no value on either side"
    if values[0] is not None and values[0] == values[1]:
        return CONSTANT, f"holds one value on both sides, {values[0]}"
    if isinstance(before, NumericDistribution) and isinstance(now, NumericDistribution):
        moved = _moved_on(before, now) or _calendar_moved_on(feature, before, now)
        if moved:
            return MOVED_ON, moved
        if is_index(before) and is_index(now):
            return INDEX, f"numbers the rows, {_window(before)} and then {_window(now)}"
    if isinstance(before, CategoricalDistribution) and isinstance(now, CategoricalDistribution):
        moved = _dates_moved_on(before, now)
        if moved:
            return MOVED_ON, moved
        if are_identifiers(before, now):
            where = "nearly every row" if before.n_present is None else "nearly every place"
            return IDENTIFIER, f"has a different value in {where} of both sides"
    return None


def _only_value(side: Distribution) -> str | None:
    """Returns the only value that a feature has, or None if it has several."""
    if side.n_present is not None:
        return None
    if isinstance(side, NumericDistribution) and side.edges[0] == side.edges[-1]:
        return shown(float(side.edges[0]), side.logical) if not side.n_nan else None
    if isinstance(side, CategoricalDistribution) and len(side.counts) == 1 and side.other < 0.5:
        return quote(next(iter(side.counts)))
    return None


def _moved_on(before: NumericDistribution, now: NumericDistribution) -> str:
    """Says how a column of times moved on, or "" if it is none or did not."""
    logical = either(before.logical, now.logical) or _epoch(before, now)
    if not is_moment(logical):
        return ""
    if _follows(before, now):
        order = "after"
    elif _follows(now, before):
        order = "before"
    else:
        return ""
    guessed = "" if either(before.logical, now.logical) else f", if it counts {_unit(logical)}"
    return (
        f"holds times of {_window(before, logical)} in the baseline and of {_window(now, logical)} "
        f"now, {order} them{guessed}; it moves with time, so it always differs"
    )


def _calendar_moved_on(feature: str, before: NumericDistribution, now: NumericDistribution) -> str:
    """Says how numbers of a calendar moved on: dates such as 20240131, or years and months.

    Years and months are known by the name of the column, as partitions have it.
    """
    sides = (before, now)
    if not all(map(_is_whole, sides)) or not (
        all(map(_is_dates, sides)) or _PERIOD.search(feature)
    ):
        return ""
    if before.edges[-1] < now.edges[0]:
        order = "after"
    elif now.edges[-1] < before.edges[0]:
        order = "before"
    else:
        return ""
    windows = [_range([f"{edge:.0f}" for edge in side.edges[[0, -1]].tolist()]) for side in sides]
    return (
        f"holds {windows[0]} in the baseline and {windows[1]} now, {order} that; it moves with "
        "time, so it always differs"
    )


def _is_dates(side: NumericDistribution) -> bool:
    """Says whether whole numbers read as dates, such as 20240131."""
    if not np.isfinite(side.edges).all():
        return False
    years, rest = np.divmod(side.edges, 10_000)
    months, days = np.divmod(rest, 100)
    inside = (years >= 1900) & (years <= 2100) & (months >= 1) & (months <= 12)
    return bool(np.all(inside & (days >= 1) & (days <= 31)))


def _follows(before: NumericDistribution, now: NumericDistribution) -> bool:
    """Says whether nearly all values of one side lie at or above nearly all of the other."""
    low, high = now.edges[:1], before.edges[-1:]
    above = 1.0 - before.cdf_at(low)[0]
    below = 0.5 * float(np.sum(now.bounds_before(high)))
    return bool(before.edges[0] < now.edges[0] and before.edges[-1] < now.edges[-1]) and (
        max(above, below) <= _OVERLAP
    )


def _epoch(before: NumericDistribution, now: NumericDistribution) -> str:
    """Guesses which times whole numbers may be; "" for none."""
    ends = np.array([side.edges[place] for side in (before, now) for place in (0, -1)])
    if not (np.isfinite(ends).all() and all(map(_is_whole, (before, now)))):
        return ""
    if min(len(before.edges), len(now.edges)) < 2:
        return ""
    for logical, (low, high) in _EPOCHS.items():
        if low <= ends.min() and ends.max() <= high:
            return logical
    return ""


def _unit(logical: str) -> str:
    units = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
    return f"{units[logical.partition('[')[2].rstrip(']')]} since 1970"


def _is_whole(side: NumericDistribution) -> bool:
    return bool(np.all(side.edges == np.floor(side.edges)))


def is_index(side: NumericDistribution) -> bool:
    """Says whether a column numbers the rows: whole numbers in even steps, nearly all distinct."""
    if side.n < _SMALLEST_INDEX or side.n_present is not None or side.logical:
        return False
    if not np.isfinite(side.edges[[0, -1]]).all() or not _is_whole(side):
        return False
    width = float(side.edges[-1] - side.edges[0]) + 1
    if not _UNIQUE * side.n <= width <= _GAPS * side.n:
        return False
    between = float(np.sum(side.left_upper[1:] - side.right_lower[:-1]))
    if between < 0.5 / side.n and len(side.edges) < _UNIQUE * side.n:  # every value is an edge
        return False
    if float(np.max(side.right_lower - side.left_upper)) > 2.5 / side.n:
        return False
    even = (side.edges - side.edges[0] + 1) / width
    distance = float(np.max(np.abs(side.cdf - even)))
    return bool(distance <= _EVEN / np.sqrt(side.n) + 2.0 / side.n)


def are_identifiers(before: Distribution | None, now: Distribution | None) -> bool:
    """Says whether nearly every value of a text is another, on both sides.

    One side at least must be large enough to tell.
    """
    return (_is_identifier(before) and _is_identifier(now, 1)) or (
        _is_identifier(now) and _is_identifier(before, 1)
    )


def _is_identifier(side: Distribution | None, smallest: int = _SMALLEST_IDENTIFIER) -> bool:
    if not isinstance(side, CategoricalDistribution) or side.n < smallest or not side.counts:
        return False
    if side.other and max(side.counts.values()) > 2:  # what has no name may repeat as often
        return False
    return len(side.counts) + side.other >= _UNIQUE * side.n


def _dates_moved_on(before: CategoricalDistribution, now: CategoricalDistribution) -> str:
    """Says how a column of dates written as text moved on, or ""."""
    if max(before.other, now.other) >= 0.5:
        return ""
    names = [sorted(side.counts) for side in (before, now)]
    if not all(_DATES.fullmatch(name) for side in names for name in side):
        return ""
    if not (names[0][-1] < names[1][0] or names[1][-1] < names[0][0]):
        return ""
    order = "after" if names[0][-1] < names[1][0] else "before"
    return (
        f"holds dates of {_range(names[0])} in the baseline and of {_range(names[1])} now, "
        f"{order} them; it moves with time, so it always differs"
    )


def _range(names: Sequence[str]) -> str:
    return names[0] if names[0] == names[-1] else f"{names[0]} to {names[-1]}"


def _window(side: NumericDistribution, logical: str = "") -> str:
    return _range([shown(float(edge), logical) for edge in side.edges[[0, -1]]])
