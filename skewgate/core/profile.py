"""What is kept of a data set: the distribution of every feature, by slice."""

from __future__ import annotations

import dataclasses
import re

from skewgate.core.distributions import Distribution, OpaqueDistribution

Features = dict[str, Distribution]  # the features of one slice

_VALUE_COUNT = re.compile(r"num_values\((.*)\)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Profile:
    """Distributions by slice ("" for all rows) and feature.

    A feature with several values per example has another one beside it, `num_values(<name>)`,
    the distribution of how many there are.

    Attributes:
        slices: slice to feature to distribution.
        rows: slice to number of rows.
        unread: features that were left out because they are to be ignored, as far as it is known
            that there are any.
        as_text: features whose text looks like numbers or times, and was read as text because
            that of other rows does not.
    """

    slices: dict[str, Features]
    rows: dict[str, int]
    unread: frozenset[str] = frozenset()
    as_text: frozenset[str] = frozenset()

    def opaque(self) -> dict[str, OpaqueDistribution]:
        """Returns the features whose values could not be compared, over all rows."""
        features = self.slices.get("", {})
        return {
            name: side for name, side in features.items() if isinstance(side, OpaqueDistribution)
        }


def value_count_name(feature: str) -> str:
    """Names the feature that counts the values of another."""
    return f"num_values({feature})"


def counted_feature(name: str) -> str | None:
    """Returns the feature whose values a feature counts, or None if it counts none."""
    match = _VALUE_COUNT.fullmatch(name)
    return match.group(1) if match else None
