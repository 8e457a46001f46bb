"""Reads again what statistics leave open: the features in doubt, in one more pass over the rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping

from skewgate.core.distributions import Distribution, NumericDistribution
from skewgate.core.profile import Features, Profile

Reread = Callable[[frozenset[str]], tuple[Profile | None, Profile | None]]
"""Reads columns of baseline and current again, more finely; None where the rows are not at hand."""


def columns(features: Iterable[str], counted: Mapping[str, str]) -> frozenset[str]:
    """Names the columns to read for features, of which some count the values of others.

    Args:
        features: as results name them.
        counted: as `name_value_counts` returned it.

    >>> sorted(columns(["fare", "num_values(tags)"], {"num_values(tags)": "tags"}))
    ['fare', 'tags']
    """
    return frozenset(counted.get(feature, feature) for feature in features)


def overlay(profile: Profile, fine: Profile | None) -> Profile:
    """Returns a profile with the features of another, if there is one, in the place of its own."""
    if fine is None:
        return profile
    return dataclasses.replace(
        profile,
        slices=_overlay(profile.slices, fine.slices),
        value_counts=_overlay(profile.value_counts, fine.value_counts),
    )


def _overlay(coarse: dict[str, Features], fine: dict[str, Features]) -> dict[str, Features]:
    return {
        name: {
            feature: _with_times(fine.get(name, {}).get(feature, side), side)
            for feature, side in features.items()
        }
        for name, features in coarse.items()
    }


def _with_times(fine: Distribution, side: Distribution) -> Distribution:
    """Keeps what kind of times numbers are, which rows of tf.Example do not say."""
    if not isinstance(fine, NumericDistribution) or not isinstance(side, NumericDistribution):
        return fine
    if fine.logical or not side.logical:
        return fine
    return dataclasses.replace(fine, logical=side.logical)
