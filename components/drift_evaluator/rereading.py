"""Reads the features in doubt again from the examples, in one Beam pipeline."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx import types

from skewgate.beam.profile import ProfileBatches
from skewgate.components.drift_evaluator.sides import StatisticsSide
from skewgate.components.support import artifact_io, tfrecords
from skewgate.components.support.handover import Handover
from skewgate.core.distributions import Distribution, n_rows
from skewgate.core.errors import InputError
from skewgate.core.profile import Features, Profile
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.statistics import messages

_KINDS = statistics_pb2.FeatureNameStatistics
_TYPES = {
    _KINDS.INT: schema_pb2.INT,
    _KINDS.FLOAT: schema_pb2.FLOAT,
    _KINDS.STRING: schema_pb2.BYTES,
}
_SLICING_TYPES = (schema_pb2.INT, schema_pb2.BYTES)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to read of the examples of one side, and how.

    Attributes:
        side: whose examples to read.
        examples: the examples.
        schema: the columns to decode, with their types; nothing else is decoded.
        options: what to keep of them: the features to profile, those of them as categories that
            the statistics hold so, and the slices.
    """

    side: StatisticsSide
    examples: types.Artifact
    schema: schema_pb2.Schema
    options: ProfileOptions

    @property
    def features(self) -> frozenset[str]:
        """The features to profile."""
        return frozenset(self.options.features or ())


def make_plan(
    side: StatisticsSide,
    features: frozenset[str],
    slices: Sequence[Sequence[str]],
    schema: schema_pb2.Schema | None,
) -> Plan | None:
    """Returns what to read of a side, or None if there is nothing to read.

    A feature is read as the statistics hold it, so that both tell the same: with its type, and as
    categories if they do. Left out, and thereby in doubt, are features within others, bytes that
    are no text, and categories that are numbers with a fraction, whose names depend on who
    writes them.

    Args:
        side: its examples may be missing.
        features: the features in doubt.
        slices: lists of columns whose values make slices.
        schema: tells the types of columns that make slices and are not in the statistics.

    Raises:
        InputError: the examples have no such split.
    """
    if side.examples is None:
        return None
    artifact_io.choose_split(side.examples, side.split, f"the {side.label} examples")
    statistics = artifact_io.read_statistics(side.statistics, side.split)
    found = {
        feature.path.step[0] if feature.path.step else feature.name: feature
        for feature in messages.overall(statistics).features
        if len(feature.path.step) <= 1
    }
    columns = {feature.name: feature.type for feature in schema.feature} if schema else {}
    columns |= {name: _TYPES[f.type] for name, f in found.items() if f.type in _TYPES}
    readable = frozenset(name for name in features if name in found and _is_readable(found[name]))
    if not readable:
        return None
    slice_by = [
        names
        for names in (slices if len(side.profile.slices) > 1 else [])
        if all(columns.get(name) in _SLICING_TYPES for name in names)
    ]
    categorical = [name for name in readable if found[name].HasField("string_stats")]
    options = ProfileOptions(categorical, slice_by).reread(readable)
    decoded = schema_pb2.Schema()
    for name in sorted(options.columns or ()):
        decoded.feature.add(name=name, type=columns[name])
    return Plan(side, side.examples, decoded, options)


def _is_readable(feature: statistics_pb2.FeatureNameStatistics) -> bool:
    kinds = {"num_stats": (_KINDS.INT, _KINDS.FLOAT), "string_stats": (_KINDS.INT, _KINDS.STRING)}
    return feature.type in kinds.get(feature.WhichOneof("stats") or "", ())


def read(
    plans: Sequence[Plan], make_pipeline: Callable[[], Any], folder: str
) -> dict[str, Profile]:
    """Reads the examples of one or both sides in one Beam pipeline.

    Args:
        plans: what to read, one plan a side, at least one.
        make_pipeline: makes the Beam pipeline.
        folder: for the results of the workers; on a file system that they share.

    Returns:
        For each label, the profile of the features; without the slices that the examples make
        otherwise than the statistics.

    Raises:
        InputError: a file is broken, rows were lost, or the examples are not those that the
            statistics were computed from.
    """
    from tfx.components.util import tfxio_utils

    with contextlib.ExitStack() as stack:
        stack.enter_context(artifact_io.temporary_folder(folder))
        for plan in plans:
            if tfrecords.is_gzip_of_tf_example(plan.examples):
                stack.enter_context(tfrecords.naming_broken_files(plan.examples, [plan.side.split]))
        handovers = {plan.side.label: _handover(folder, plan) for plan in plans}
        with make_pipeline() as pipeline:
            for plan in plans:
                label = plan.side.label
                source = tfxio_utils.get_split_tfxio(
                    examples=[plan.examples],
                    split=plan.side.split,
                    telemetry_descriptors=["DriftEvaluator"],
                    schema=plan.schema,
                )
                _ = (
                    pipeline
                    | f"Read[{label}]" >> source.BeamSource()
                    | f"Profile[{label}]" >> ProfileBatches(plan.options)
                    | f"Write[{label}]" >> beam.Map(handovers[label].write)
                )
        profiles = {label: _load(handover) for label, handover in handovers.items()}
        for plan in plans:
            read_rows = profiles[plan.side.label].rows[""]
            tfrecords.check_rows(plan.examples, plan.side.split, read_rows)
        return {plan.side.label: _checked(plan, profiles[plan.side.label]) for plan in plans}


def _handover(folder: str, plan: Plan) -> Handover:
    return Handover(os.path.join(folder, f"{plan.side.label}.pickle"))


def _load(handover: Handover) -> Profile:
    profile = handover.read()
    assert isinstance(profile, Profile)
    return profile


def _checked(plan: Plan, fine: Profile) -> Profile:
    """Makes sure that the rows read are those of the statistics, as far as their counts tell.

    A slice with another number of rows is left out: TFDV leaves out a column that a batch of it
    does not have.
    """
    side = plan.side
    if fine.rows[""] != side.rows:
        raise _other_examples(plan, f"{fine.rows['']} rows", str(side.rows))
    known: Features = side.profile.slices[""]
    for name in sorted(plan.features):
        told, counted = _counts(known[name]), _counts(fine.slices[""][name])
        if told != counted:
            raise _other_examples(
                plan,
                f"{counted[0]} values of {name} in {counted[1]} rows",
                f"{told[0]} in {told[1]}",
            )
    kept = [name for name, rows in fine.rows.items() if side.profile.rows.get(name) == rows]
    return Profile(
        {name: fine.slices[name] for name in kept},
        {name: fine.rows[name] for name in kept},
        {name: fine.value_counts[name] for name in kept},
    )


def _counts(side: Distribution) -> tuple[int, int]:
    """Returns the number of values, NaN included, and of the examples that have one."""
    return side.n + side.n_nan, n_rows(side) - side.n_missing


def _other_examples(plan: Plan, found: str, expected: str) -> InputError:
    side = plan.side
    return InputError(
        f"split {side.split} of the {side.label} examples at {plan.examples.uri}",
        f"has {found}, but the statistics at {side.statistics.uri} describe {expected}",
        "connect all of the examples that the statistics were computed from, or none",
    )
