"""Reads TFRecord files of tf.Example and tf.SequenceExample without TensorFlow."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator

import pyarrow as pa
from google.protobuf import message

from skewgate.core.errors import ColumnError, InputError
from skewgate.data.arrow import own_keys
from skewgate.data.arrow.own_keys import KeyWatch
from skewgate.data.sources import base
from skewgate.data.sources.rejected import Rejections
from skewgate.data.sources.streams import Opener, open_binary
from skewgate.data.tf_example import patching
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.data.tf_example.inflating import Inflated
from skewgate.data.tf_example.sequences import decode_rows
from skewgate.data.tf_example.tfrecord import read_stream

_GZIP = b"\x1f\x8b"
_BATCH_RECORDS = 20_000


class RecordSource(base.Source):
    """A TFRecord file of tf.Example or tf.SequenceExample, gzip or not."""

    def __init__(self, path: str, opener: Opener | None = None) -> None:
        """Takes the path; the file is opened when it is read."""
        self.path, self._opener = path, opener

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source; every column is a list, and a broken record is always an error."""
        watch = KeyWatch(self.path, patching.known_names)
        for first, records in _batches(self.path, self._opener, watch):
            try:
                batch = decode_rows(records)
            except UndecodableError as error:
                place = f"{self.path}: records {first + 1} to {first + len(records)}"
                batch = _salvaged(records, columns, place, error)
            watch.note(batch.schema.names)
            if "" in batch.schema.names:
                raise InputError(
                    f"{self.path}: records {first + 1} to {first + len(records)}",
                    "have a feature without a name",
                    "give it a name",
                )
            kept = [
                index
                for index, name in enumerate(batch.schema.names)
                if columns is None or name in columns
            ]
            yield base.of_columns(
                len(records), {batch.schema.names[index]: batch.column(index) for index in kept}
            )


def _salvaged(
    records: list[bytes], columns: Collection[str] | None, place: str, error: UndecodableError
) -> pa.RecordBatch:
    """Decodes records without the features that nobody wants and whose values have two types.

    Raises:
        InputError: the records are neither tf.Example nor tf.SequenceExample; a ColumnError if a
            feature that is wanted has values of two types.
    """
    try:
        types = patching.types_of(records)
    except message.DecodeError:
        types = {}
    mixed = {name: kinds for name, kinds in types.items() if len(kinds) > 1}
    for name, kinds in sorted(mixed.items()):
        if columns is None or name in columns:
            problem = f"hold {' and '.join(sorted(kinds))} in the feature {name}"
            raise ColumnError(name, place, problem, "write it with one type") from error
    try:
        if mixed:
            return decode_rows([patching.without(record, mixed)[0] for record in records])
    except UndecodableError as other:
        error = other
    raise InputError(
        place,
        f"are neither tf.Example nor tf.SequenceExample ({error})",
        "write it again as TFRecord of one of these",
    ) from error


def _batches(
    path: str, opener: Opener | None, watch: KeyWatch
) -> Iterator[tuple[int, list[bytes]]]:
    """Yields records that are decoded at once, and the number of records before them."""
    first = 0
    for records in _blocks(path, opener):
        place = f"records {first + 1} to {first + len(records)}"
        for part in own_keys.cut(records, place, watch):
            yield first, part
            first += len(part)


def _blocks(path: str, opener: Opener | None) -> Iterator[list[bytes]]:
    records: list[bytes] = []
    size = 0
    for record in read_file(path, opener):
        records.append(record)
        size += len(record)
        if len(records) == _BATCH_RECORDS or size > base.LONGEST_ROW:
            yield records
            records, size = [], 0
    if records:
        yield records


def read_file(path: str, opener: Opener | None = None) -> Iterator[bytes]:
    """Yields the records of a TFRecord file, each with its check sums verified.

    Raises:
        InputError: the file cannot be read, or is broken or cut off.
    """
    count = 0
    try:
        with open_binary(path, opener) as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            stream = Inflated(raw) if packed else raw
            for record in read_stream(stream):
                yield record
                count += 1
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(
            path,
            f"is not a whole TFRecord file: broken after record {count} ({error})",
            "write it again",
        ) from error
