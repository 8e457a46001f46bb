"""Makes sure that every row of examples was read, and finds the broken file if not."""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

from google.protobuf import message
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.core.errors import InputError
from skewgate.data.tf_example import tfrecord
from skewgate.data.tf_example.fields import UndecodableError, has_feature_lists
from skewgate.data.tf_example.inflating import Inflated

_BLOCK = 1 << 20
_MIXED_TYPES = re.compile(r'wrong type, expected (\w+), found (\w+) for feature "(.*?)"')


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


def mixed_types(error: Exception) -> str | None:
    """Returns what an error of the reader says of a feature of two types, as part of a sentence.

    >>> mixed_types(ValueError('wrong type, expected bytes_list, found float_list for feature "x"'))
    'hold x as bytes_list in some rows and as float_list in others'
    """
    found = _MIXED_TYPES.search(str(error))
    if found is None:
        return None
    first, second, name = found.groups()
    return f"hold {name} as {first} in some rows and as {second} in others"


@contextlib.contextmanager
def naming_mixed_types(examples: types.Artifact) -> Iterator[None]:
    """Turns what the reader says of a feature of two types into an InputError."""
    try:
        yield
    except Exception as error:
        problem = mixed_types(error)
        if problem is None:
            raise
        raise InputError(
            f"the examples at {examples.uri}", problem, "write it with one type"
        ) from error


def is_gzip_of_tf_example(examples: types.Artifact) -> bool:
    """Says whether the files are of the kind that `naming_broken_files` knows."""
    return examples.get_string_custom_property("file_format") in (
        "",
        "tfrecords_gzip",
    ) and examples.get_string_custom_property("payload_format") in ("", "FORMAT_TF_EXAMPLE")


def check_streams(examples: types.Artifact, split: str) -> None:
    """Makes sure that gzip files are whole where no ingest counted rows for `check_rows`.

    Their first records show whether they are tf.Example: TFX would pass over feature lists.

    Raises:
        EOFError: a file ends early.
        OSError, zlib.error: a file is not gzip, or its check sum is wrong.
        InputError: a file holds other records.
    """
    if examples.has_custom_property(f"rows_{split}"):
        return
    for path in files_of(examples, split):
        with fileio.open(path, "rb") as raw:
            stream = Inflated(raw)
            _check_examples(next(tfrecord.read_blocks(stream), []), path)
            while stream.read(_BLOCK):
                pass


def _check_examples(records: Sequence[bytes], path: str) -> None:
    try:
        if not has_feature_lists(records):
            return
        found = "tf.SequenceExample, whose feature lists would be ignored"
    except UndecodableError as error:
        found = f"records that are not tf.Example ({error})"
    raise InputError(
        path,
        f"holds {found}",
        "give the ExampleGen the payload_format that it writes",
    )


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
            "check the Beam runner: rows were lost or duplicated",
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
    fix = f"delete the folder {examples.uri} and run again: the cache then reads the data again"
    if not fileio.exists(folder) or not fileio.listdir(folder):
        raise InputError(folder, "has no files", fix) from cause
    for path in files_of(examples, split):
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


def files_of(examples: types.Artifact, split: str) -> list[str]:
    """Returns the paths of the files of a split, in order of their names."""
    folder = artifact_utils.get_split_uri([examples], split)
    return [os.path.join(folder, name) for name in sorted(fileio.listdir(folder))]


def read_records(path: str) -> Iterator[bytes]:
    """Yields the records of a gzip TFRecord file, each with its check sums verified.

    Neither Beam nor TensorFlow complains of a gzip stream that ends early; this does.

    Raises:
        EOFError: the stream or a record ends early.
        OSError, zlib.error: the stream is not gzip, or a check sum is wrong.
    """
    for records in read_blocks(path):
        yield from records


def read_blocks(path: str) -> Iterator[list[bytes]]:
    """Yields what `read_records` does, as the records of about a megabyte at a time.

    Raises:
        EOFError: the stream or a record ends early.
        OSError, zlib.error: the stream is not gzip, or a check sum is wrong.
    """
    with fileio.open(path, "rb") as raw:
        yield from tfrecord.read_blocks(Inflated(raw))
