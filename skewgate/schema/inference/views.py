"""Reads statistics as the inference of a schema needs them: features as trees, weights, values.

Source: TFDV's anomalies/statistics_view.cc.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.core import nesting
from skewgate.core.errors import InputError
from skewgate.schema.inference.paths import serialize
from skewgate.statistics.messages import overall

_STRUCT = statistics_pb2.FeatureNameStatistics.STRUCT
_TYPES = {
    statistics_pb2.FeatureNameStatistics.INT: schema_pb2.INT,
    statistics_pb2.FeatureNameStatistics.FLOAT: schema_pb2.FLOAT,
    statistics_pb2.FeatureNameStatistics.STRING: schema_pb2.BYTES,
    statistics_pb2.FeatureNameStatistics.BYTES: schema_pb2.BYTES,
    _STRUCT: schema_pb2.STRUCT,
}
_FIX = "generate them again"
MOST_STEPS = nesting.DEEPEST // 2
"""The longest path; each step is two messages of the schema, which has to be read again."""

Steps = tuple[str, ...]
"""The path of a feature: its name, after those of the structs that it lies in."""


@dataclasses.dataclass(frozen=True)
class FeatureView:
    """The statistics of one feature.

    Attributes:
        statistics: as they are in the file.
        steps: its path.
        weighted: whether rows and values are counted by their weights.
        children: the features within it, in the order in which a schema lists them.
    """

    statistics: statistics_pb2.FeatureNameStatistics
    steps: Steps
    weighted: bool
    children: list[FeatureView] = dataclasses.field(default_factory=list)

    @property
    def kind(self) -> int:
        """A `FeatureNameStatistics.Type`, which tells text from other bytes."""
        return int(self.statistics.type)

    @property
    def feature_type(self) -> int:
        """The `FeatureType` that a schema gives the feature."""
        return int(_TYPES.get(self.kind, schema_pb2.TYPE_UNKNOWN))

    @property
    def present(self) -> float:
        """The rows that have the feature, or the sum of their weights."""
        common = _common(self.statistics)
        return float((common.weighted_common_stats if self.weighted else common).num_non_missing)

    @property
    def missing(self) -> float:
        """The rows that lack the feature, or the sum of their weights."""
        common = _common(self.statistics)
        return float((common.weighted_common_stats if self.weighted else common).num_missing)

    @property
    def value_ranges(self) -> list[tuple[int, int]]:
        """The least and the most values at each level of nesting; a plain list has one level."""
        common = _common(self.statistics)
        return [
            (max(_int32(level.min_num_values), 0), _int32(level.max_num_values))
            for level in common.presence_and_valency_stats or [common]
        ]

    @property
    def is_nested(self) -> bool:
        """Whether the values are lists of lists."""
        return len(_common(self.statistics).presence_and_valency_stats) > 1

    @functools.cached_property
    def strings(self) -> list[str]:
        """The values that the statistics name, sorted, each once."""
        strings = self.statistics.string_stats
        histogram = (strings.weighted_string_stats if self.weighted else strings).rank_histogram
        return sorted({bucket.label for bucket in histogram.buckets})

    @property
    def has_invalid_utf8(self) -> bool:
        """Whether some values are not text, though others are."""
        return bool(self.statistics.string_stats.invalid_utf8_count > 0)


def rows_of(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatistics:
    """Returns the statistics of all rows, as TFDV chooses them."""
    return statistics.datasets[0] if len(statistics.datasets) == 1 else overall(statistics)


def roots(dataset: statistics_pb2.DatasetFeatureStatistics, where: str) -> list[FeatureView]:
    """Returns the features that lie in no other, in their order, with those within them.

    Features of which nothing but custom statistics is known, such as sparse and weighted ones,
    are left out: they are made of others, and no type, presence or value is told of them.

    Args:
        dataset: statistics of all rows.
        where: names the statistics in messages.

    Raises:
        InputError: the features are not named one way, or a path is empty, too long, given twice,
            or within a struct that the statistics do not describe. TFDV ends the process then,
            or (paths that old statistics leave open) takes two features for one.
    """
    features = [each for each in dataset.features if _has_common(each)]
    weighted = dataset.weighted_num_examples != 0 and all(map(_has_weights, features))
    ways = {each.WhichOneof("field_id") or "name" for each in features}
    if len(ways) > 1:
        raise InputError(where, "name some features by path and others by name", _FIX)
    by_path = ways == {"path"}
    paths = [tuple(f.path.step) for f in features] if by_path else _paths_of_names(features, where)
    views: dict[Steps, FeatureView] = {}
    for feature, steps in zip(features, paths, strict=True):
        if not steps:
            raise InputError(where, "have a feature without a path", _FIX)
        if len(steps) > MOST_STEPS:
            found = (
                f"have a feature in {len(steps) - 1} structs, and at most {MOST_STEPS - 1} can be"
            )
            raise InputError(where, found, "flatten them")
        if steps in views:
            raise InputError(where, f"have two features {serialize(steps)!r}", _FIX)
        views[steps] = FeatureView(feature, steps, weighted)
    # Old names were sorted as they stand, whatever separates their parts.
    for view in sorted(views.values(), key=lambda view: (view.statistics.name, view.steps)):
        if len(view.steps) > 1:
            parent = views.get(view.steps[:-1])
            if parent is None:
                found = f"have {serialize(view.steps)!r}, but not the struct that it lies in"
                raise InputError(where, found, _FIX)
            parent.children.append(view)
    return [view for view in views.values() if len(view.steps) == 1]


def _paths_of_names(
    features: Iterable[statistics_pb2.FeatureNameStatistics], where: str
) -> list[Steps]:
    """Returns the paths that names of old statistics stand for.

    A name that begins with the name of a struct lies in it, in the longest one of several; the
    character between the two is not looked at.
    """
    kinds: dict[str, int] = {}
    for feature in features:
        if feature.name in kinds:
            raise InputError(where, f"have two features {feature.name!r}", _FIX)
        kinds[feature.name] = feature.type
    paths: dict[str, Steps] = {}
    around: list[str] = []
    for name in sorted(kinds):
        while around and not name.startswith(around[-1]):
            around.pop()
        if around:
            paths[name] = (*paths[around[-1]], name[len(around[-1]) + 1 :])
        else:
            paths[name] = (name,)
        if kinds[name] == _STRUCT:
            around.append(name)
    return [paths[name] for name in kinds]


def _has_common(feature: statistics_pb2.FeatureNameStatistics) -> bool:
    return feature.WhichOneof("stats") is not None


def _has_weights(feature: statistics_pb2.FeatureNameStatistics) -> bool:
    common = _common(feature)
    levels = len(common.presence_and_valency_stats)
    return bool(
        common.HasField("weighted_common_stats")
        and len(common.weighted_presence_and_valency_stats) == levels
    )


def _common(feature: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.CommonStatistics:
    return getattr(feature, feature.WhichOneof("stats")).common_stats


def _int32(number: int) -> int:
    """Returns a number as TFDV keeps it, in 32 bits with a sign."""
    return (number + 2**31) % 2**32 - 2**31
