"""Finds the broken file when a Beam pipeline could not read its examples."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.errors import InputError


@contextlib.contextmanager
def naming_broken_files(examples: types.Artifact, splits: Sequence[str]) -> Iterator[None]:
    """Turns any failure within into an InputError if a gzip TFRecord of the splits is broken.

    The files are looked at only after a failure, so that good ones cost nothing.
    """
    try:
        yield
    except Exception as error:
        for split in splits:
            _check_folder(artifact_utils.get_split_uri([examples], split), error)
        raise


def _check_folder(folder: str, cause: Exception) -> None:
    import tensorflow as tf

    if not fileio.exists(folder) or not fileio.listdir(folder):
        raise InputError(folder, "has no files", "run the ingest again") from cause
    for name in sorted(fileio.listdir(folder)):
        path = os.path.join(folder, name)
        count = 0
        try:
            for record in tf.data.TFRecordDataset(path, compression_type="GZIP"):
                tf.train.Example.FromString(record.numpy())
                count += 1
        except Exception as error:
            raise InputError(
                path,
                f"is not a readable gzip TFRecord of tf.Example: broken after record {count} "
                f"({type(error).__name__})",
                "delete the file's run folder and run the ingest again",
            ) from cause
