"""Statistics of data as a schema needs them: features in order, each of one kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.api import sides
from skewgate.api.profiles import Profile
from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    NumericDistribution,
)
from skewgate.core.errors import InputError
from skewgate.core.profile import Features
from skewgate.core.profile import Profile as Distributions
from skewgate.data.tf_example.sequences import SEQUENCE
from skewgate.profiling import engine
from skewgate.profiling.accumulators.numeric import RESOLUTION
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.schema.inference.views import rows_of
from skewgate.schema.reading import without
from skewgate.statistics import writing
from skewgate.statistics.composites import Composites
from skewgate.statistics.messages import read_statistics

_POINTS = 1000  # kept of each number, as `skewgate profile` does
_TYPES = schema_pb2.FeatureType
_INT = schema_pb2.INT


class Progress(Protocol):
    """Follows what is read."""

    def expect(self, rows: Mapping[str, int | None]) -> None:
        """Takes the places to be read next, and how many rows each has if that is known."""

    def done(self) -> None:
        """Learns that all has been read."""


class _Unfollowed:
    """Follows nothing."""

    def expect(self, rows: Mapping[str, int | None]) -> None:
        """See Progress."""

    def done(self) -> None:
        """See Progress."""


@dataclasses.dataclass(frozen=True)
class Description:
    """What data are, for a schema.

    Attributes:
        statistics: of the data, features in the order of the columns; sorted in a profile.
        notes: by path, what was read otherwise than it stands there.
    """

    statistics: statistics_pb2.DatasetFeatureStatisticsList
    notes: Mapping[str, list[str]] = dataclasses.field(default_factory=dict)


def describe(
    data: sides.Data,
    name: str,
    reading: engine.ReadOptions,
    *,
    dataset: str = "",
    schema: schema_pb2.Schema | None = None,
    progress: Progress | None = None,
) -> Description:
    """Returns the statistics of data.

    Args:
        data: what `skewgate.profile` takes or returns; of TFDV statistics one file is taken as it
            is. With a schema, which may mean to read twice, a path.
        name: stands for a path in messages where the data have none.
        reading: how to read them; without a schema, by which types would no longer be theirs.
        dataset: the data set to take, where files of statistics hold several.
        schema: says which whole numbers are floats, and which numbers are text.
        progress: follows what is read.

    Raises:
        InputError: the data cannot be used, or have no features.
    """
    if isinstance(data, Profile):
        _check_kinds(data.distributions, name)
        found = Description(writing.to_statistics(data.distributions, data.resolution))
        place = name
    else:
        side = sides.opened(data, name, reading, dataset)
        place = side.place
        if len(side.statistics) == 1 and not side.tables:
            found = Description(read_statistics(side.statistics[0], dataset))
        else:
            found = _of_rows(data, side, reading, schema, progress or _Unfollowed())
    if not any(each.features for each in found.statistics.datasets):
        raise InputError(place, "has no features", "give data with columns")
    return found


def _of_rows(
    data: sides.Data,
    side: engine.Side,
    reading: engine.ReadOptions,
    schema: schema_pb2.Schema | None,
    progress: Progress,
) -> Description:
    """Profiles the rows of a side, again if a schema says that columns are wider than they look."""
    options = ProfileOptions(resolution=max(RESOLUTION, 2 * _POINTS))
    given, opened_as = schema, reading
    fallback: schema_pb2.Schema | None = None

    def opened_by(types: schema_pb2.Schema) -> tuple[engine.Side, engine.ReadOptions]:
        again = dataclasses.replace(reading, schema=types)
        return sides.opened(data, side.place, again, side.dataset), again

    while True:
        progress.expect({side.place: side.rows})
        try:
            [profile] = engine.profile_sides([side], opened_as, options)
            progress.done()
            _check_kinds(profile, side.place)
        except InputError:
            if fallback is None:
                raise
            # Not all values of the columns are whole numbers: they stay floats.
            (side, opened_as), fallback = opened_by(fallback), None
            continue
        wider = _wider(schema, profile.slices.get("", {})) if schema is not None else None
        if not side.tables or wider is None or not wider.feature:
            break
        # By their own types, so that a type that the schema does not allow is seen as such; but
        # whole numbers may stand for floats and the other way round, and digits for text.
        fallback, schema = _without_integers(wider), None
        side, opened_as = opened_by(wider)
    statistics = writing.to_statistics(_in_order(profile, side), _POINTS)
    _check_feature_lists(side.place, statistics)
    if given is not None and not side.statistics:
        statistics.datasets[0].features.extend(_composites(side, given))
    return Description(statistics, side.notes())


def _check_kinds(profile: Distributions, place: str) -> None:
    """Makes sure that every feature is of a kind that a schema can describe.

    Raises:
        InputError: one is not.
    """
    for name, opaque in profile.opaque().items():
        raise InputError(
            f"{place}: column {name}",
            opaque.problem,
            "flatten it to numbers or text of one type, or drop it",
        )


def _check_feature_lists(
    place: str, statistics: statistics_pb2.DatasetFeatureStatisticsList
) -> None:
    """Makes sure that there are no feature lists, whose nested values a profile does not keep.

    Raises:
        InputError: there are.
    """
    for feature in rows_of(statistics).features:
        if feature.path.step[0].startswith(f"{SEQUENCE}."):
            raise InputError(
                f"{place}: {feature.path.step[0]}",
                "is a feature list of tf.SequenceExample, of which a schema says more than is "
                "known here",
                "give the statistics of StatisticsGen instead",
            )


def _composites(
    side: engine.Side, schema: schema_pb2.Schema
) -> Iterator[statistics_pb2.FeatureNameStatistics]:
    """Returns statistics of the sparse and weighted features of a schema, by one more pass."""
    composites = Composites(schema)
    for source in side.tables if composites.columns else ():
        for batch in source.batches(composites.columns):
            composites.add(batch)
    return composites.statistics()


def _in_order(profile: Distributions, side: engine.Side) -> Distributions:
    """Returns a profile with its features in the order of the columns of the data."""
    names: dict[str, None] = {}
    for source in side.tables:  # as far as the first rows have them
        first = next(iter(source.batches()), None)
        names.update(dict.fromkeys([] if first is None else first.schema.names))
    order = {name: place for place, name in enumerate(names)}
    slices = {
        key: dict(sorted(features.items(), key=lambda item: order.get(item[0], len(order))))
        for key, features in profile.slices.items()
    }
    return dataclasses.replace(profile, slices=slices)


def _wider(schema: schema_pb2.Schema, features: Features) -> schema_pb2.Schema:
    """Returns the features of a schema that every value read could also be one of."""
    wider = schema_pb2.Schema()
    for feature in schema.feature:
        side = features.get(feature.name)
        whole = isinstance(side, NumericDistribution) and side.integer
        number = isinstance(side, NumericDistribution)
        text = isinstance(side, CategoricalDistribution)
        if (
            (feature.type == _TYPES.Value("FLOAT") and whole)
            or (feature.type == _TYPES.Value("BYTES") and number and not text)
            or (feature.type == _INT and _may_be_whole(side))
        ):
            wider.feature.add(name=feature.name, type=feature.type)
    return wider


def _may_be_whole(side: Distribution | None) -> bool:
    """Says whether floats may all be whole numbers, as `1.0` in CSV; what is kept of them is."""
    if not isinstance(side, NumericDistribution) or side.integer or side.n_nan:
        return False
    return bool(np.all(np.isfinite(side.edges)) and np.all(side.edges == np.floor(side.edges)))


def _without_integers(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    """Returns a schema without the features that are to be read as whole numbers."""
    integers = {feature.name for feature in schema.feature if feature.type == _INT}
    return without(schema, integers)
