"""Reads statistics files as TFDV's messages, and finds the slices in them."""

from __future__ import annotations

import io
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf import message, text_format
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core import proto_text, regular_files, slices
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean
from skewgate.core.wording import listed
from skewgate.data import sources
from skewgate.data.sources import records
from skewgate.data.tf_example import tfrecord
from skewgate.statistics import wire
from skewgate.statistics.histograms import read_histogram
from skewgate.storage import s3

_MOST_UNPACKED = 1 << 30
"""Bytes of statistics in a packed file: a million features have about as many."""
_QUANTILES = int(statistics_pb2.Histogram.QUANTILES)

ALL_EXAMPLES = "All Examples"
"""TFDV's name for the slice that holds every example; ours is ""."""
SLICE_STAT = "skewgate.slice"
"""Custom statistic of the first feature of a slice, as text: the slice's key, see `core.slices`."""
RESOLUTION_STAT = "skewgate.resolution"
"""Custom statistic of a numeric feature: about how many points were kept of it."""


def is_statistics(path: str) -> bool:
    """Says whether a file holds TFDV statistics: by its name, of TFRecord by its first record.

    Raises:
        InputError: a TFRecord file is broken at its beginning.
    """
    if sources.is_statistics(path):
        return True
    if not sources.is_records(path):
        return False
    first = next(records.read_file(path, sources.opener_of(path)), b"")
    try:
        return any(len(dataset.features) > 0 for dataset in wire.datasets(first, path))
    except message.DecodeError:
        return False


def read_statistics(
    path: str | os.PathLike[str], dataset: str = ""
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Reads a `DatasetFeatureStatisticsList`, binary, in text format (.pbtxt) or in TFRecord.

    Args:
        path: of the file.
        dataset: the one to take of several, which is then that of all examples; "" to take all
            examples with their slices.

    Raises:
        InputError: the file is missing, is not such a message, or holds no data set, or several
            of which none has the name or is that of all examples.
    """
    found = parse_statistics(read_content(path), str(path))
    chosen = choose([each.name for each in found.datasets], dataset, str(path))
    kept = statistics_pb2.DatasetFeatureStatisticsList(
        datasets=[found.datasets[at] for at in chosen]
    )
    for at, name in zip(range(len(chosen)), chosen.values(), strict=True):
        if not name and _slice(kept.datasets[at].name):
            kept.datasets[at].name = ALL_EXAMPLES
    return kept


def choose(names: Sequence[str], dataset: str, where: str) -> dict[int, str]:
    """Says which data sets of a file are read, and as which slice.

    Args:
        names: of the data sets, in order.
        dataset: the one to take; "" for that of all examples, with the others as its slices.
        where: names the file in messages.

    Returns:
        Position of each to the name of its slice, "" for all examples. A single data set is that
        of all examples, whatever its name.

    Raises:
        InputError: there is none of that name, or several of which none is that of all examples.
    """
    shown = listed([repr(name or ALL_EXAMPLES) for name in names], 20)
    if dataset:
        known = [name or ALL_EXAMPLES for name in names]
        if dataset not in known:
            raise InputError(
                where,
                f"holds no data set {dataset!r}, but {shown}",
                did_you_mean(dataset, known, "name one of these by --dataset"),
            )
        if known.count(dataset) > 1:
            raise _doubled(where, dataset)
        return {known.index(dataset): ""}
    found = {at: "" if len(names) == 1 else _slice(name) for at, name in enumerate(names)}
    if len(set(found.values())) < len(found):
        doubled = next(n for n in found.values() if list(found.values()).count(n) > 1)
        raise _doubled(where, doubled or ALL_EXAMPLES)
    if "" not in found.values():
        raise InputError(
            where,
            f"holds {len(names)} data sets, none of which is of all examples: {shown}",
            "choose one by --dataset NAME",
        )
    return found


def _doubled(where: str, name: str) -> InputError:
    return InputError(
        where, f"holds several data sets {name!r}", "give each a name, or a file of its own"
    )


def read_content(path: str | os.PathLike[str]) -> bytes:
    """Returns the content of a statistics file in the binary format.

    Raises:
        InputError: it cannot be read, or is not in the text format that its name says, or a record
            of it is no statistics, or is damaged.
    """
    try:
        data = _read_bytes(str(path))
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read: {error.strerror or error}", "check the path"
        ) from error
    if _is_record_file(data):
        # Lists of data sets, one after the other, are one list of all.
        lists = _records(str(path), data)
        return b"".join(without_seal(each, str(path)) for each in lists)
    if not str(path).lower().endswith(".pbtxt"):
        return data
    try:
        statistics = proto_text.parse(data, statistics_pb2.DatasetFeatureStatisticsList())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(
            str(path),
            f"is not TFDV statistics in text format ({str(error).splitlines()[0]})",
            "generate the statistics again",
        ) from error
    return bytes(statistics.SerializeToString())


def without_seal(data: bytes, where: str) -> bytes:
    """Returns a serialized `DatasetFeatureStatisticsList` without its seal, if it has one.

    Args:
        data: the message.
        where: names the source in messages.

    Raises:
        InputError: it is no such message, or its seal does not fit.
    """
    try:
        return wire.unsealed(data, where)
    except message.DecodeError as error:
        raise not_statistics_error(where) from error


def _read_bytes(path: str) -> bytes:
    if not s3.is_remote(path):
        regular_files.check(path)
        return pathlib.Path(path).read_bytes()
    with s3.open_object(path, "rb") as stream:
        return bytes(stream.read())


def _records(path: str, data: bytes) -> Iterator[bytes]:
    """Yields the records of a file, each a list of data sets, as long as they fit into memory."""
    size = 0
    for record in records.read_file(path, lambda _: io.BytesIO(data)):
        size += len(record)
        if size > _MOST_UNPACKED:
            problem = f"unfolds to more than {_MOST_UNPACKED >> 20:,} MB of statistics"
            raise InputError(path, problem, "generate the statistics again")
        yield record


def _is_record_file(data: bytes) -> bool:
    """Says whether bytes begin as a TFRecord file does, packed or not."""
    head = data[:12]
    if head.startswith(b"\x1f\x8b"):
        return True
    return len(head) == 12 and tfrecord.masked_crc(head[:8]) == int.from_bytes(head[8:], "little")


def parse_statistics(data: bytes, where: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Parses what `read_statistics` reads; `where` names the source in messages."""
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    try:
        content = without_seal(data, where)
        if statistics.ParseFromString(content) != len(content):  # protobuf 3 only warns of the rest
            raise message.DecodeError("not all of it is a message")
    except message.DecodeError as error:
        raise not_statistics_error(where) from error
    if not statistics.datasets:
        raise no_statistics_error(where)
    return statistics


def not_statistics_error(where: str) -> InputError:
    """Returns the error that a source is no statistics file."""
    problem = "is not a TFDV statistics file (DatasetFeatureStatisticsList)"
    return InputError(where, problem, "generate the statistics again")


def no_statistics_error(where: str) -> InputError:
    """Returns the error that a statistics file holds no data set."""
    return InputError(where, "holds no statistics", "generate the statistics again")


def resolution(data: bytes, where: str) -> int:
    """Returns the number of points to which numeric features are known; 0 without any.

    The number of quantile buckets of TFDV, or the resolution that `skewgate profile` was given.

    Args:
        data: the content of a statistics file.
        where: names the source in messages.

    Raises:
        InputError: it is no `DatasetFeatureStatisticsList`.
    """
    points = 0
    try:
        for dataset in wire.datasets(data, where):
            for feature in dataset.features:
                own = {stat.name: stat.num for stat in feature.custom_stats}
                if RESOLUTION_STAT in own:
                    return int(own[RESOLUTION_STAT])
                for histogram in map(read_histogram, feature.num_stats.histograms):
                    if histogram.type == _QUANTILES:
                        points = max(points, len(histogram.buckets.highs))
    except message.DecodeError as error:
        raise not_statistics_error(where) from error
    return points


def overall(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatistics:
    """Returns the data set of all examples, wherever it stands among the slices.

    Raises:
        InputError: there are slices only.
    """
    for dataset in statistics.datasets:
        if slice_name(dataset) == "":
            return dataset
    raise InputError(
        "statistics", f"have no {ALL_EXAMPLES!r} beside their slices", "generate them again"
    )


def without_small_slices(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, rows: int
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns statistics without the slices of fewer than `rows` examples."""
    return statistics_pb2.DatasetFeatureStatisticsList(
        datasets=[
            dataset
            for dataset in statistics.datasets
            if slice_name(dataset) == "" or dataset.num_examples >= rows
        ]
    )


def slice_name(dataset: statistics_pb2.DatasetFeatureStatistics) -> str:
    """Returns the name of the slice that a data set describes, "" for all examples."""
    return _slice(dataset.name)


def slice_key(dataset: Any) -> str:
    """Returns the key of the slice that a data set describes, "" for all examples.

    TFDV gives it a name only, which does not say where a column ends and its value begins.
    """
    name = _slice(dataset.name)
    if not name:
        return slices.ALL_ROWS
    for feature in dataset.features:
        for stat in feature.custom_stats:
            if stat.name == SLICE_STAT and slices.columns_of(stat.str):
                return str(stat.str)
    return slices.key_of_name(name)


def name_slices(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> None:
    """Gives data sets, whose names are keys of slices, names, and keeps the keys beside them."""
    names = slices.names_of(dataset.name for dataset in statistics.datasets)
    for dataset in statistics.datasets:
        key = dataset.name
        dataset.name = names[key] or ALL_EXAMPLES
        if slices.columns_of(key) and dataset.features:
            dataset.features[0].custom_stats.add(name=SLICE_STAT, str=key)


def _slice(name: str) -> str:
    return "" if name in ("", ALL_EXAMPLES) else str(name)
