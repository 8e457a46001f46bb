"""Executor of TabularExampleGen."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import pyarrow as pa
from tfx import types
from tfx.components.example_gen import utils
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io, beam_workers, example_shards, wiring
from skewgate.components.support.handover import Handover
from skewgate.components.tabular_example_gen import fingerprints
from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.arrow import kinds
from skewgate.data.ingest import splits as splits_lib
from skewgate.data.ingest import writing
from skewgate.data.ingest.counts import REPORT_NAME, IngestCounts, parse_report
from skewgate.data.ingest.plan import Plan
from skewgate.data.sources import partitions, reading_options
from skewgate.storage import content, s3

_PARTIAL = "partial"
_COUNTED = "counted.pickle"
CHANGED_PROPERTY = "changed_types"
"""Custom property of examples: the columns with another type than in the run before."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """Reads the files that the driver found and writes gzip TFRecord shards of each split.

    Threads of this process do it, unless the Beam arguments name a distributed runner or several
    workers: then each file is an element of a Beam pipeline.
    """

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Reads, splits, writes; see the component for the parameters.

        Raises:
            InputError: the schema is missing or gone, no file, a file that cannot be read, more
                rejected rows than may be, a row lost, or a split without a row.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        received = wiring.receive(input_dict, exec_properties)
        received.require("TabularExampleGen")
        (pattern,) = patterns_of(exec_properties)
        paths = find_files(pattern)
        plan = make_plan(exec_properties, received.artifacts.get("schema"), paths, pattern)
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        partial = os.path.join(examples.uri, _PARTIAL)
        with artifact_io.temporary_folder(partial):
            counts = self._write(paths, plan, partial)
            counts.check(pattern)
            check_unchanged(pattern, exec_properties)
            compare_with_last(counts, examples)
            for path, notes in counts.notes.items():
                for note in notes:
                    logging.info("%s: %s", path, note)
            publish(counts, examples)
        if isinstance(plan.splits, splits_lib.InWindow):
            examples.set_string_custom_property(artifact_io.WINDOW_PROPERTY, plan.splits.text)
            examples.set_string_custom_property(
                artifact_io.WINDOW_NAME_PROPERTY, plan.splits.window
            )

    def _write(self, paths: Sequence[str], plan: Plan, folder: str) -> IngestCounts:
        """Writes the shards under temporary names and returns what was counted."""
        if self._make_beam_pipeline_fn is None and beam_workers.is_local(self._beam_pipeline_args):
            return writing.write(paths, plan, os.path.join(folder, ""))
        import apache_beam as beam

        from skewgate.beam import ingest

        counted = Handover(os.path.join(folder, _COUNTED))
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Files" >> beam.Create(list(enumerate(paths)))
                | "Ingest" >> ingest.WriteFiles(plan, os.path.join(folder, ""))
                | "Write" >> beam.Map(counted.write)
            )
        return ingest.collect(counted.read(), paths, plan)


def patterns_of(exec_properties: dict[str, Any]) -> list[str]:
    """Returns the paths and patterns of the files; ours is one, stock components have several."""
    config = json.loads(exec_properties["input_config"])
    return [os.path.join(exec_properties["input_base"], s["pattern"]) for s in config["splits"]]


def check_unchanged(pattern: str, exec_properties: dict[str, Any]) -> None:
    """Checks that the files are those that the driver saw: the cache knows the rows by these.

    Raises:
        InputError: one is another, or there are more or fewer.
    """
    try:
        fingerprints.check(
            exec_properties.get(utils.FINGERPRINT_PROPERTY_NAME) or "",
            find_files(pattern),
            pattern,
            exec_properties.get(fingerprints.KEPT_PROPERTY) or "",
        )
    except FileNotFoundError as error:
        raise content.changed(pattern) from error


def find_files(pattern: str) -> list[str]:
    """Returns the files that match, in order of name, without hidden ones and markers.

    See `locations.find`: a pattern that matches folders alone stands for the files in these.

    Raises:
        InputError: there is none.
    """
    if "://" not in pattern or s3.is_object(pattern):
        return sources.files(pattern)
    paths = sorted(
        str(path)
        for path in fileio.glob(pattern)
        if not os.path.basename(path).startswith((".", "_")) and not fileio.isdir(path)
    )
    if not paths:
        raise InputError(pattern, "no such file", "check the path and the pattern")
    return paths


def make_plan(
    exec_properties: dict[str, Any],
    schema: list[types.Artifact] | None,
    paths: Sequence[str],
    pattern: str,
) -> Plan:
    """Returns what the parameters ask for.

    Args:
        exec_properties: see the component.
        schema: gives types to columns.
        paths: the files.
        pattern: what they match; the folders below its first wildcard may be columns.

    Raises:
        InputError: the splits, the scheduled time, the types or the reading are malformed.
    """
    column_types: dict[str, pa.DataType] = {}
    if schema:
        column_types |= kinds.column_types(artifact_io.read_schema(schema))
    column_types |= kinds.named_types(json.loads(exec_properties.get("types") or "{}"))
    return Plan(
        splits=splits_lib.ready(
            splits_lib.parse_splits(exec_properties["splits"], "splits"),
            exec_properties.get("scheduled_time"),
        ),
        create=_create,
        opener=fingerprints.open_file if "://" in pattern else None,
        types=column_types,
        shards=int(exec_properties.get("shards") or 0) or None,
        max_rejected=int(exec_properties.get("max_rejected") or 0),
        partitions=partitions.find(pattern, paths, column_types),
        reading=reading_options.parse_options(exec_properties.get("reading") or "{}", "reading"),
    )


def compare_with_last(counts: IngestCounts, examples: types.Artifact) -> None:
    """Says which columns have another type than in the last run that left its report beside ours.

    The rows of hash splits stay where they are, but what comes behind may take such a column for
    another feature.

    Raises:
        InputError: that report is damaged.
    """
    folder, own = os.path.split(examples.uri.rstrip("/"))
    if not own.isdecimal() or not fileio.exists(folder):
        return
    runs = [name.strip("/") for name in fileio.listdir(folder)]
    for run in sorted((int(name) for name in runs if name.isdecimal()), reverse=True):
        path = os.path.join(folder, str(run), REPORT_NAME)
        if run < int(own) and fileio.exists(path):
            counts.compare_types(parse_report(artifact_io.read_bytes(path), path)["types"])
            break
    if counts.changed:
        text = "; ".join(map(str, counts.changed))
        logging.warning("%s: %s. Fix: give the types in the schema or in `types`.", folder, text)
        examples.set_string_custom_property(CHANGED_PROPERTY, text)


def publish(counts: IngestCounts, examples: types.Artifact) -> None:
    """Gives the shards their names, and writes what was counted beside them."""
    examples.split_names = artifact_utils.encode_split_names(list(counts.splits))
    examples.span = artifact_io.span_of(examples)
    rows = {split: counts.written(split) for split in counts.splits}
    example_shards.note_format(examples, counts.rows_read, rows)
    examples.set_int_custom_property("rows_rejected", counts.rejections.count)
    examples.set_int_custom_property("rows_unassigned", counts.unassigned)
    for split in counts.splits:
        paths = [shard.path for shard in counts.shards_of(split)]
        example_shards.publish(paths, examples, split)
    report = os.path.join(examples.uri, REPORT_NAME)
    artifact_io.write_bytes(report, counts.to_json().encode("utf-8"))


def _create(path: str) -> BinaryIO:
    return cast(BinaryIO, fileio.open(path, "wb"))
