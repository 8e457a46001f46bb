"""What is kept of a data set: the distribution of every feature, by slice."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from skewgate.core.distributions import Distribution, OpaqueDistribution

Features = dict[str, Distribution]  # the features of one slice


@dataclasses.dataclass(frozen=True)
class Profile:
    """Distributions by slice ("" for all rows) and feature.

    How many values the examples have is kept apart from the features, so that no name that the
    data bring along can be taken for it.

    Attributes:
        slices: slice to feature to distribution.
        rows: slice to number of rows.
        value_counts: slice to feature to how many values the examples have that have it; only of
            features with several values per example.
        unread: features that were left out because they are to be ignored, as far as it is known
            that there are any.
        as_text: features whose text looks like numbers or times, and was read as text because
            that of other rows does not.
    """

    slices: dict[str, Features]
    rows: dict[str, int]
    value_counts: dict[str, Features] = dataclasses.field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    as_text: frozenset[str] = frozenset()

    def opaque(self) -> dict[str, OpaqueDistribution]:
        """Returns the features whose values could not be compared, over all rows."""
        features = self.slices.get("", {})
        return {
            name: side for name, side in features.items() if isinstance(side, OpaqueDistribution)
        }

    def with_value_counts(self, names: Mapping[str, str]) -> dict[str, Features]:
        """Returns the features of each slice, and among them how many values some of them have.

        Args:
            names: what `name_value_counts` returned for this profile, perhaps beside others.
        """
        return {
            key: {
                **features,
                **{name: counts[of] for name, of in names.items() if of in counts},
            }
            for key, features in self.slices.items()
            for counts in [self.value_counts.get(key, {})]
        }


def name_value_counts(*profiles: Profile) -> dict[str, str]:
    """Names what counts the values of features, as results and `drift.yaml` call it.

    Returns:
        The feature that is counted by the name of the count: `num_values(<feature>)`, followed by
        as many primes as it takes to be the name of no feature.

    >>> from skewgate.core.distributions import EmptyDistribution
    >>> nothing = EmptyDistribution(n_missing=0)
    >>> name_value_counts(Profile({"": {"tags": nothing}}, {"": 0}, {"": {"tags": nothing}}))
    {'num_values(tags)': 'tags'}
    """
    slices = [features for profile in profiles for features in profile.slices.values()]
    taken = {feature for features in slices for feature in features}
    counts = [features for profile in profiles for features in profile.value_counts.values()]
    names = {}
    for feature in sorted({feature for features in counts for feature in features}):
        name = f"num_values({feature})"
        while name in taken:
            name += "'"
        names[name] = feature
    return names
