"""Settles what statistics leave open: one more pass over the rows, for the features in doubt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from skewgate import decision
from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.profile import Profile, counted_feature
from skewgate.core.results import MetricResult

Finer = Callable[[frozenset[str]], tuple[Profile | None, Profile | None]]
"""Reads the named features of baseline and current anew; None where the rows are not at hand."""


@dataclasses.dataclass(frozen=True)
class DriftOutcome:
    """Results, and the profiles that they tell of: what was read again is in them."""

    results: list[MetricResult]
    baseline: Profile
    current: Profile


def evaluate(
    baseline: Profile,
    current: Profile,
    config: DriftConfig,
    finer: Finer | None = None,
    *,
    where: str = "drift.yaml",
) -> list[MetricResult]:
    """Returns the results of `settle`."""
    return settle(baseline, current, config, finer, where=where).results


def settle(
    baseline: Profile,
    current: Profile,
    config: DriftConfig,
    finer: Finer | None = None,
    *,
    where: str = "drift.yaml",
) -> DriftOutcome:
    """Compares two profiles and, where a threshold lies within an interval, looks again.

    Args:
        baseline, current: what to compare.
        config: metrics, thresholds and slices.
        finer: gives more exact profiles of the features in doubt.
        where: the config's name, for messages.

    Raises:
        InputError: as for `comparing.compare`.
    """
    results = comparing.compare(baseline, current, config, where=where)
    features = columns(decision.in_doubt(results))
    if not features or finer is None:
        return DriftOutcome(results, baseline, current)
    sides = (baseline, current)
    baseline, current = map(overlay, sides, finer(features))
    results = comparing.compare(baseline, current, config, where=where)
    return DriftOutcome(results, baseline, current)


def columns(features: Iterable[str]) -> frozenset[str]:
    """Names the columns to read for features, of which some count the values of others."""
    return frozenset(counted_feature(feature) or feature for feature in features)


def overlay(profile: Profile, fine: Profile | None) -> Profile:
    """Returns a profile with the features of another, if there is one, in the place of its own."""
    if fine is None:
        return profile
    return dataclasses.replace(
        profile,
        slices={
            name: {
                feature: fine.slices.get(name, {}).get(feature, side)
                for feature, side in features.items()
            }
            for name, features in profile.slices.items()
        },
    )
