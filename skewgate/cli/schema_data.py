"""Gives the schema commands what they need of data: statistics, and what nobody can check."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.checks.skew.anomalies import unchecked as anomaly_doubts
from skewgate.checks.skew.anomalies.subjects import Subjects, name_of, path_of
from skewgate.cli import console, reading_args
from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    NumericDistribution,
)
from skewgate.core.errors import InputError
from skewgate.core.profile import Features, Profile
from skewgate.core.time_values import DATE, TIMESTAMP
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


def read(
    options: argparse.Namespace, place: str, schema: schema_pb2.Schema | None = None
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics of data, features in the order of the data.

    Args:
        options: dataset, quiet, and those of CSV.
        place: data, or TFDV statistics, of which one file is taken as it is.
        schema: says which whole numbers are floats, and which numbers are text.

    Raises:
        InputError: the data cannot be used, or have no features.
    """
    read_options = engine.ReadOptions(csv=reading_args.parse(options))
    side = engine.open_side(place, read_options, options.dataset)
    if len(side.statistics) == 1 and not side.tables:
        found = read_statistics(side.statistics[0], options.dataset)
    else:
        found = _profile(options, side, schema)
        _check_feature_lists(place, found)
        if schema is not None and not side.statistics:
            found.datasets[0].features.extend(_composites(side, schema))
    if not any(dataset.features for dataset in found.datasets):
        raise InputError(place, "has no features", "give data with columns")
    return found


def _profile(
    options: argparse.Namespace, side: engine.Side, schema: schema_pb2.Schema | None
) -> statistics_pb2.DatasetFeatureStatisticsList:
    reading = console.Reading(sys.stderr, quiet=options.quiet)
    csv = reading_args.parse(options)
    read_options = engine.ReadOptions(progress=reading, csv=csv)
    profile_options = ProfileOptions(resolution=max(RESOLUTION, 2 * _POINTS))
    fallback: schema_pb2.Schema | None = None
    while True:
        reading.expect({side.place: side.rows})
        try:
            [profile] = engine.profile_sides([side], read_options, profile_options)
        except InputError:
            if fallback is None:
                raise
            reading.done()
            # Not all values of the columns are whole numbers: they stay floats.
            read_options, fallback = engine.ReadOptions(schema=fallback, progress=reading), None
            side = engine.open_side(side.place, read_options, side.dataset)
            continue
        reading.done()
        for name, opaque in profile.opaque().items():
            raise InputError(
                f"{side.place}: column {name}",
                opaque.problem,
                "flatten it to numbers or text of one type, or drop it",
            )
        wider = _wider(schema, profile.slices.get("", {})) if schema is not None else None
        if not side.tables or wider is None or not wider.feature:
            break
        # By their own types, so that a type that the schema does not allow is seen as such; but
        # whole numbers may stand for floats and the other way round, and digits for text.
        fallback = _without_integers(wider)
        read_options, schema = engine.ReadOptions(schema=wider, progress=reading, csv=csv), None
        side = engine.open_side(side.place, read_options, side.dataset)
    console.tell(side.notes(), quiet=options.quiet)
    order = {name: place for place, name in enumerate(_columns(side))}
    slices = {
        name: dict(sorted(features.items(), key=lambda item: order.get(item[0], len(order))))
        for name, features in profile.slices.items()
    }
    return writing.to_statistics(dataclasses.replace(profile, slices=slices), _POINTS)


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


def unchecked(
    schema: schema_pb2.Schema,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    environment: str | None,
) -> list[str]:
    """Returns what a schema asks of data and TFDV cannot check with these statistics, and why.

    Comparisons with other data are left out.

    Raises:
        InputError: the statistics have slices only, or name features in a way that TFDV cannot
            read.
    """
    dataset = rows_of(statistics)
    subjects = Subjects(schema, dataset, environment)
    doubts = list(anomaly_doubts.prepare(schema, dataset).unchecked)
    doubts += anomaly_doubts.unchecked_constraints(subjects)
    described = {path_of(feature)[:-1] for feature in dataset.features}
    for subject in subjects.declared():
        on_trust = anomaly_doubts.notes(subject).removeprefix("; ")
        if on_trust and subject.present:
            doubts.append((subject.path, on_trust))
        within = subject.constraints.struct_domain.feature
        if within and subject.present and subject.path not in described:
            doubts.append((subject.path, "the statistics tell nothing of the features within it"))
    found = [f"{name_of(path)}: {reason}" for path, reason in doubts]
    for group, tensors in sorted(schema.tensor_representation_group.items()):
        for name, tensor in sorted(tensors.tensor_representation.items()):
            kind = tensor.WhichOneof("kind")
            if kind != "varlen_sparse_tensor":  # which asks nothing of the values
                where = f" in the group {group!r}" if group else ""
                found.append(f"{name}: TFDV does not check the {kind} that is made of it{where}")
    return list(dict.fromkeys(found))


def _columns(side: engine.Side) -> list[str]:
    """Returns the columns of the files in their order, as far as the first rows have them."""
    names: dict[str, None] = {}
    for source in side.tables:
        first = next(iter(source.batches()), None)
        names.update(dict.fromkeys([] if first is None else first.schema.names))
    return list(names)


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


def note_times(schema: schema_pb2.Schema, profile: Profile) -> None:
    """Declares the integers that are points in time to be so: `time_domain`, in seconds.

    Args:
        schema: as it was inferred; changed in place.
        profile: of the same data.
    """
    features = profile.slices.get("", {})
    for feature in schema.feature:
        side = features.get(feature.name)
        if (
            isinstance(side, NumericDistribution)
            and side.logical in (DATE, TIMESTAMP)
            and feature.type == _TYPES.Value("INT")
            and not feature.WhichOneof("domain_info")
        ):
            feature.time_domain.integer_format = schema_pb2.TimeDomain.UNIX_SECONDS
