"""Gives the schema commands what they need of data: statistics, and what nobody can check."""

from __future__ import annotations

import argparse
import sys

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.api import describing
from skewgate.checks.skew.anomalies import unchecked as anomaly_doubts
from skewgate.checks.skew.anomalies.subjects import Subjects, name_of, path_of
from skewgate.cli import console, reading_args
from skewgate.profiling import engine
from skewgate.schema.inference.views import rows_of


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
    reading = console.Reading(sys.stderr, quiet=options.quiet)
    found = describing.describe(
        place,
        place,
        engine.ReadOptions(progress=reading, csv=reading_args.parse(options)),
        dataset=options.dataset,
        schema=schema,
        progress=reading,
    )
    console.tell(found.notes, quiet=options.quiet)
    return found.statistics


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
            doubts.append((subject.path, "the statistics say nothing about the features inside it"))
    found = [f"{name_of(path)}: {reason}" for path, reason in doubts]
    for group, tensors in sorted(schema.tensor_representation_group.items()):
        for name, tensor in sorted(tensors.tensor_representation.items()):
            kind = tensor.WhichOneof("kind")
            if kind != "varlen_sparse_tensor":  # which asks nothing of the values
                where = f" in the group {group!r}" if group else ""
                found.append(f"{name}: TFDV does not check the {kind} that is made of it{where}")
    return list(dict.fromkeys(found))
