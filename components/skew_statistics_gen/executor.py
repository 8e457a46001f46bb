"""Executor of SkewStatisticsGen."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.components.skew_statistics_gen import in_process, on_beam, rank_errors
from skewgate.components.skew_statistics_gen import options as options_lib
from skewgate.components.support import artifact_io, beam_workers, tfrecords, wiring
from skewgate.core import sealing
from skewgate.schema.reading import time_features
from skewgate.statistics.generating.columns import UnsupportedError
from skewgate.statistics.generating.features import StatisticsOptions
from skewgate.statistics.messages import parse_statistics


class Executor(base_beam_executor.BaseBeamExecutor):
    """Profiles every split, in this process where it can and by TFDV on Beam elsewhere."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Computes statistics; see the component for the parameters.

        Raises:
            InputError: an input is missing or gone, a file of the examples cannot be read, there is
                no split to profile, or the number of rows profiled is not the number that was read
                or written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        received = wiring.receive(input_dict, exec_properties)
        received.require("SkewStatisticsGen")
        examples = artifact_utils.get_single_instance(received.artifacts["examples"])
        splits = artifact_io.splits_but(
            examples, exec_properties["exclude_splits"], "examples", "profile"
        )
        options = options_lib.make_options(exec_properties, received.artifacts.get("schema"))
        statistics = artifact_utils.get_single_instance(output_dict["statistics"])
        statistics.split_names = artifact_utils.encode_split_names(splits)
        artifact_io.copy_span_and_window(examples, statistics)
        statistics.set_string_custom_property(
            artifact_io.RANK_ERROR_PROPERTY, repr(float(options.epsilon))
        )
        with contextlib.ExitStack() as stack:
            if tfrecords.is_gzip_of_tf_example(examples):
                stack.enter_context(tfrecords.naming_broken_files(examples, splits))
            slices = options_lib.slice_features(exec_properties)
            rows = self._profile(examples, statistics, splits, options, slices)
            for split in splits if options.sample_rate is None else []:
                tfrecords.check_rows(examples, split, rows[split])
            for split in splits:
                path = artifact_io.statistics_path(statistics, split)
                fileio.rename(f"{path}.tmp", path, overwrite=True)
                statistics.set_int_custom_property(f"rows_{split}", rows[split])
                shards = len(tfrecords.files_of(examples, split))
                statistics.set_int_custom_property(f"shards_{split}", shards)

    def _profile(
        self,
        examples: types.Artifact,
        statistics: types.Artifact,
        splits: list[str],
        options: Any,
        slices: list[list[str]],
    ) -> dict[str, int]:
        """Writes the statistics of splits under temporary names, and returns rows profiled."""
        paths = {split: f"{artifact_io.statistics_path(statistics, split)}.tmp" for split in splits}
        known = options_lib.known_options(options)
        if known and self._can_run_in_process() and tfrecords.is_gzip_of_tf_example(examples):
            try:
                times = time_features(options.schema) if options.schema else {}
                return _profile_in_process(examples, paths, known, times)
            except UnsupportedError as error:
                logging.info("SkewStatisticsGen: TFDV profiles the examples, as %s", error)
        for split in splits if tfrecords.is_gzip_of_tf_example(examples) else []:
            tfrecords.check_streams(examples, split)  # Beam reads what is cut off without complaint
        with self._make_beam_pipeline() as pipeline:
            on_beam.profile_splits(pipeline, examples, paths, options, slices)
        return {split: _seal(path) for split, path in paths.items()}

    def _can_run_in_process(self) -> bool:
        """Says whether Beam would run in this process with one worker."""
        return self._make_beam_pipeline_fn is None and beam_workers.is_local(
            self._beam_pipeline_args
        )


def _seal(path: str) -> int:
    """Seals the statistics that Beam wrote, and returns the rows that they describe."""
    written = artifact_io.read_bytes(path)
    rows = max(int(dataset.num_examples) for dataset in parse_statistics(written, path).datasets)
    artifact_io.write_bytes(path, sealing.seal(written))
    return rows


def _profile_in_process(
    examples: types.Artifact,
    paths: dict[str, str],
    options: StatisticsOptions,
    times: Mapping[str, str],
) -> dict[str, int]:
    """Profiles splits in this process, writes their statistics and returns rows profiled."""
    files = {split: tfrecords.files_of(examples, split) for split in paths}
    for split, split_files in files.items():
        if not split_files:
            raise FileNotFoundError(f"split {split} of {examples.uri} has no files")
    profiled = in_process.profile_splits(files, options, in_process.n_threads())
    for split, path in paths.items():
        noted = rank_errors.note_rank_error(profiled[split].statistics, options.epsilon, times)
        fileio.makedirs(os.path.dirname(path))
        with fileio.open(path, "wb") as stream:
            stream.write(sealing.seal(noted.SerializeToString(deterministic=True)))
    return {split: result.rows for split, result in profiled.items()}
