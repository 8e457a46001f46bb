"""Executor of LabelJoiner."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate import decision
from skewgate.beam.label_join import JoinLabels
from skewgate.checks.labels import clocks, coverage
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LABELS, PREDICTIONS, JoinedShard, LabelCounts
from skewgate.components.support import artifact_io, example_shards, tfrecords, wiring
from skewgate.components.support.handover import Handover
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.data.ingest.counts import REPORT_NAME, parse_report
from skewgate.report.report import Report

Sides = dict[str, tuple[types.Artifact, str]]

_COUNTED = "counted.pickle"
_PARTIAL = "partial"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Joins the rows of two splits in one Beam pipeline."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Joins; see the component for the parameters.

        Raises:
            InputError: a file cannot be read, a side lacks a feature of labels.yaml, rows were
                lost, or a parameter cannot be used.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        received = wiring.receive(input_dict, exec_properties)
        received.require("LabelJoiner")
        config = yaml_model.parse(LabelConfig, exec_properties["config"], "labels.yaml")
        sides: Sides = {}
        for side, parameter in ((PREDICTIONS, "split"), (LABELS, "label_split")):
            artifact = artifact_utils.get_single_instance(received.artifacts[side])
            chosen = exec_properties.get(parameter) or None
            sides[side] = artifact, artifact_io.choose_split(artifact, chosen, f"the {side}")
        clocks.check({side: _types(artifact) for side, (artifact, _) in sides.items()}, config)
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        predictions, split = sides[PREDICTIONS]
        examples.split_names = artifact_utils.encode_split_names([split])
        artifact_io.copy_span_and_window(predictions, examples)
        counted = self._join(sides, examples, config)
        rows = {PREDICTIONS: counted.totals.predictions, LABELS: counted.totals.labels}
        example_shards.note_format(examples, rows[PREDICTIONS], {split: rows[PREDICTIONS]})
        report = Report(
            kind="labels",
            decision=decision.decide(coverage.judge(counted, config), config.policy),
            baseline=artifact_io.describe(*sides[LABELS], rows[LABELS]),
            current=artifact_io.describe(*sides[PREDICTIONS], rows[PREDICTIONS]),
            details={"labels": coverage.details(counted, config)},
        )
        artifact_io.publish(
            report, artifact_utils.get_single_instance(output_dict["label_report"]), self._context
        )

    def _join(self, sides: Sides, examples: types.Artifact, config: LabelConfig) -> LabelCounts:
        """Writes the joined rows and returns what was counted."""
        folder = os.path.join(self._get_tmp_dir(), "labels")
        partial = os.path.join(examples.uri, _PARTIAL)
        handover = Handover(os.path.join(folder, _COUNTED))
        files = {side: _files(*chosen) for side, chosen in sides.items()}
        with contextlib.ExitStack() as stack:
            for made in (folder, partial):
                stack.enter_context(artifact_io.temporary_folder(made))
            with self._make_beam_pipeline() as pipeline:
                read = tuple(
                    pipeline | f"Files[{side}]" >> beam.Create(list(enumerate(paths)))
                    for side, paths in files.items()
                )
                join = JoinLabels(config, folder, partial, tfrecords.expected_rows(sides.values()))
                _ = read | "Join" >> join | "Write" >> beam.Map(handover.write)
            counted = handover.read()
            assert isinstance(counted, LabelCounts)
            coverage.check(counted, config)
            totals = counted.totals
            for side, rows in ((PREDICTIONS, totals.predictions), (LABELS, totals.labels)):
                tfrecords.check_rows(*sides[side], rows)
            _publish_shards(counted, examples, sides[PREDICTIONS][1])
        return counted


def _types(examples: types.Artifact) -> dict[str, str]:
    """Returns what the columns were before they were features, as far as ingest noted it.

    Raises:
        InputError: the report of the ingest is damaged.
    """
    path = os.path.join(examples.uri, REPORT_NAME)
    if not fileio.exists(path):
        return {}
    noted: dict[str, str] = parse_report(artifact_io.read_bytes(path), path)["types"]
    return noted


def _files(examples: types.Artifact, split: str) -> list[str]:
    """Returns the files of a split in the order of their names."""
    folder = artifact_utils.get_split_uri([examples], split)
    if not tfrecords.is_gzip_of_tf_example(examples):
        payload = examples.get_string_custom_property("payload_format")
        written = examples.get_string_custom_property("file_format")
        raise InputError(
            f"examples at {examples.uri}",
            f"must be tf.Example in gzip TFRecords, found {payload} in {written}",
            "write them with an ExampleGen that keeps the default payload and file format",
        )
    names = fileio.listdir(folder) if fileio.exists(folder) else []
    kept = sorted(name for name in names if not name.startswith((".", "_")))
    if not kept:
        raise InputError(folder, "has no files", "rerun the component that writes it")
    return [os.path.join(folder, name) for name in kept]


def _publish_shards(counted: LabelCounts, examples: types.Artifact, split: str) -> None:
    """Gives the files that count their names, and makes sure that they hold every row once.

    Raises:
        InputError: they do not.
    """
    shards: Sequence[JoinedShard] = sorted(
        counted.shards, key=lambda shard: (shard.number, shard.path)
    )
    written, read = sum(shard.rows for shard in shards), counted.totals.predictions
    if written != read:
        raise InputError(
            f"split {split} of {examples.uri}",
            f"has {written} rows, but {read} predictions were read",
            "check the Beam runner: rows were lost or duplicated",
        )
    example_shards.publish([shard.path for shard in shards], examples, split)
