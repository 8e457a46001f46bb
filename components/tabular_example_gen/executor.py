"""Executor of TabularExampleGen."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate import splits as splits_lib
from skewgate import tables
from skewgate.components import artifact_io
from skewgate.errors import InputError

SHARD_NAME = "data_tfrecord-00000-of-00001.gz"


class Executor(base_executor.BaseExecutor):
    """Reads the files that the driver found and writes one gzip TFRecord shard per split."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Reads, splits, writes; see the component for the parameters.

        Raises:
            InputError: no file, a file that cannot be read, or a split without a row.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        config = json.loads(exec_properties["input_config"])
        pattern = os.path.join(exec_properties["input_base"], config["splits"][0]["pattern"])
        schema = input_dict.get("schema")
        table = read_files(
            pattern, tables.column_types(artifact_io.read_schema(schema)) if schema else {}
        )
        splits = splits_lib.parse_splits(exec_properties["splits"], "splits")
        masks = splits.masks(table, pattern)
        empty = [name for name, mask in masks.items() if not mask.any()]
        if empty:
            raise InputError(
                pattern,
                f"has {table.num_rows} rows and none for the split {empty[0]!r}",
                "correct the splits, or give data that cover them",
            )
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        write_splits(table, masks, examples, pattern)


def read_files(pattern: str, types: dict[str, pa.DataType]) -> pa.Table:
    """Reads every file that matches, in order of name, into one table.

    Raises:
        InputError: nothing matches, a file cannot be read, or the files' columns differ.
    """
    paths = sorted(path for path in fileio.glob(pattern) if not fileio.isdir(path))
    if not paths:
        raise InputError(pattern, "no such file", "check the path and the pattern")
    parts = [tables.read_table(path, artifact_io.read_bytes(path), types) for path in paths]
    for path, part in zip(paths[1:], parts[1:], strict=True):
        if part.column_names != parts[0].column_names:
            raise InputError(
                path,
                f"has the columns {', '.join(part.column_names)}, but {paths[0]} has "
                f"{', '.join(parts[0].column_names)}",
                "give all files the same columns",
            )
    try:
        return pa.concat_tables(parts, promote=True)
    except pa.ArrowInvalid as error:
        raise InputError(
            pattern, f"holds files whose types differ ({error})", "give a schema with types"
        ) from error


def write_splits(
    table: pa.Table,
    masks: dict[str, npt.NDArray[np.bool_]],
    examples: types.Artifact,
    where: str,
) -> None:
    """Writes each split and counts the rows read, written and assigned to none."""
    import tensorflow as tf

    examples.split_names = artifact_utils.encode_split_names(list(masks))
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_int_custom_property("rows_read", table.num_rows)
    unassigned = table.num_rows - int(np.sum(list(masks.values())))
    examples.set_int_custom_property("rows_unassigned", unassigned)
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    for name, mask in masks.items():
        records = tables.encode(table.filter(pa.array(mask)), where)
        folder = artifact_utils.get_split_uri([examples], name)
        fileio.makedirs(folder)
        path = os.path.join(folder, SHARD_NAME)
        with tf.io.TFRecordWriter(f"{path}.tmp", options) as writer:
            for record in records:
                writer.write(record)
        fileio.rename(f"{path}.tmp", path)
        examples.set_int_custom_property(f"rows_{name}", len(records))
