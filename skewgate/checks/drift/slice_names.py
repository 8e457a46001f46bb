"""Takes TFDV's names of slices apart, such as `a_1_b_x`, by the values that columns have.

Values may hold what stands between columns in a name, so that a name of five columns can have
millions of readings. More than one is as good as any number: two of each list of columns will do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    EmptyDistribution,
    NumericDistribution,
)
from skewgate.core.profile import Features
from skewgate.core.slices import key_of

_IMPOSSIBLE, _POSSIBLE, _KNOWN = range(3)
"""How sure it is that a column has a value."""
_ENOUGH = 2
"""Readings that are as good as any number of them."""
_MOST_CUTS = 64
"""Places where a name may be cut; one with more has several readings, without a look at them."""
_BEYOND = 2.0**63  # whole numbers make no slices from here on


def readings(name: str, lists: Sequence[Sequence[str]], features: Features) -> list[str]:
    """Returns the keys of slices that TFDV may have given a name; of many, only some.

    Of several readings only those count whose values are all known to occur, if there is one.

    Args:
        name: such as `a_1_b_x`.
        lists: the lists of columns that are asked for.
        features: over all rows; those whose names begin as `name` does may have made it too.

    Returns:
        For each list of columns that can have made the name one key, or two if there are more.
    """
    columns = [tuple(sorted(set(each))) for each in lists]
    columns += [(start,) for start in _starts(name, features)]
    columns = [each for each in dict.fromkeys(columns) if name.startswith(f"{each[0]}_")]
    for level in (_KNOWN, _POSSIBLE):
        found = [key for each in columns for key in _keys(name, each, features, level)]
        if found:
            return found
    return []


def _starts(name: str, features: Features) -> list[str]:
    """Returns the features whose names begin a name, the shortest first."""
    if name.count("_") > _MOST_CUTS:
        return sorted((each for each in features if name.startswith(f"{each}_")), key=len)
    starts = (name[:at] for at, letter in enumerate(name) if letter == "_")
    return [start for start in starts if start in features]


def _keys(name: str, columns: tuple[str, ...], features: Features, level: int) -> list[str]:
    """Returns keys of a name by some columns, of which each has its value at least so surely."""
    rest = name[len(columns[0]) + 1 :]
    marks = [f"_{column}_" for column in columns[1:]]

    def plain(number: int, value: str) -> str:
        return _plain(value, features.get(columns[number]))

    def occurs(number: int, value: str) -> bool:
        return _occurs(value, features.get(columns[number])) >= level

    if sum(rest.count(mark) for mark in set(marks)) > _MOST_CUTS:
        ways = _outer_ways(rest, marks)
    else:
        ways = _sure_ways(rest, marks, occurs)
    return list(
        dict.fromkeys(
            key_of({columns[at]: plain(at, value) for at, value in enumerate(values)})
            for values in ways
        )
    )


def _outer_ways(rest: str, marks: Sequence[str]) -> list[tuple[str, ...]]:
    """Returns the ways to cut a text as early and as late as can be, whatever its parts are."""
    early, start = [], 0
    for mark in marks:
        at = rest.find(mark, start)
        if at < 0:
            return []
        early.append(rest[start:at])
        start = at + len(mark)
    late: list[str] = []
    end = len(rest)
    for mark in reversed(marks):
        at = rest.rfind(mark, 0, end)
        late.insert(0, rest[at + len(mark) : end])
        end = at
    return list(dict.fromkeys([(*early, rest[start:]), (rest[:end], *late)]))


def _places(text: str, mark: str, start: int = 0) -> Iterator[int]:
    """Yields where a mark stands, also where one overlaps another."""
    at = text.find(mark, start)
    while at >= 0:
        yield at
        at = text.find(mark, at + 1)


def _sure_ways(
    rest: str, marks: Sequence[str], occurs: Callable[[int, str], bool]
) -> list[tuple[str, ...]]:
    """Returns at most two ways to cut a text into values that occur.

    Args:
        rest: the text.
        marks: what stands between the values, one less than there are of them.
        occurs: says of the number of a value whether the value occurs.
    """

    @functools.cache
    def ways(number: int, start: int) -> tuple[tuple[str, ...], ...]:
        if number == len(marks):
            value = rest[start:]
            return ((value,),) if occurs(number, value) else ()
        found: list[tuple[str, ...]] = []
        for at in _places(rest, marks[number], start):
            value = rest[start:at]
            if occurs(number, value):
                others = ways(number + 1, at + len(marks[number]))
                found += [(value, *each) for each in others]
            if len(found) >= _ENOUGH:
                break
        return tuple(found[:_ENOUGH])

    return list(ways(0, 0))


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
