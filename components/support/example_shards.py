"""Writes Examples artifacts as every reader of TFX's ExampleGens expects them."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping, Sequence

from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io


def note_format(examples: types.Artifact, rows_read: int, rows: Mapping[str, int]) -> None:
    """Says of examples how they are written, and how many rows they have.

    Args:
        examples: gzip TFRecords of tf.Example.
        rows_read: rows of the source.
        rows: rows by split; `tfrecords.check_rows` compares them with what was read.
    """
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_int_custom_property("rows_read", rows_read)
    for split, number in rows.items():
        examples.set_int_custom_property(f"rows_{split}", number)


def publish(paths: Sequence[str], examples: types.Artifact, split: str) -> None:
    """Moves the files of a split to their names; without any, writes one that has no row.

    Args:
        paths: gzip TFRecords, in the order of their rows.
        examples: where they belong.
        split: of it.
    """
    folder = artifact_utils.get_split_uri([examples], split)
    fileio.makedirs(folder)
    number = max(len(paths), 1)
    names = [
        os.path.join(folder, f"data_tfrecord-{index:05d}-of-{number:05d}.gz")
        for index in range(number)
    ]
    if not paths:  # readers expect a file
        artifact_io.write_bytes(names[0], gzip.compress(b"", mtime=0))
    for path, name in zip(paths, names, strict=False):
        fileio.rename(path, name, overwrite=True)
