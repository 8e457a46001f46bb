"""Row-level skew: joins the rows of two Examples artifacts and compares them, on Beam."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types

from skewgate.beam.row_skew import CompareRows
from skewgate.checks.skew.config import RowRules
from skewgate.checks.skew.rows import judging
from skewgate.checks.skew.rows.accumulator import RowAccumulator
from skewgate.components.support import artifact_io, tfrecords
from skewgate.components.support.handover import Handover
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult
from skewgate.decision.policy import Significance
from skewgate.schema import reading as schema_lib

Sides = dict[str, tuple[types.Artifact, str]]

_COUNTED = "counted.pickle"
_LABEL = re.compile(r"Read\[(\w+)\]")


def compare(
    baseline_examples: types.Artifact,
    baseline_split: str,
    examples: types.Artifact,
    split: str,
    rules: RowRules,
    significance: Significance,
    make_pipeline: Callable[[], Any],
    folder: str,
    schema: schema_pb2.Schema | None = None,
    environment: str | None = None,
) -> tuple[list[MetricResult], dict[str, Any]]:
    """Joins the rows of a split with those of training, and judges every feature.

    Args:
        baseline_examples, baseline_split: the training rows.
        examples, split: the serving rows.
        rules: how rows are joined and compared, and what is allowed.
        significance: how sure a failure must be.
        make_pipeline: makes the Beam pipeline.
        folder: for the rows on their way, on a file system that the workers share; deleted
            afterwards.
        schema: with it, only its features are compared; keys and slicing features need not be in
            it. Values are taken as they are, whatever type it gives.
        environment: features that the schema says are not in it are left out.

    Returns:
        The results (see `judging.judge`), and what the report shows beside them.

    Raises:
        InputError: a file is broken, rows were lost, rows cannot be compared, or the rules name
            what is not there.
    """
    counted = _count(
        {"training": (baseline_examples, baseline_split), "serving": (examples, split)},
        rules,
        make_pipeline,
        folder,
        None if schema is None else _features(schema, environment),
    )
    return judging.judge(counted, rules, significance), judging.details(counted, rules)


def _count(
    sides: Sides,
    rules: RowRules,
    make_pipeline: Callable[[], Any],
    folder: str,
    features: frozenset[str] | None,
) -> RowAccumulator:
    from tfx.components.util import tfxio_utils

    handover = Handover(os.path.join(folder, _COUNTED))
    with contextlib.ExitStack() as stack:
        stack.enter_context(artifact_io.temporary_folder(folder))
        for artifact, split in sides.values():
            if tfrecords.is_gzip_of_tf_example(artifact):
                stack.enter_context(tfrecords.naming_broken_files(artifact, [split]))
                tfrecords.check_streams(artifact, split)
        stack.enter_context(_naming_mixed_types(sides))
        with make_pipeline() as pipeline:
            batches = []
            for label, (artifact, split) in sides.items():
                # Without a schema: what a file holds is compared, and not refused by the reader.
                source = tfxio_utils.get_split_tfxio(
                    examples=[artifact],
                    split=split,
                    telemetry_descriptors=["SchemaSkewValidator"],
                )
                batches.append(pipeline | f"Read[{label}]" >> source.BeamSource())
            _ = (
                tuple(batches)
                | "Compare"
                >> CompareRows(rules, folder, tfrecords.expected_rows(sides.values()), features)
                | "Write" >> beam.Map(handover.write)
            )
        counted = handover.read()
        assert isinstance(counted, RowAccumulator)
        if counted.error is None:
            by_label = {"training": counted.training, "serving": counted.serving}
            for label, (artifact, split) in sides.items():
                tfrecords.check_rows(artifact, split, by_label[label].rows)
        return counted


@contextlib.contextmanager
def _naming_mixed_types(sides: Sides) -> Iterator[None]:
    """Turns what the reader says of a feature of two types into an InputError."""
    try:
        yield
    except Exception as error:
        problem = tfrecords.mixed_types(error)
        label = _LABEL.search(str(error))
        if problem is None or label is None:
            raise
        raise InputError(
            f"split {sides[label[1]][1]} of the {label[1]} examples at {sides[label[1]][0].uri}",
            problem,
            "write it with one type",
        ) from error


def _features(schema: schema_pb2.Schema, environment: str | None) -> frozenset[str]:
    return frozenset(
        feature.name
        for feature in schema.feature
        if environment is None or schema_lib.in_environment(feature, schema, environment)
    )
