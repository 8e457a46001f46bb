"""What is kept of a data set: the distribution of every feature, by slice."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence

from skewgate.core.distributions import Distribution, OpaqueDistribution

Features = dict[str, Distribution]  # the features of one slice


@dataclasses.dataclass(frozen=True)
class Profile:
    """Distributions by slice and feature; every slice has every feature.

    Slices are known by their keys, see `core.slices`; that of all rows is "".

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
        nested: the paths of features within structs, by name.
    """

    slices: dict[str, Features]
    rows: dict[str, int]
    value_counts: dict[str, Features] = dataclasses.field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    as_text: frozenset[str] = frozenset()
    nested: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

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


def with_paths_apart(profiles: Sequence[Profile]) -> list[Profile]:
    """Returns profiles in which a name stands for one feature of all of them.

    The feature `b` in the struct `a` is called `a.b`. Where a profile has one of no struct that is
    called so too, this keeps the name, and the other has as many primes behind its own as it takes
    to be the name of no feature.

    >>> from skewgate.core.distributions import EmptyDistribution
    >>> both = {"": dict.fromkeys(["a.b", "a.b'"], EmptyDistribution(3))}
    >>> one = Profile(both, {"": 3}, nested={"a.b'": ("a", "b")})
    >>> other = Profile({"": {"a.b": EmptyDistribution(3)}}, {"": 3}, nested={"a.b": ("a", "b")})
    >>> [list(profile.slices[""]) for profile in with_paths_apart([one, other])]
    [['a.b', "a.b'"], ["a.b'"]]
    """
    paths = {path for profile in profiles for path in profile.nested.values()}
    if not paths:
        return list(profiles)
    flat, shared = set(), set()
    for profile in profiles:
        own = profile.slices.get("", {}).keys() - profile.nested.keys()
        flat |= own
        shared |= own & {".".join(path) for path in profile.nested.values()}
    named = name_paths(paths, flat, shared)
    return [
        dataclasses.replace(
            profile,
            slices=_renamed(profile.slices, renamed),
            value_counts=_renamed(profile.value_counts, renamed),
            unread=frozenset(renamed.get(name, name) for name in profile.unread),
            nested={named[path]: path for path in profile.nested.values()},
        )
        for profile in profiles
        for renamed in [{name: named[path] for name, path in profile.nested.items()}]
    ]


def name_paths(
    paths: Iterable[tuple[str, ...]], flat: Collection[str], shared: Collection[str]
) -> dict[tuple[str, ...], str]:
    """Names features within structs, as `with_paths_apart` does.

    Args:
        paths: of the features.
        flat: the names of the features of no struct.
        shared: those of them that keep their name though a path reads alike.
    """
    names: dict[tuple[str, ...], str] = {}
    taken = set(shared)
    for path in sorted(paths):
        name = ".".join(path)
        while name in taken:
            name += "'"
            taken.update(flat)
        names[path] = name
        taken.add(name)
    return names


def _renamed(slices: dict[str, Features], names: Mapping[str, str]) -> dict[str, Features]:
    return {
        key: {names.get(name, name): side for name, side in features.items()}
        for key, features in slices.items()
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
