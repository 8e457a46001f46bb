"""Makes sure that every row of examples was read, and finds the broken file if not."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence

from google.protobuf import message
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.errors import InputError

_BLOCK = 1 << 20


@contextlib.contextmanager
def naming_broken_files(examples: types.Artifact, splits: Sequence[str]) -> Iterator[None]:
    """Turns any failure within into an InputError if a gzip TFRecord of the splits is broken.

    The files are looked at only after a failure, so that good ones cost nothing.
    """
    try:
        yield
    except Exception as error:
        for split in splits:
            _check_split(examples, split, error)
        raise


def is_gzip_of_tf_example(examples: types.Artifact) -> bool:
    """Says whether the files are of the kind that `naming_broken_files` knows."""
    return examples.get_string_custom_property("file_format") in (
        "",
        "tfrecords_gzip",
    ) and examples.get_string_custom_property("payload_format") in ("", "FORMAT_TF_EXAMPLE")


def check_streams(examples: types.Artifact, split: str) -> None:
    """Makes sure that gzip files are whole where no ingest counted rows for `check_rows`.

    Raises:
        EOFError: a file ends early.
        OSError, zlib.error: a file is not gzip, or its check sum is wrong.
    """
    if examples.has_custom_property(f"rows_{split}"):
        return
    folder = artifact_utils.get_split_uri([examples], split)
    for name in sorted(fileio.listdir(folder)):
        with (
            fileio.open(os.path.join(folder, name), "rb") as raw,
            gzip.GzipFile(fileobj=raw) as stream,
        ):
            while stream.read(_BLOCK):
                pass


def check_rows(examples: types.Artifact, split: str, read: int) -> None:
    """Fails closed if rows were lost between the files and their reader.

    Beam reads a truncated gzip file without complaint, as far as it goes.

    Raises:
        InputError: the ingest counted another number of rows than were read.
    """
    name = f"rows_{split}"
    if not examples.has_custom_property(name):
        return
    written = int(examples.get_int_custom_property(name))
    if read != written:
        raise InputError(
            f"split {split} of {examples.uri}",
            f"has {written} rows, but {read} were read",
            "check the Beam runner: rows were lost or doubled",
        )


def expected_rows(sides: Iterable[tuple[types.Artifact, str]]) -> int | None:
    """Returns the rows of the larger of some splits; None if the ingest counted not all of them."""
    names = [(artifact, f"rows_{split}") for artifact, split in sides]
    if not all(artifact.has_custom_property(name) for artifact, name in names):
        return None
    return max(int(artifact.get_int_custom_property(name)) for artifact, name in names)


def _check_split(examples: types.Artifact, split: str, cause: Exception) -> None:
    import tensorflow as tf

    folder = artifact_utils.get_split_uri([examples], split)
    fix = f"delete the folder {examples.uri} and run again: the cache then reads the data anew"
    if not fileio.exists(folder) or not fileio.listdir(folder):
        raise InputError(folder, "has no files", fix) from cause
    for name in sorted(fileio.listdir(folder)):
        path = os.path.join(folder, name)
        count = 0
        try:
            for record in read_records(path):
                tf.train.Example.FromString(record)
                count += 1
        except (EOFError, OSError, zlib.error, message.DecodeError) as error:
            raise InputError(
                path,
                f"is not a readable gzip TFRecord of tf.Example: broken after record {count} "
                f"({error})",
                fix,
            ) from cause


def read_records(path: str) -> Iterator[bytes]:
    """Yields the records of a gzip TFRecord file.

    Neither Beam nor TensorFlow complains of a gzip stream that ends early; this does.

    Raises:
        EOFError: the stream or a record ends early.
        OSError, zlib.error: the stream is not gzip, or its check sum is wrong.
    """
    with fileio.open(path, "rb") as raw, gzip.GzipFile(fileobj=raw) as stream:
        while header := stream.read(12):  # length as 8 bytes, and its check sum
            length = int.from_bytes(header[:8], "little")
            record = stream.read(length) if len(header) == 12 else b""
            if len(header) < 12 or len(record) < length or len(stream.read(4)) < 4:
                raise EOFError("the last record is cut off")
            yield record
