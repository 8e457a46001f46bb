"""What each column of a table is good for: number, category, time, or nothing."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping

import numpy as np

from skewgate.checks.drift import suggesting
from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    EmptyDistribution,
    NumericDistribution,
    OpaqueDistribution,
)
from skewgate.core.profile import Profile
from skewgate.core.time_values import is_moment

_TIME_NAME = re.compile(r"(?i)(^|[_ .-])(time|timestamp|date|datetime|ts|at|hour)$")
_BIRTH = re.compile(r"(?i)birth|dob|born")
_YEAR = 366 * 86_400
_LONGEST = 30 * _YEAR
_EPOCH = (631_152_000, 4_102_444_800)
"""Seconds of the years 1990 to 2100."""


class Role(str, enum.Enum):
    """What a column is good for."""

    NUMBER = "number"
    CATEGORY = "category"
    TIME = "time"
    NOTHING = "nothing"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: of the column.
        role: what a model can make of it.
        whole: whether its numbers are whole, so that tf.Example holds them as int64.
        reason: why it is good for nothing, as the rest of a sentence that begins with the name; ""
            otherwise.
    """

    name: str
    role: Role
    whole: bool = False
    reason: str = ""


def describe(profile: Profile, order: list[str]) -> dict[str, Column]:
    """Returns the columns of a table by name.

    Args:
        profile: of all rows.
        order: the names as they follow each other in the data.
    """
    features = profile.slices.get("", {})
    useless = {
        each.feature: each.reason
        for each in suggesting.suggest_for_one(profile)
        if each.kind != suggesting.MOVED_ON
    }
    return {name: _column(name, features[name], useless) for name in order if name in features}


def _column(name: str, side: Distribution, useless: Mapping[str, str]) -> Column:
    if isinstance(side, OpaqueDistribution):
        return Column(name, Role.NOTHING, reason=side.problem)
    whole = isinstance(side, NumericDistribution) and side.integer
    if isinstance(side, EmptyDistribution) or name in useless:
        return Column(name, Role.NOTHING, whole, useless.get(name, "has no value"))
    if side.n_present is not None:
        return Column(name, Role.NOTHING, whole, "holds several values per row")
    if isinstance(side, CategoricalDistribution):
        return Column(name, Role.CATEGORY)
    if is_moment(side.logical) or is_epoch(name, side):
        return Column(name, Role.TIME, whole=True)
    return Column(name, Role.NUMBER, whole)


def is_epoch(name: str, side: NumericDistribution) -> bool:
    """Says whether whole numbers are seconds since 1970, by their size and the column's name."""
    low, high = float(side.edges[0]), float(side.edges[-1])
    return bool(
        side.integer
        and not side.logical
        and _TIME_NAME.search(name)
        and _EPOCH[0] <= low <= high <= _EPOCH[1]
    )


def orders_rows(name: str, side: Distribution) -> bool:
    """Says whether a column of times tells when a row was made, and each row has one.

    A date of birth does not, nor does what spans decades.
    """
    if not isinstance(side, NumericDistribution) or side.n_missing or side.n_nan:
        return False
    span = float(side.edges[-1] - side.edges[0])
    return bool(not _BIRTH.search(name) and np.isfinite(span) and span <= _LONGEST)
